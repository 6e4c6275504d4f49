// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* The TCP connection over which two ping-pongs meet, and how they write there. */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pingpong.h"

/* Of XRC, which has most to say: 66. */
#define MAX_LEN 80

int pingpong_send(int fd, const void *data, size_t len)
{
	const char *at = data;
	ssize_t n;

	for (; len; at += n, len -= n) {
		n = send(fd, at, len, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
	}
	return 0;
}

int pingpong_recv(int fd, void *data, size_t len)
{
	return recv(fd, data, len, MSG_WAITALL) == (ssize_t)len ? 0 : -1;
}

int pingpong_send_numbers(int fd, const unsigned int *numbers, int num,
			  const union ibv_gid *gid)
{
	char message[MAX_LEN];
	int i, at;

	at = sprintf(message, "%04x:", numbers[0] & 0xffff);
	for (i = 1; i < num; i++)
		at += sprintf(message + at, "%06x:", numbers[i] & 0xffffff);
	for (i = 0; i < 16; i++)
		at += sprintf(message + at, "%02x", gid->raw[i]);
	return pingpong_send(fd, message, at + 1);
}

static int read_gid(const char *text, union ibv_gid *gid)
{
	unsigned int byte;
	int i;

	for (i = 0; i < 16; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return -1;
		gid->raw[i] = byte;
	}
	return 0;
}

int pingpong_recv_numbers(int fd, unsigned int *numbers, int num,
			  union ibv_gid *gid)
{
	/* A number and its colon each, 32 digits and the NUL. */
	size_t len = 5 + 7 * (num - 1) + 33;
	char message[MAX_LEN];
	int i, at = 0;

	if (pingpong_recv(fd, message, len))
		return -1;
	message[len - 1] = '\0';
	for (i = 0; i < num; i++) {
		if (sscanf(message + at, "%x:", &numbers[i]) != 1)
			return -1;
		at += i ? 7 : 5;
	}
	return read_gid(message + at, gid);
}

static int find_addresses(const struct pingpong *pp, struct addrinfo **list)
{
	const char *server = pp->options.server;
	struct addrinfo hints = {
		.ai_flags = server ? 0 : AI_PASSIVE,
		.ai_family = server ? AF_UNSPEC : AF_INET,
		.ai_socktype = SOCK_STREAM,
	};
	char port[16];
	int ret;

	snprintf(port, sizeof(port), "%u", pp->options.tcp_port);
	ret = getaddrinfo(server, port, &hints, list);
	if (!ret)
		return 0;
	if (server)
		fprintf(stderr, "%s for %s:%u\n", gai_strerror(ret), server,
			pp->options.tcp_port);
	else
		fprintf(stderr, "%s for port %u\n", gai_strerror(ret),
			pp->options.tcp_port);
	return -1;
}

/* One place in the queue for each client. */
static int use(int fd, const struct addrinfo *address,
	       const struct pingpong *pp)
{
	int on = 1;

	if (pp->options.server)
		return connect(fd, address->ai_addr, address->ai_addrlen);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address->ai_addr, address->ai_addrlen))
		return -1;
	return listen(fd, pp->options.num_qp);
}

/* Of the first address that can be used. */
int pingpong_socket(const struct pingpong *pp)
{
	struct addrinfo *list, *address;
	int fd = -1;

	if (find_addresses(pp, &list))
		return -1;
	for (address = list; address && fd < 0; address = address->ai_next) {
		fd = socket(address->ai_family,
			    address->ai_socktype | SOCK_CLOEXEC,
			    address->ai_protocol);
		if (fd >= 0 && use(fd, address, pp)) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd < 0 && pp->options.server)
		fprintf(stderr, "Couldn't connect to %s:%u\n",
			pp->options.server, pp->options.tcp_port);
	else if (fd < 0)
		fprintf(stderr, "Couldn't listen to port %u\n",
			pp->options.tcp_port);
	return fd;
}
