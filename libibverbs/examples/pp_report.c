// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pp.h"

static const char *const status_names[] = {
	[PP_OK] = "ok",
	[PP_FAILED] = "failed",
	[PP_NO_IMPORT] = "no import",
	[PP_WRONG_DATA] = "wrong data",
};

double pp_megabytes_per_second(const struct pp_result *result)
{
	if (!result->nsec)
		return 0;
	return result->bytes * 1e3 / result->nsec;
}

static uint64_t iova_of(const struct pp_options *options)
{
	return options->iova_given ? options->iova : options->offset;
}

static void print_string(const char *key, const char *text)
{
	printf(", \"%s\": \"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", (unsigned char)*text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void print_request(const struct pp_options *options,
			  const struct pp_result *result)
{
	printf("{\"result\": \"%s\"", status_names[result->status]);
	print_string("device", result->device);
	printf(", \"gid_index\": %u", result->gid_index);
	print_string("exporter", options->exporter);
	printf(", \"op\": \"%s\", \"size\": %zu, \"offset\": %zu",
	       pp_op_name(options->op), options->size, options->offset);
	printf(", \"iova\": %" PRIu64, iova_of(options));
}

static void print_figures(const struct pp_options *options,
			  const struct pp_result *result)
{
	printf(", \"iterations\": %" PRIu64 ", \"bytes\": %" PRIu64,
	       result->iterations, result->bytes);
	printf(", \"mb_per_s\": %.1f, \"bytes_checked\": %" PRIu64,
	       pp_megabytes_per_second(result), result->checked);
	printf(", \"mismatches\": %d", result->status == PP_WRONG_DATA);
	if (!options->moves)
		return;
	printf(", \"moves\": %" PRIu64, result->moves);
	if (result->faults_known)
		printf(", \"faults\": %" PRIu64, result->faults);
}

static void print_failure(const struct pp_result *result)
{
	print_string("error", result->error.text);
	printf(", \"errno\": %d", result->error.code);
	if (!result->where)
		return;
	print_string("where", result->where);
	printf(", \"position\": %" PRId64 ", \"iteration\": %" PRIu64,
	       (int64_t)result->position, result->iteration);
	printf(", \"side\": %u, \"expected\": %u, \"got\": %u", result->side,
	       result->expected, result->got);
}

void pp_print_json(const struct pp_options *options,
		   const struct pp_result *result)
{
	print_request(options, result);
	print_figures(options, result);
	if (result->status != PP_OK)
		print_failure(result);
	printf("}");
}

void pp_describe_failure(const struct pp_result *result, char *text,
			 size_t size)
{
	snprintf(text, size, "%s: %s",
		 result->status == PP_WRONG_DATA ? "WRONG DATA" : "FAILED",
		 result->error.text);
}

static void print_moves(const struct pp_result *result)
{
	printf("  %" PRIu64 " moves of the buffers meanwhile, ", result->moves);
	if (result->faults_known)
		printf("%" PRIu64 " faults of the device, ", result->faults);
	printf("0 mismatches\n");
}

void pp_print_text(const struct pp_options *options,
		   const struct pp_result *result)
{
	char failure[300];

	if (result->status != PP_OK) {
		pp_describe_failure(result, failure, sizeof(failure));
		fprintf(stderr, "ibv_dmabuf_pingpong: %s\n", failure);
		return;
	}
	printf("%s, GID index %u: %s of %zu bytes of %s at offset 0x%zx, iova 0x%" PRIx64
	       "\n",
	       result->device, result->gid_index, pp_op_name(options->op),
	       options->size, options->exporter, options->offset,
	       iova_of(options));
	printf("  %" PRIu64 " iterations, %" PRIu64
	       " bytes transferred, %.1f MB/s, %" PRIu64
	       " bytes checked: all right\n",
	       result->iterations, result->bytes,
	       pp_megabytes_per_second(result), result->checked);
	if (options->moves)
		print_moves(result);
}
