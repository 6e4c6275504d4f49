// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * The turns. In each iteration both sides produce once and consume once, side 0
 * first. A side produces by filling its region and, as the operation is,
 * writing it to the other side, sending it, or saying that it may be read.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pp.h"

static uint64_t now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Posts the whole region and waits for its completion, by the clock. */
static int transfer(struct pp_end *end, enum ibv_wr_opcode opcode, uint32_t imm,
		    struct pp_result *result)
{
	uint64_t start = now_nsec();

	if (pp_post_data(end, opcode, imm, result) || pp_wait_send(end, result))
		return -1;
	result->nsec += now_nsec() - start;
	result->bytes += end->size;
	return 0;
}

static int signal_turn(struct pp_end *end, uint32_t imm,
		       struct pp_result *result)
{
	if (pp_post_signal(end, imm, result))
		return -1;
	return pp_wait_send(end, result);
}

static int produce(struct pp_end *end, uint64_t iteration,
		   struct pp_result *result)
{
	if (pp_fill_turn(end, iteration, result))
		return -1;
	switch (end->op) {
	case PP_WRITE:
		return transfer(end, IBV_WR_RDMA_WRITE_WITH_IMM, iteration,
				result);
	case PP_SEND:
		return transfer(end, IBV_WR_SEND_WITH_IMM, iteration, result);
	default:
		return signal_turn(end, iteration, result);
	}
}

/* The next receive is posted before the next turn can be met by one. */
static int consume(struct pp_end *end, uint64_t iteration,
		   struct pp_result *result)
{
	if (pp_wait_recv(end, iteration, result))
		return -1;
	if (end->op == PP_READ && transfer(end, IBV_WR_RDMA_READ, 0, result))
		return -1;
	if (pp_check_turn(end, iteration, result))
		return -1;
	return pp_post_recv(end, result);
}

static int prepare_end(struct pp_end *end, struct pp_result *result)
{
	if (pp_fill_canaries(end, result) || pp_connect_end(end, result))
		return -1;
	return pp_post_recv(end, result);
}

/* One turn: from produces, to consumes. turns may be NULL. */
static int loopback_turn(struct pp_end *from, struct pp_end *to, uint64_t i,
			 atomic_uint *turns, struct pp_result *result)
{
	if (produce(from, i, result) || consume(to, i, result))
		return -1;
	if (turns)
		++*turns;
	return 0;
}

static int loopback_iteration(struct pp_end ends[2], uint64_t i,
			      atomic_uint *turns, struct pp_result *result)
{
	if (loopback_turn(&ends[0], &ends[1], i, turns, result) ||
	    loopback_turn(&ends[1], &ends[0], i, turns, result))
		return -1;
	result->iterations++;
	return 0;
}

static int loopback_turns(struct pp_end ends[2],
			  const struct pp_options *options,
			  struct pp_result *result)
{
	uint64_t i;

	for (i = 0; i < options->iterations; i++)
		if (loopback_iteration(ends, i, NULL, result))
			return -1;
	return 0;
}

/* At least the iterations asked for, and on until the last move is done. */
static int moving_turns(struct pp_end ends[2], const struct pp_options *options,
			struct pp_result *result)
{
	struct pp_mover mover;
	int ret = 0;
	uint64_t i;

	if (pp_start_mover(&mover, ends, options->moves, result))
		return -1;
	for (i = 0; !ret && (i < options->iterations || !mover.done); i++)
		ret = loopback_iteration(ends, i, &mover.turns, result);
	if (!ret)
		return pp_join_mover(&mover, result);
	/* What went wrong first is what counts. */
	pp_join_mover(&mover, &(struct pp_result){ 0 });
	result->moves = mover.moved;
	return -1;
}

static int run_ends(struct pp_end ends[2], const struct pp_options *options,
		    struct pp_result *result)
{
	pp_describe_end(&ends[0], options, &ends[1].peer);
	pp_describe_end(&ends[1], options, &ends[0].peer);
	if (prepare_end(&ends[0], result) || prepare_end(&ends[1], result))
		return -1;
	if (options->moves)
		return moving_turns(ends, options, result);
	return loopback_turns(ends, options, result);
}

static int loopback(struct pp_device *device, const struct pp_options *options,
		    struct pp_result *result)
{
	struct pp_end ends[2] = { 0 };
	int ret;

	ret = pp_create_end(&ends[0], device, 0, options, result);
	if (ret)
		return ret;
	ret = pp_create_end(&ends[1], device, 1, options, result);
	if (ret)
		goto destroy_first;
	ret = run_ends(ends, options, result);
	if (!ret)
		ret = pp_check_exporter(&ends[0], result);
	if (!ret)
		ret = pp_check_exporter(&ends[1], result);
	pp_destroy_end(&ends[1]);
destroy_first:
	pp_destroy_end(&ends[0]);
	return ret;
}

void pp_run_loopback(struct pp_device *device, const struct pp_options *options,
		     struct pp_result *result)
{
	uint64_t before = 0, after = 0;

	result->faults_known = pp_device_faults(result->device, &before);
	loopback(device, options, result);
	if (result->faults_known)
		result->faults_known = pp_device_faults(result->device, &after);
	result->faults = after - before;
}

static int remote_turns(struct pp_end *end, unsigned int iterations,
			struct pp_result *result)
{
	uint64_t i;

	for (i = 0; i < iterations; i++) {
		if (end->side == 0 && produce(end, i, result))
			return -1;
		if (consume(end, i, result))
			return -1;
		if (end->side == 1 && produce(end, i, result))
			return -1;
		result->iterations++;
	}
	return 0;
}

/* Each barrier: what the other side does next, it may rely on us for. */
static int run_end(struct pp_end *end, int fd, const struct pp_options *options,
		   struct pp_result *result)
{
	struct pp_peer self;

	pp_describe_end(end, options, &self);
	if (pp_tcp_exchange(fd, &self, &end->peer, result) ||
	    prepare_end(end, result) || pp_tcp_barrier(fd, result) ||
	    remote_turns(end, options->iterations, result) ||
	    pp_tcp_barrier(fd, result))
		return -1;
	return pp_check_exporter(end, result);
}

static void run_remote(struct pp_device *device,
		       const struct pp_options *options,
		       struct pp_result *result)
{
	struct pp_end end;
	int fd;

	/* The client has the first turn. */
	if (pp_create_end(&end, device, !options->server, options, result))
		return;
	fd = pp_tcp_connect(options, result);
	if (fd >= 0) {
		end.tcp_fd = fd;
		run_end(&end, fd, options, result);
		close(fd);
	}
	pp_destroy_end(&end);
}

void pp_run(const struct pp_options *options, struct pp_result *result)
{
	struct pp_device device;

	memset(result, 0, sizeof(*result));
	if (pp_open_device(&device, options, result))
		return;
	if (options->loopback)
		pp_run_loopback(&device, options, result);
	else
		run_remote(&device, options, result);
	pp_close_device(&device);
}
