// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pp.h"

static void *move_by_turns(void *arg)
{
	struct pp_mover *mover = arg;
	unsigned int i;

	for (i = 0; i < mover->wanted && !mover->stop; i++) {
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

bool pp_device_faults(const char *device, uint64_t *faults)
{
	unsigned long long value;
	char path[160];
	FILE *file;
	bool found;

	snprintf(path, sizeof(path), "/sys/kernel/debug/softhca/%s/faults",
		 device);
	file = fopen(path, "re");
	if (!file)
		return false;
	found = fscanf(file, "%llu", &value) == 1;
	fclose(file);
	if (found)
		*faults = value;
	return found;
}
