// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * The TCP connection over which two ping-pongs meet. The client sends its
 * address, the server answers with its own once its queue pair takes messages,
 * and the client confirms. With an SRQ there are always 256 addresses, those
 * without a queue pair zero.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pingpong.h"

/* LID, QP number, PSN, GID, all hexadecimal, and the NUL. */
#define MESSAGE_LEN (4 + 1 + 6 + 1 + 6 + 1 + 32 + 1)
#define DONE "done"

static int num_messages(const struct pingpong *pp)
{
	return pp->kind->srq ? MAX_QPS : 1;
}

static int send_all(int fd, const void *data, size_t len)
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

static int recv_all(int fd, void *data, size_t len)
{
	return recv(fd, data, len, MSG_WAITALL) == (ssize_t)len ? 0 : -1;
}

static int send_address(int fd, const struct pingpong_address *address)
{
	char message[MESSAGE_LEN];
	int i, at;

	at = snprintf(message, sizeof(message),
		      "%04x:%06x:%06x:", address->lid & 0xffff,
		      address->qpn & 0xffffff, address->psn & 0xffffff);
	for (i = 0; i < 16; i++)
		at += snprintf(message + at, sizeof(message) - at, "%02x",
			       address->gid.raw[i]);
	return send_all(fd, message, sizeof(message));
}

static int recv_address(int fd, struct pingpong_address *address)
{
	char message[MESSAGE_LEN], gid[33] = "";
	unsigned int byte;
	int i;

	if (recv_all(fd, message, sizeof(message)))
		return -1;
	message[MESSAGE_LEN - 1] = '\0';
	if (sscanf(message, "%x:%x:%x:%32s", (unsigned int *)&address->lid,
		   (unsigned int *)&address->qpn, (unsigned int *)&address->psn,
		   gid) != 4)
		return -1;
	for (i = 0; i < 16; i++) {
		if (sscanf(gid + 2 * i, "%2x", &byte) != 1)
			return -1;
		address->gid.raw[i] = byte;
	}
	return 0;
}

static int send_addresses(int fd, struct pingpong *pp)
{
	int i, ret = 0;

	for (i = 0; i < num_messages(pp) && !ret; i++)
		ret = send_address(fd, &pp->qps[i].local);
	if (ret)
		fprintf(stderr, "Couldn't send local address\n");
	return ret;
}

static int recv_addresses(int fd, struct pingpong *pp)
{
	int i, ret = 0;

	for (i = 0; i < num_messages(pp) && !ret; i++)
		ret = recv_address(fd, &pp->qps[i].remote);
	if (ret)
		fprintf(stderr, "Couldn't read remote address\n");
	return ret;
}

static int find_addresses(struct pingpong *pp, struct addrinfo **list)
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

static int use(int fd, const struct addrinfo *address, bool server)
{
	int on = 1;

	if (!server)
		return connect(fd, address->ai_addr, address->ai_addrlen);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address->ai_addr, address->ai_addrlen))
		return -1;
	return listen(fd, 1);
}

/* A socket of the first address that can be used, or -1. */
static int open_socket(struct pingpong *pp)
{
	struct addrinfo *list, *address;
	int fd = -1;

	if (find_addresses(pp, &list))
		return -1;
	for (address = list; address && fd < 0; address = address->ai_next) {
		fd = socket(address->ai_family,
			    address->ai_socktype | SOCK_CLOEXEC,
			    address->ai_protocol);
		if (fd >= 0 && use(fd, address, !pp->options.server)) {
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

static int exchange_as_client(int fd, struct pingpong *pp)
{
	if (send_addresses(fd, pp) || recv_addresses(fd, pp))
		return -1;
	return send_all(fd, DONE, sizeof(DONE));
}

static int exchange_as_server(int fd, struct pingpong *pp,
			      int (*ready)(struct pingpong *pp))
{
	char done[sizeof(DONE)];

	if (recv_addresses(fd, pp) || ready(pp) || send_addresses(fd, pp))
		return -1;
	if (!recv_all(fd, done, sizeof(done)) && !memcmp(done, DONE, 5))
		return 0;
	fprintf(stderr, "Couldn't send/recv local address\n");
	return -1;
}

static int serve_one(int listening, struct pingpong *pp,
		     int (*ready)(struct pingpong *pp))
{
	int fd = accept(listening, NULL, NULL);
	int ret;

	if (fd < 0) {
		perror("accept");
		return -1;
	}
	ret = exchange_as_server(fd, pp, ready);
	close(fd);
	return ret;
}

int pingpong_exchange(struct pingpong *pp, int (*ready)(struct pingpong *pp))
{
	int fd = open_socket(pp);
	int ret;

	if (fd < 0)
		return -1;
	ret = pp->options.server ? exchange_as_client(fd, pp)
				 : serve_one(fd, pp, ready);
	close(fd);
	return ret;
}
