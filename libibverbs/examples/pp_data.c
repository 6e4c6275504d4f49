// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* What is in the dma-bufs: turns, canaries, and the checks of both. */
#include <errno.h>
#include <string.h>

#include "pp.h"

/* Canaries reach this far from the region, where the dma-buf does. */
#define CANARY_REACH 16384

/* A part of the dma-buf and what it should hold, counted from its start. */
struct area {
	const char *where;
	size_t start;
	size_t len;
	size_t first; /* position in the pattern of the first byte */
	struct pattern pattern;
};

static struct area canary_before(const struct pp_end *end)
{
	struct area area = { .where = "canary before the region" };

	area.len = end->offset < CANARY_REACH ? end->offset : CANARY_REACH;
	area.start = end->offset - area.len;
	area.first = area.start;
	area.pattern.iteration = PATTERN_CANARY;
	area.pattern.side = end->side;
	return area;
}

static struct area canary_behind(const struct pp_end *end)
{
	struct area area = { .where = "canary behind the region" };

	area.start = end->offset + end->size;
	area.len = end->buf->size - area.start;
	if (area.len > CANARY_REACH)
		area.len = CANARY_REACH;
	area.first = area.start;
	area.pattern.iteration = PATTERN_CANARY;
	area.pattern.side = end->side;
	return area;
}

static struct area turn_of(const struct pp_end *end, unsigned int side,
			   uint64_t iteration)
{
	struct area area = { .where = "region" };

	area.start = end->offset;
	area.len = end->size;
	area.pattern.iteration = iteration;
	area.pattern.side = side;
	return area;
}

static void fill_area(struct pp_end *end, const struct area *area)
{
	pattern_fill((uint8_t *)end->buf->map + area->start, area->first,
		     area->len, &area->pattern);
}

static int check_area(struct pp_end *end, const struct area *area,
		      uint64_t iteration, struct pp_result *result)
{
	const uint8_t *data = (uint8_t *)end->buf->map + area->start;
	struct pattern_mismatch wrong;

	if (pattern_check(data, area->first, area->len, &area->pattern,
			  &wrong)) {
		result->checked += area->len;
		return 0;
	}
	result->where = area->where;
	result->position = area->start + wrong.position - area->first;
	result->iteration = iteration;
	result->side = end->side;
	result->expected = wrong.expected;
	result->got = wrong.got;
	return pp_fail(
		result, PP_WRONG_DATA, EILSEQ,
		"%s, side %u, iteration %llu: byte 0x%llx of the dma-buf is 0x%02x, expected 0x%02x",
		area->where, end->side, (unsigned long long)iteration,
		(unsigned long long)result->position, wrong.got,
		wrong.expected);
}

static int begin_cpu(struct pp_end *end, enum dmabuf_access access,
		     struct pp_result *result)
{
	int ret = dmabuf_begin_cpu(end->buf, access);

	if (!ret)
		return 0;
	return pp_fail(result, PP_FAILED, ret, "%s: begin of CPU access: %s",
		       end->buf->name, strerror(ret));
}

static int end_cpu(struct pp_end *end, enum dmabuf_access access,
		   struct pp_result *result)
{
	int ret = dmabuf_end_cpu(end->buf, access);

	if (!ret)
		return 0;
	return pp_fail(result, PP_FAILED, ret, "%s: end of CPU access: %s",
		       end->buf->name, strerror(ret));
}

int pp_fill_canaries(struct pp_end *end, struct pp_result *result)
{
	struct area before = canary_before(end);
	struct area behind = canary_behind(end);

	if (begin_cpu(end, DMABUF_WRITE, result))
		return -1;
	fill_area(end, &before);
	fill_area(end, &behind);
	return end_cpu(end, DMABUF_WRITE, result);
}

int pp_fill_turn(struct pp_end *end, uint64_t iteration,
		 struct pp_result *result)
{
	struct area turn = turn_of(end, end->side, iteration);

	if (begin_cpu(end, DMABUF_WRITE, result))
		return -1;
	fill_area(end, &turn);
	return end_cpu(end, DMABUF_WRITE, result);
}

static int check_areas(struct pp_end *end, uint64_t iteration,
		       struct pp_result *result)
{
	struct area areas[3];
	unsigned int i;

	areas[0] = turn_of(end, !end->side, iteration);
	areas[1] = canary_before(end);
	areas[2] = canary_behind(end);
	for (i = 0; i < 3; i++)
		if (check_area(end, &areas[i], iteration, result))
			return -1;
	return 0;
}

int pp_check_turn(struct pp_end *end, uint64_t iteration,
		  struct pp_result *result)
{
	int ret;

	if (begin_cpu(end, DMABUF_READ, result))
		return -1;
	ret = check_areas(end, iteration, result);
	if (ret)
		dmabuf_end_cpu(end->buf, DMABUF_READ);
	else
		ret = end_cpu(end, DMABUF_READ, result);
	return ret;
}

static int check_guards(struct pp_end *end, struct pp_result *result)
{
	struct softhca_testbuf_guards guards;
	int ret;

	ret = dmabuf_check_guards(end->buf, &guards);
	if (ret)
		return pp_fail(result, PP_FAILED, ret, "%s: guards: %s",
			       end->buf->name, strerror(ret));
	if (!guards.bad_bytes)
		return 0;
	result->where = "guard page";
	result->position = guards.position;
	result->side = end->side;
	result->expected = guards.expected;
	result->got = guards.got;
	return pp_fail(
		result, PP_WRONG_DATA, EILSEQ,
		"side %u: %llu bytes beside page %u of the dma-buf were overwritten, the first at %lld from its start",
		end->side, (unsigned long long)guards.bad_bytes,
		guards.guarded_page, (long long)guards.position);
}

static int check_stats(struct pp_end *end, struct pp_result *result)
{
	struct softhca_testbuf_stats stats;
	int ret;

	ret = dmabuf_get_stats(end->buf, &stats);
	if (ret)
		return pp_fail(result, PP_FAILED, ret, "%s: counters: %s",
			       end->buf->name, strerror(ret));
	if (stats.guard_bad_bytes)
		return pp_fail(
			result, PP_WRONG_DATA, EILSEQ,
			"side %u: %llu bytes beside pages that the buffer left were overwritten",
			end->side, (unsigned long long)stats.guard_bad_bytes);
	if (stats.violations)
		return pp_fail(
			result, PP_FAILED, EPROTO,
			"side %u: the device still mapped the buffer after %llu moves",
			end->side, (unsigned long long)stats.violations);
	return 0;
}

int pp_check_exporter(struct pp_end *end, struct pp_result *result)
{
	if (end->buf->testbuf_fd < 0)
		return 0;
	return check_guards(end, result) || check_stats(end, result) ? -1 : 0;
}
