// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pp.h"

/* A turn takes longer than that, so a move may hit any part of one. */
#define SCATTER_US 500

/* Until the traffic is in another turn than *seen, and then some more. */
static void await_traffic(struct pp_mover *mover, unsigned int *seen,
			  unsigned int *seed)
{
	while (mover->turns == *seen && !mover->stop)
		usleep(20);
	*seen = mover->turns;
	usleep(rand_r(seed) % SCATTER_US);
}

static void *move_by_turns(void *arg)
{
	struct pp_mover *mover = arg;
	unsigned int seen = 0, seed = 1;
	unsigned int i;

	for (i = 0; i < mover->wanted; i++) {
		await_traffic(mover, &seen, &seed);
		if (mover->stop)
			break;
		mover->error = dmabuf_move(mover->bufs[i % 2], 1, 0, 0, NULL);
		if (mover->error)
			break;
		mover->moved++;
	}
	mover->done = true;
	return NULL;
}

int pp_start_mover(struct pp_mover *mover, struct pp_end ends[2],
		   unsigned int moves, struct pp_result *result)
{
	int ret;

	memset(mover, 0, sizeof(*mover));
	mover->bufs[0] = ends[0].buf;
	mover->bufs[1] = ends[1].buf;
	mover->wanted = moves;
	ret = pthread_create(&mover->thread, NULL, move_by_turns, mover);
	if (ret)
		return pp_fail(result, PP_FAILED, ret, "thread: %s",
			       strerror(ret));
	return 0;
}

int pp_join_mover(struct pp_mover *mover, struct pp_result *result)
{
	mover->stop = true;
	pthread_join(mover->thread, NULL);
	result->moves = mover->moved;
	if (!mover->error)
		return 0;
	return pp_fail(result, PP_FAILED, mover->error, "move %llu of %s: %s",
		       (unsigned long long)result->moves + 1,
		       mover->bufs[0]->name, strerror(mover->error));
}

/* The number behind name in a file of "name number" lines. */
static bool read_counter(FILE *file, const char *name, uint64_t *value)
{
	unsigned long long number;
	char word[64];

	while (fscanf(file, "%63s %llu", word, &number) == 2) {
		if (strcmp(word, name))
			continue;
		*value = number;
		return true;
	}
	return false;
}

/* softhca's counters are in debugfs. */
bool pp_device_faults(const char *device, uint64_t *faults)
{
	char path[160];
	FILE *file;
	bool found;

	snprintf(path, sizeof(path), "/sys/kernel/debug/softhca/%s/stats",
		 device);
	file = fopen(path, "re");
	if (!file)
		return false;
	found = read_counter(file, "page_faults", faults);
	fclose(file);
	return found;
}
