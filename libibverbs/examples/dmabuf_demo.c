// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * ibv_dmabuf_demo: a dma-buf of every exporter becomes a memory region, RDMA
 * moves bytes in and out of it, and then the buffer moves under the traffic.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pp.h"

#define MAX_EXPORTERS 16
#define MOVING_EXPORTER "testbuf:dynamic"

struct demo {
	const char *device_name;
	const char *exporters[MAX_EXPORTERS];
	unsigned int num_exporters;
	unsigned int moves;
	bool json;
	struct pp_device device;
	char device_shown[64];
	unsigned int rows;
	unsigned int verified;
};

/* Where the region lies in the dma-buf, and where the device sees it. */
struct layout {
	size_t size;
	size_t offset;
	uint64_t iova;
};

static const struct layout layouts[] = {
	{ .size = 262144, .offset = 0, .iova = 0 },
	/* Neither starts nor ends at a page, or at a whole word. */
	{ .size = 100001, .offset = 0x1811, .iova = 0x7f0000000811 },
};

/* Small, for many turns. */
static const struct layout moving_layout = {
	.size = 20001,
	.offset = 0x1811,
	.iova = 0x7f0000000811,
};

static const char usage_text[] =
	"Usage: ibv_dmabuf_demo [OPTION...]\n"
	"\n"
	"Runs RDMA write, read and send over dma-bufs of every exporter, checks every\n"
	"byte, then does it again while the buffers move.\n"
	"\n"
	"  -d, --ib-dev=DEV      RDMA device (default: the first that lets buffers move)\n"
	"      --exporter=SPEC   only this one; may be repeated\n"
	"      --moves=N         moves of the buffers for each operation (2000)\n"
	"      --json            report as one JSON object\n"
	"\n"
	"Exit status: 0 every row is verified, 1 some row is not, 2 no device imports\n"
	"dma-bufs.\n";

static void row_options(const struct demo *demo, const char *exporter,
			const struct layout *layout, enum pp_op op,
			struct pp_options *options)
{
	pp_default_options(options);
	options->device = demo->device_name;
	options->exporter = exporter;
	options->size = layout->size;
	options->offset = layout->offset;
	options->iova = layout->iova;
	options->iova_given = true;
	options->op = op;
	options->iterations = 10;
	options->loopback = true;
}

static void print_heading(const struct demo *demo)
{
	if (demo->json)
		return;
	printf("device %s, GID index %u\n\n", demo->device_shown,
	       demo->device.gid_index);
	printf("%-16s %7s %7s %15s %-5s %9s %10s  %s\n", "exporter", "size",
	       "offset", "iova", "op", "MB/s", "checked", "result");
	fflush(stdout);
}

static void print_row(const struct pp_options *options,
		      const struct pp_result *result)
{
	char text[300] = "ok";

	if (result->status != PP_OK)
		pp_describe_failure(result, text, sizeof(text));
	printf("%-16s %7zu %#7zx %#15" PRIx64 " %-5s %9.1f %10" PRIu64 "  %s\n",
	       options->exporter, options->size, options->offset, options->iova,
	       pp_op_name(options->op), pp_megabytes_per_second(result),
	       result->checked, text);
}

static void print_moving_row(const struct pp_options *options,
			     const struct pp_result *result)
{
	char text[300] = "ok";
	char faults[24] = "unknown";

	if (result->status != PP_OK)
		pp_describe_failure(result, text, sizeof(text));
	if (result->faults_known)
		snprintf(faults, sizeof(faults), "%" PRIu64, result->faults);
	printf("%-16s %-5s %6" PRIu64 " moves, %6s faults, %" PRIu64
	       " bytes checked in %" PRIu64 " iterations, %d mismatches  %s\n",
	       options->exporter, pp_op_name(options->op), result->moves,
	       faults, result->checked, result->iterations,
	       result->status == PP_WRONG_DATA, text);
}

