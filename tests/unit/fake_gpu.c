// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* What the stand-ins share; each has one of its own. */
#include <string.h>

#include "fake_gpu.h"

EXPORTED struct fake_gpu fake_gpu;

int check(const char *call, bool right)
{
	if (!right && !fake_gpu.wrong)
		fake_gpu.wrong = call;
	if (fake_gpu.failing && !strcmp(fake_gpu.failing, call))
		return fake_gpu.status;
	return right ? 0 : 1;
}
