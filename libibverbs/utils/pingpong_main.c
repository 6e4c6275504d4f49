// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pingpong.h"

static const unsigned int default_mtu = 1024;

static int prepare(struct pingpong *pp)
{
	int i;

	if (pingpong_post_recv(pp, pp->options.rx_depth))
		return -1;
	if (pp->channel && ibv_req_notify_cq(pp->cq, 0)) {
		fprintf(stderr, "Couldn't request CQ notification\n");
		return -1;
	}
	for (i = 0; i < pp->options.num_qp; i++)
		pp->qps[i].receiving = true;
	return 0;
}

/* The client has the first turn, but with XRC. */
static int send_first(struct pingpong *pp)
{
	bool first = !pp->options.server == pp->kind->xrc;
	int i, ret = 0;

	for (i = 0; first && i < pp->options.num_qp && !ret; i++)
		ret = pingpong_post_send(pp, &pp->qps[i]);
	return ret;
}

static double seconds(const struct timespec *from, const struct timespec *to)
{
	return to->tv_sec - from->tv_sec + (to->tv_nsec - from->tv_nsec) / 1e9;
}

int pingpong_report(struct pingpong *pp)
{
	double took = pp->seconds;
	long long bytes = 2LL * pp->options.size * pp->options.iters;

	printf("%lld bytes in %.2f seconds = %.2f Mbit/sec\n", bytes, took,
	       bytes * 8 / took / 1e6);
	printf("%d iters in %.2f seconds = %.2f usec/iter\n", pp->options.iters,
	       took, took * 1e6 / pp->options.iters);
	if (!pp->num_stamps)
		return pingpong_check(pp);
	printf("Max receive completion clock cycles = %" PRIu64 "\n",
	       pp->max_stamp);
	printf("Min receive completion clock cycles = %" PRIu64 "\n",
	       pp->min_stamp);
	printf("Average receive completion clock cycles = %f\n",
	       (double)pp->sum_stamp / pp->num_stamps);
	return pingpong_check(pp);
}

static int allocate_qps(struct pingpong *pp)
{
	int num = pp->options.num_qp;

	pp->num_slots = num > MAX_QPS ? num : MAX_QPS;
	pp->qps = calloc(pp->num_slots, sizeof(*pp->qps));
	return pp->qps ? 0 : -1;
}

static int play(struct pingpong *pp)
{
	struct timespec from, to;

	if (pingpong_open(pp) || prepare(pp) || pp->kind->meet(pp))
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (send_first(pp) || pingpong_loop(pp))
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &to);
	pp->seconds = seconds(&from, &to);
	return pp->kind->part(pp);
}

int pingpong_main(int argc, char **argv, const struct pingpong_kind *kind)
{
	struct pingpong *pp = calloc(1, sizeof(*pp));
	int ret;

	if (!pp)
		return 1;
	srand48(getpid() * time(NULL));
	pp->kind = kind;
	pp->options = (struct pingpong_options){
		.tcp_port = 18515,
		.ib_port = 1,
		.size = kind->size,
		.mtu = default_mtu,
		.num_qp = kind->num_qp,
		.rx_depth = 500,
		.iters = kind->iters,
		.iters_of_qp = INT_MAX,
		.gid_index = -1,
	};
	ret = pingpong_parse(argc, argv, kind, &pp->options);
	if (!ret)
		ret = allocate_qps(pp);
	if (!ret) {
		ret = play(pp);
		ret |= pingpong_close(pp);
	}
	free(pp->qps);
	free(pp);
	return ret ? 1 : 0;
}