static void report_row(struct demo *demo, const struct pp_options *options,
		       const struct pp_result *result)
{
	if (demo->json) {
		printf("%s\n  ", demo->rows ? "," : "");
		pp_print_json(options, result);
	} else if (options->moves) {
		print_moving_row(options, result);
	} else {
		print_row(options, result);
	}
	fflush(stdout);
	demo->rows++;
	demo->verified += result->status == PP_OK;
}

static void run_row(struct demo *demo, const struct pp_options *options)
{
	struct pp_result result = { .gid_index = demo->device.gid_index };

	snprintf(result.device, sizeof(result.device), "%s",
		 demo->device_shown);
	pp_run_loopback(&demo->device, options, &result);
	report_row(demo, options, &result);
}

static void run_exporter(struct demo *demo, const char *exporter)
{
	struct pp_options options;
	unsigned int i;
	int op;

	for (i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		for (op = PP_WRITE; op <= PP_SEND; op++) {
			row_options(demo, exporter, &layouts[i], op, &options);
			run_row(demo, &options);
		}
	}
}

static bool has_exporter(const struct demo *demo, const char *spec)
{
	unsigned int i;

	for (i = 0; i < demo->num_exporters; i++)
		if (!strcmp(demo->exporters[i], spec))
			return true;
	return false;
}

static void run_moving(struct demo *demo)
{
	struct pp_options options;
	int op;

	if (!demo->moves || !has_exporter(demo, MOVING_EXPORTER))
		return;
	if (!demo->json)
		printf("\nmoving the buffers under traffic\n");
	for (op = PP_WRITE; op <= PP_SEND; op++) {
		row_options(demo, MOVING_EXPORTER, &moving_layout, op,
			    &options);
		options.moves = demo->moves;
		run_row(demo, &options);
	}
}

/* Choosing the device */

static bool can_move(struct pp_end *end)
{
	return !dmabuf_move(end->buf, 1, 0, 0, NULL);
}

static bool can_import(struct pp_end *end)
{
	return true;
}

/* Leaves demo->device open if a region of exporter passes the test. */
static bool try_device(struct demo *demo, const char *name,
		       const char *exporter, bool (*test)(struct pp_end *end),
		       struct pp_result *result)
{
	struct pp_options options;
	struct pp_end end;
	bool good = false;

	row_options(demo, exporter, &layouts[0], PP_WRITE, &options);
	options.device = name;
	if (pp_open_device(&demo->device, &options, result))
		return false;
	if (!pp_create_end(&end, &demo->device, 0, &options, result)) {
		good = test(&end);
		pp_destroy_end(&end);
	}
	if (good)
		snprintf(demo->device_shown, sizeof(demo->device_shown), "%s",
			 name);
	else
		pp_close_device(&demo->device);
	return good;
}

/* A device that refuses tells more than an exporter that is missing. */
static void keep_reason(struct pp_result *kept, const struct pp_result *next)
{
	if (!kept->error.text[0] || next->status == PP_NO_IMPORT)
		*kept = *next;
}

static bool try_all_devices(struct demo *demo, const char *exporter,
			    bool (*test)(struct pp_end *end),
			    struct pp_result *reason)
{
	struct ibv_device **list;
	struct pp_result result;
	bool found = false;
	int i;

	list = ibv_get_device_list(NULL);
	for (i = 0; list && list[i] && !found; i++) {
		memset(&result, 0, sizeof(result));
		found = try_device(demo, ibv_get_device_name(list[i]), exporter,
				   test, &result);
		keep_reason(reason, &result);
	}
	if (list)
		ibv_free_device_list(list);
	return found;
}

/* The first that lets a buffer move, or else the first that takes one. */
static int choose_device(struct demo *demo, struct pp_result *reason)
{
	unsigned int i;

	if (has_exporter(demo, MOVING_EXPORTER) &&
	    try_all_devices(demo, MOVING_EXPORTER, can_move, reason))
		return 0;
	for (i = 0; i < demo->num_exporters; i++)
		if (try_all_devices(demo, demo->exporters[i], can_import,
				    reason))
			return 0;
	if (reason->error.text[0])
		return -1;
	return pp_fail(reason, PP_NO_IMPORT, ENODEV,
		       "this machine has no RDMA device");
}

