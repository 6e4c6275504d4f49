/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "find.h"
#include "threads.h"

#define NUM_WORKERS 6

static atomic_int stop;

void die(const char *what)
{
	fprintf(stderr, "FAILED: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ------------------------------------------------------------------- set-up */

static void connect_to_itself(struct shared *s)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = 1,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = s->qp->qp_num,
		.timeout = 14,
		.retry_cnt = 7,
		.ah_attr = { .is_global = 1, .port_num = 1 },
	};
	int index = find_ip4_gid(s->context, &attr.ah_attr.grh.dgid);

	CHECK(index >= 0);
	attr.ah_attr.grh.sgid_index = (uint8_t)index;
	attr.ah_attr.grh.hop_limit = 1;
	CHECK(!ibv_modify_qp(s->qp, &attr,
			     IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX |
				     IBV_QP_ACCESS_FLAGS));
	attr.qp_state = IBV_QPS_RTR;
	CHECK(!ibv_modify_qp(s->qp, &attr,
			     IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
				     IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
				     IBV_QP_MAX_DEST_RD_ATOMIC |
				     IBV_QP_MIN_RNR_TIMER));
	attr.qp_state = IBV_QPS_RTS;
	CHECK(!ibv_modify_qp(s->qp, &attr,
			     IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				     IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
				     IBV_QP_MAX_QP_RD_ATOMIC));
}

static void set_up(struct shared *s, const char *name)
{
	struct ibv_qp_init_attr init = {
		.cap = { 32, 1, 1, 1, 0 },
		.qp_type = IBV_QPT_RC,
	};

	CHECK(s->device = find_device(name));
	CHECK(s->context = ibv_open_device(s->device));
	CHECK(s->pd = ibv_alloc_pd(s->context));
	CHECK(s->channel = ibv_create_comp_channel(s->context));
	CHECK(s->cq = ibv_create_cq(s->context, 4096, NULL, NULL, 0));
	CHECK(s->memory = aligned_alloc(4096, MEMORY_SIZE));
	memset(s->memory, 0, MEMORY_SIZE);
	CHECK(s->mr = (ibv_reg_mr)(s->pd, s->memory, MEMORY_SIZE,
				   IBV_ACCESS_LOCAL_WRITE |
					   IBV_ACCESS_REMOTE_WRITE));
	init.send_cq = init.recv_cq = s->cq;
	CHECK(s->qp = ibv_create_qp(s->pd, &init));
	connect_to_itself(s);
}

static void tear_down(struct shared *s)
{
	CHECK(!ibv_destroy_qp(s->qp));
	CHECK(!ibv_dereg_mr(s->mr));
	CHECK(!ibv_destroy_cq(s->cq));
	CHECK(!ibv_destroy_comp_channel(s->channel));
	CHECK(!ibv_dealloc_pd(s->pd));
	CHECK(!ibv_close_device(s->context));
	free(s->memory);
}

/* --------------------------------------------------------------------- work */

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&stop)) {
		jobs[(w->number + w->round) % num_jobs].run(w);
		w->round++;
	}
	return NULL;
}

static void work_for(struct shared *s, unsigned int seconds)
{
	struct worker workers[NUM_WORKERS];
	pthread_t threads[NUM_WORKERS];
	unsigned int i, rounds = 0;

	for (i = 0; i < NUM_WORKERS; i++) {
		workers[i] = (struct worker){ s, i, 0 };
		CHECK(!pthread_create(&threads[i], NULL, work, &workers[i]));
	}
	sleep(seconds);
	atomic_store(&stop, 1);
	for (i = 0; i < NUM_WORKERS; i++) {
		CHECK(!pthread_join(threads[i], NULL));
		rounds += workers[i].round;
	}
	printf("%u jobs\n", rounds);
	/* Every kind of job has run in some thread. */
	CHECK(rounds >= NUM_WORKERS * num_jobs);
}

/* --------------------------------------------- that a race would be noticed */

static int unguarded;

static void *race(void *arg)
{
	unguarded++;
	return NULL;
}

static void race_on_purpose(void)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, race, NULL));
	unguarded++;
	CHECK(!pthread_join(thread, NULL));
}

int main(int argc, char **argv)
{
	struct shared shared = { 0 };

	if (argc == 2 && !strcmp(argv[1], "--race")) {
		race_on_purpose();
		return 0;
	}
	if (argc != 3) {
		fprintf(stderr, "Usage: %s DEVICE SECONDS\n", argv[0]);
		return 2;
	}
	set_up(&shared, argv[1]);
	work_for(&shared, (unsigned int)atoi(argv[2]));
	tear_down(&shared);
	return 0;
}
