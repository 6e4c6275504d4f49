// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* The TCP connection over which two ping-pongs meet, and how they write there. */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pingpong.h"
#include "peer_wire.h"

/* Of XRC, which has most to say: 66. */
#define MAX_LEN 80

int pingpong_send_numbers(int fd, const unsigned int *numbers, int num,
			  const union ibv_gid *gid)
{
	char message[MAX_LEN];
	int i, at;

	at = sprintf(message, "%04x:", numbers[0] & 0xffff);
	for (i = 1; i < num; i++)
		at += sprintf(message + at, "%06x:", numbers[i] & 0xffffff);
	wire_put_gid(message + at, gid);
	return wire_send(fd, message, at + WIRE_GID_LEN);
}

int pingpong_recv_numbers(int fd, unsigned int *numbers, int num,
			  union ibv_gid *gid)
{
	/* A number and its colon each. */
	size_t len = 5 + 7 * (num - 1) + WIRE_GID_LEN;
	char message[MAX_LEN];
	int i, at = 0;

	if (wire_recv(fd, message, len))
		return -1;
	message[len - 1] = '\0';
	for (i = 0; i < num; i++) {
		if (sscanf(message + at, "%x:", &numbers[i]) != 1)
			return -1;
		at += i ? 7 : 5;
	}
	return wire_get_gid(message + at, gid);
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
