/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef INFINIBAND_ARCH_H
#define INFINIBAND_ARCH_H

/* Byte order of 64-bit numbers, for old programs; new ones use <endian.h>. */

#include <endian.h>
#include <stdint.h>

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define __IBV_BE64(x) __builtin_bswap64(x)
#else
#define __IBV_BE64(x) (x)
#endif

#ifndef ntohll
#undef htonll

static inline __attribute__((deprecated)) uint64_t htonll(uint64_t x)
{
	return __IBV_BE64(x);
}

static inline __attribute__((deprecated)) uint64_t ntohll(uint64_t x)
{
	return __IBV_BE64(x);
}

#define htonll htonll
#define ntohll ntohll
#endif

#endif
