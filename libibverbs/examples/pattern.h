/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef PATTERN_H
#define PATTERN_H

/*
 * Test data in which every byte depends on its position, the iteration and the
 * side that wrote it, so that data which is old, in the wrong place or of the
 * wrong side shows. A canary is a pattern, too: that of an iteration no
 * transfer has.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_CANARY UINT64_MAX

struct pattern {
	uint64_t iteration;
	unsigned int side;
};

struct pattern_mismatch {
	size_t position; /* of the first wrong byte */
	uint8_t expected;
	uint8_t got;
};

uint8_t pattern_byte(const struct pattern *pattern, size_t position);
/* Bytes first to first + len of the pattern; data is the one at first. */
void pattern_fill(void *data, size_t first, size_t len,
		  const struct pattern *pattern);
/* True if all len bytes are right, else *wrong tells of the first. */
bool pattern_check(const void *data, size_t first, size_t len,
		   const struct pattern *pattern,
		   struct pattern_mismatch *wrong);

#endif