static int open_device(struct demo *demo, struct pp_result *result)
{
	struct pp_options options;

	if (!demo->device_name)
		return choose_device(demo, result);
	row_options(demo, MOVING_EXPORTER, &layouts[0], PP_WRITE, &options);
	if (pp_open_device(&demo->device, &options, result))
		return -1;
	snprintf(demo->device_shown, sizeof(demo->device_shown), "%s",
		 result->device);
	return 0;
}

/* The program */

static void use_known_exporters(struct demo *demo)
{
	while (dmabuf_known_spec(demo->num_exporters)) {
		demo->exporters[demo->num_exporters] =
			dmabuf_known_spec(demo->num_exporters);
		demo->num_exporters++;
	}
}

static int add_exporter(struct demo *demo, const char *text)
{
	struct dmabuf_error error;
	struct dmabuf_spec spec;

	if (demo->num_exporters == MAX_EXPORTERS) {
		fprintf(stderr, "ibv_dmabuf_demo: too many exporters\n");
		return -1;
	}
	if (dmabuf_parse_spec(text, &spec, &error)) {
		fprintf(stderr, "ibv_dmabuf_demo: %s\n", error.text);
		return -1;
	}
	demo->exporters[demo->num_exporters++] = text;
	return 0;
}

static int parse_moves(const char *text, unsigned int *moves)
{
	char *end;
	long number;

	number = strtol(text, &end, 10);
	if (end == text || *end || number < 0 || number > 1000000) {
		fprintf(stderr, "ibv_dmabuf_demo: --moves=%s: 0 to 1000000\n",
			text);
		return -1;
	}
	*moves = number;
	return 0;
}

static int parse_option(struct demo *demo, int option, char *arg)
{
	switch (option) {
	case 'd':
		demo->device_name = arg;
		return 0;
	case 'e':
		return add_exporter(demo, arg);
	case 'm':
		return parse_moves(arg, &demo->moves);
	case 'j':
		demo->json = true;
		return 0;
	case 'h':
		fputs(usage_text, stdout);
		exit(0);
	default:
		fputs("Try --help.\n", stderr);
		return -1;
	}
}

static int parse_options(int argc, char **argv, struct demo *demo)
{
	static const struct option long_options[] = {
		{ "ib-dev", required_argument, NULL, 'd' },
		{ "exporter", required_argument, NULL, 'e' },
		{ "moves", required_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	demo->moves = 2000;
	while ((option = getopt_long(argc, argv, "d:h", long_options, NULL)) >=
	       0)
		if (parse_option(demo, option, optarg))
			return -1;
	if (optind < argc) {
		fprintf(stderr, "ibv_dmabuf_demo: '%s': no arguments, please\n",
			argv[optind]);
		return -1;
	}
	if (!demo->num_exporters)
		use_known_exporters(demo);
	return 0;
}

static void run_rows(struct demo *demo)
{
	unsigned int i;

	if (demo->json)
		printf("{\"rows\": [");
	print_heading(demo);
	for (i = 0; i < demo->num_exporters; i++)
		run_exporter(demo, demo->exporters[i]);
	run_moving(demo);
	if (demo->json)
		printf("\n], \"count\": %u, \"verified\": %u}\n", demo->rows,
		       demo->verified);
	else
		printf("\n%u rows, %u verified\n", demo->rows, demo->verified);
}

int main(int argc, char **argv)
{
	struct pp_result result = { 0 };
	struct demo demo = { 0 };

	if (parse_options(argc, argv, &demo))
		return PP_FAILED;
	if (open_device(&demo, &result)) {
		fprintf(stderr, "ibv_dmabuf_demo: no device to show: %s\n",
			result.error.text);
		return result.status;
	}
	run_rows(&demo);
	pp_close_device(&demo.device);
	return demo.rows && demo.verified == demo.rows ? PP_OK : PP_FAILED;
}
