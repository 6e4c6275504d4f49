// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * The TCP connection over which two ping-pongs meet. The client sends its
 * address, the server answers with its own once its queue pair takes messages,
 * and the client confirms. With an SRQ there are always 256 addresses, those
 * without a queue pair zero.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pingpong.h"
#include "peer_wire.h"

#define DONE "done"

static int num_messages(const struct pingpong *pp)
{
	return pp->kind->srq ? MAX_QPS : 1;
}

static int send_address(int fd, const struct pingpong_address *address)
{
	const unsigned int numbers[] = { address->lid, address->qpn,
					 address->psn };

	return pingpong_send_numbers(fd, numbers, 3, &address->gid);
}

static int recv_address(int fd, struct pingpong_address *address)
{
	unsigned int numbers[3];

	if (pingpong_recv_numbers(fd, numbers, 3, &address->gid))
		return -1;
	address->lid = numbers[0];
	address->qpn = numbers[1];
	address->psn = numbers[2];
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

static int exchange_as_client(int fd, struct pingpong *pp)
{
	if (send_addresses(fd, pp) || recv_addresses(fd, pp))
		return -1;
	return wire_send(fd, DONE, sizeof(DONE));
}

static int exchange_as_server(int fd, struct pingpong *pp,
			      int (*ready)(struct pingpong *pp))
{
	char done[sizeof(DONE)];

	if (recv_addresses(fd, pp) || ready(pp) || send_addresses(fd, pp))
		return -1;
	if (!wire_recv(fd, done, sizeof(done)) && !memcmp(done, DONE, 5))
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
	int fd = pingpong_socket(pp);
	int ret;

	if (fd < 0)
		return -1;
	ret = pp->options.server ? exchange_as_client(fd, pp)
				 : serve_one(fd, pp, ready);
	close(fd);
	return ret;
}
