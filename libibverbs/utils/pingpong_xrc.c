// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * How ping-pongs meet with XRC: a server takes its clients one after the other,
 * and each connection stays until both sides have seen all messages. A client
 * writes its address first, and its END as well.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pingpong.h"
#include "peer_wire.h"

#define END "END"

static int complain(const char *what)
{
	fprintf(stderr, "%s\n", what);
	return -1;
}

static int send_local(struct pingpong_qp *qp)
{
	const struct pingpong_address *local = &qp->local;
	const unsigned int numbers[] = { local->lid, local->recv_qpn,
					 local->qpn, local->psn, local->srqn };

	if (!pingpong_send_numbers(qp->fd, numbers, 5, &local->gid))
		return 0;
	return complain("Couldn't send local address");
}

static int recv_remote(struct pingpong_qp *qp)
{
	unsigned int numbers[5];

	if (pingpong_recv_numbers(qp->fd, numbers, 5, &qp->remote.gid))
		return complain("Couldn't read remote address");
	qp->remote.lid = numbers[0];
	qp->remote.recv_qpn = numbers[1];
	qp->remote.qpn = numbers[2];
	qp->remote.psn = numbers[3];
	qp->remote.srqn = numbers[4];
	return 0;
}

static void print_address(const char *side,
			  const struct pingpong_address *address)
{
	char gid[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &address->gid, gid, sizeof(gid));
	printf("%8s: LID %04x, QPN RECV %06x SEND %06x, PSN %06x, SRQN %06x, GID %s\n",
	       side, address->lid, address->recv_qpn, address->qpn,
	       address->psn, address->srqn, gid);
}

static int connect_remote(struct pingpong *pp, struct pingpong_qp *qp)
{
	if (!pp->kind->connect(pp, qp))
		return 0;
	return complain("Couldn't connect to remote QP");
}

static int fill_local(struct pingpong *pp)
{
	struct pingpong_address local = {};
	struct pingpong_qp *qp;
	int i;

	if (pingpong_find_local(pp, &local.gid))
		return -1;
	if (ibv_get_srq_num(pp->srq, &local.srqn))
		return complain("Couldn't get SRQ num");
	local.lid = pp->port.lid;
	for (i = 0; i < pp->options.num_qp; i++) {
		qp = &pp->qps[i];
		qp->local = local;
		qp->local.qpn = qp->qp->qp_num;
		qp->local.recv_qpn = qp->recv_qp->qp_num;
		qp->local.psn = lrand48() & 0xffffff;
	}
	return 0;
}

/* The client's queue pairs are not connected yet when it reads our address. */
static int serve(struct pingpong *pp, struct pingpong_qp *qp, int listening)
{
	qp->fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (qp->fd < 0)
		return complain("accept() failed");
	if (recv_remote(qp))
		return -1;
	print_address("remote", &qp->remote);
	print_address("local", &qp->local);
	return connect_remote(pp, qp) ? -1 : send_local(qp);
}

static int serve_all(struct pingpong *pp, int listening)
{
	int i, ret = 0;

	for (i = 0; i < pp->options.num_qp && !ret; i++)
		ret = serve(pp, &pp->qps[i], listening);
	close(listening);
	return ret;
}

static int call_server(struct pingpong *pp, struct pingpong_qp *qp, int fd)
{
	qp->fd = fd;
	print_address("local", &qp->local);
	if (send_local(qp) || recv_remote(qp))
		return -1;
	print_address("remote", &qp->remote);
	return connect_remote(pp, qp);
}

int pingpong_meet_xrc(struct pingpong *pp)
{
	int fd = pingpong_socket(pp);

	if (fd < 0)
		return -1;
	if (fill_local(pp)) {
		close(fd);
		return -1;
	}
	return pp->options.server ? call_server(pp, &pp->qps[0], fd)
				  : serve_all(pp, fd);
}

static int send_end(struct pingpong_qp *qp)
{
	if (!wire_send(qp->fd, END, sizeof(END)))
		return 0;
	return complain("Couldn't send END message");
}

static int recv_end(struct pingpong_qp *qp)
{
	char message[sizeof(END)];

	if (!wire_recv(qp->fd, message, sizeof(message)) &&
	    !memcmp(message, END, sizeof(END)))
		return 0;
	return complain("The other side did not get to the end");
}

static int part_from_clients(struct pingpong *pp)
{
	int i, ret = 0;

	for (i = 0; i < pp->options.num_qp && !ret; i++)
		ret = recv_end(&pp->qps[i]);
	for (i = 0; i < pp->options.num_qp && !ret; i++)
		ret = send_end(&pp->qps[i]);
	return ret;
}

int pingpong_part_xrc(struct pingpong *pp)
{
	int ret;

	if (!pp->options.server)
		ret = part_from_clients(pp);
	else
		ret = send_end(&pp->qps[0]) || recv_end(&pp->qps[0]);
	if (ret)
		return -1;
	printf("success\n");
	return 0;
}
