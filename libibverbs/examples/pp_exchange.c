// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* The TCP connection over which two processes find each other's queue pair. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pp.h"
#include "peer_wire.h"

/* Text, so that a stranger on the port is told apart. Always of this length. */
#define MESSAGE_LEN 224
#define MESSAGE_MAGIC "dmabuf-pingpong-1"

static int fail_tcp(struct pp_result *result, int code, const char *what,
		    const struct pp_options *options)
{
	return pp_fail(result, PP_FAILED, code, "TCP %s %s port %u: %s", what,
		       options->server ? options->server : "any address,",
		       options->tcp_port, strerror(code));
}

/* A socket of the first address that use() accepts, or -1 and errno. */
static int first_usable(struct addrinfo *list,
			int (*use)(int fd, const struct addrinfo *address))
{
	struct addrinfo *address;
	int fd, code = EADDRNOTAVAIL;

	for (address = list; address; address = address->ai_next) {
		fd = socket(address->ai_family,
			    address->ai_socktype | SOCK_CLOEXEC,
			    address->ai_protocol);
		if (fd >= 0 && !use(fd, address))
			return fd;
		code = errno;
		if (fd >= 0)
			close(fd);
	}
	errno = code;
	return -1;
}

static int use_connect(int fd, const struct addrinfo *address)
{
	return connect(fd, address->ai_addr, address->ai_addrlen);
}

static int use_listen(int fd, const struct addrinfo *address)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address->ai_addr, address->ai_addrlen))
		return -1;
	return listen(fd, 1);
}

static int accept_one(int listen_fd)
{
	int fd = accept(listen_fd, NULL, NULL);
	int code = errno;

	close(listen_fd);
	errno = code;
	return fd;
}

int pp_tcp_connect(const struct pp_options *options, struct pp_result *result)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	char port[16];
	int ret, fd;

	hints.ai_flags = options->server ? 0 : AI_PASSIVE;
	hints.ai_family = options->server ? AF_UNSPEC : AF_INET;
	snprintf(port, sizeof(port), "%u", options->tcp_port);
	ret = getaddrinfo(options->server, port, &hints, &list);
	if (ret)
		return pp_fail(result, PP_FAILED, EADDRNOTAVAIL, "%s: %s",
			       options->server ? options->server : "any",
			       gai_strerror(ret));
	fd = first_usable(list, options->server ? use_connect : use_listen);
	freeaddrinfo(list);
	if (fd >= 0 && !options->server)
		fd = accept_one(fd);
	if (fd < 0)
		return fail_tcp(result, errno,
				options->server ? "connect to" : "listen on",
				options);
	return fd;
}

static void format_peer(const struct pp_peer *self, char *message)
{
	char gid[WIRE_GID_LEN];

	wire_put_gid(gid, &self->gid);
	memset(message, 0, MESSAGE_LEN);
	snprintf(message, MESSAGE_LEN,
		 MESSAGE_MAGIC " %x %x %x %x %llx %s %llx %x %x", self->qpn,
		 self->psn, self->rkey, self->lid,
		 (unsigned long long)self->iova, gid,
		 (unsigned long long)self->size, self->iterations, self->op);
}

static int parse_peer(const char *message, struct pp_peer *peer)
{
	unsigned long long iova, size;
	char gid[WIRE_GID_LEN];
	int n;

	n = sscanf(message, MESSAGE_MAGIC " %x %x %x %x %llx %32s %llx %x %x",
		   &peer->qpn, &peer->psn, &peer->rkey, &peer->lid, &iova, gid,
		   &size, &peer->iterations, &peer->op);
	if (n != 9 || strlen(gid) != WIRE_GID_LEN - 1)
		return -1;
	peer->iova = iova;
	peer->size = size;
	return wire_get_gid(gid, &peer->gid);
}

static int check_same(const struct pp_peer *self, const struct pp_peer *peer,
		      struct pp_result *result)
{
	if (self->op != peer->op)
		return pp_fail(result, PP_FAILED, EINVAL,
			       "the other side was started with another --op");
	if (self->size != peer->size || self->iterations != peer->iterations)
		return pp_fail(result, PP_FAILED, EINVAL,
			       "the other side was started with -s %llu -n %u",
			       (unsigned long long)peer->size,
			       peer->iterations);
	return 0;
}

int pp_tcp_exchange(int fd, const struct pp_peer *self, struct pp_peer *peer,
		    struct pp_result *result)
{
	char message[MESSAGE_LEN + 1] = "";

	format_peer(self, message);
	if (wire_send(fd, message, MESSAGE_LEN) ||
	    wire_recv(fd, message, MESSAGE_LEN))
		return pp_fail(result, PP_FAILED, errno,
			       "TCP exchange with the other side: %s",
			       strerror(errno));
	if (parse_peer(message, peer))
		return pp_fail(result, PP_FAILED, EPROTO,
			       "the other side is no ibv_dmabuf_pingpong");
	return check_same(self, peer, result);
}

int pp_tcp_barrier(int fd, struct pp_result *result)
{
	char byte = '.';

	if (!wire_send(fd, &byte, 1) && !wire_recv(fd, &byte, 1))
		return 0;
	return pp_fail(result, PP_FAILED, errno, "the other side gave up: %s",
		       strerror(errno));
}

/* The other side has ended, and left nothing to be read. */
bool pp_tcp_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}
