// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pp.h"

enum long_only {
	OPT_EXPORTER = 256,
	OPT_OFFSET,
	OPT_IOVA,
	OPT_OP,
	OPT_LOOPBACK,
	OPT_MOVES,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "ib-dev", required_argument, NULL, 'd' },
	{ "gid-idx", required_argument, NULL, 'g' },
	{ "size", required_argument, NULL, 's' },
	{ "iters", required_argument, NULL, 'n' },
	{ "port", required_argument, NULL, 'p' },
	{ "ib-port", required_argument, NULL, 'i' },
	{ "help", no_argument, NULL, 'h' },
	{ "exporter", required_argument, NULL, OPT_EXPORTER },
	{ "offset", required_argument, NULL, OPT_OFFSET },
	{ "iova", required_argument, NULL, OPT_IOVA },
	{ "op", required_argument, NULL, OPT_OP },
	{ "loopback", no_argument, NULL, OPT_LOOPBACK },
	{ "moves", required_argument, NULL, OPT_MOVES },
	{ "json", no_argument, NULL, OPT_JSON },
	{ NULL, 0, NULL, 0 },
};

static const char usage_text[] =
	"Usage: ibv_dmabuf_pingpong [OPTION...]         start a server, wait for a client\n"
	"       ibv_dmabuf_pingpong [OPTION...] HOST    connect to the server on HOST\n"
	"       ibv_dmabuf_pingpong --loopback [OPTION...]\n"
	"\n"
	"Moves patterns between two dma-bufs by RDMA and checks every byte.\n"
	"\n"
	"  -d, --ib-dev=DEV      RDMA device (default: the first)\n"
	"  -i, --ib-port=PORT    port of the device (1)\n"
	"  -g, --gid-idx=INDEX   index of the GID (default: RoCE v2 of an IPv4 address)\n"
	"  -p, --port=PORT       TCP port on which the two meet (18516)\n"
	"  -s, --size=BYTES      size of the region (65536)\n"
	"  -n, --iters=N         turns of each side (1000)\n"
	"      --exporter=SPEC   udmabuf, heap:NAME, vgem, drm:/dev/dri/NODE,\n"
	"                        cuda[:N], hip[:N], testbuf[:OPTION,...], fd:N\n"
	"                        (heap:system)\n"
	"      --offset=BYTES    where in the dma-buf the region starts (0)\n"
	"      --iova=ADDRESS    its address for the device (default: the offset)\n"
	"      --op=OP           write, read or send (write)\n"
	"      --loopback        both ends in this process\n"
	"      --moves=N         loopback with testbuf:dynamic: meanwhile move the\n"
	"                        buffers N times\n"
	"      --json            report as one JSON object\n"
	"\n"
	"Exit status: 0 all bytes are right, 1 it could not be run, 2 the device\n"
	"cannot import dma-bufs, 3 wrong data.\n";

static const char *const op_names[] = {
	[PP_WRITE] = "write",
	[PP_READ] = "read",
	[PP_SEND] = "send",
};

const char *pp_op_name(enum pp_op op)
{
	return op_names[op];
}

void pp_default_options(struct pp_options *options)
{
	memset(options, 0, sizeof(*options));
	options->exporter = "heap:system";
	options->size = 65536;
	options->gid_index = -1;
	options->iterations = 1000;
	options->tcp_port = 18516;
	options->ib_port = 1;
}

static int complain(const char *format, const char *argument)
{
	fprintf(stderr, "ibv_dmabuf_pingpong: ");
	fprintf(stderr, format, argument);
	fprintf(stderr, "\n");
	return -1;
}

/* Decimal, or hexadecimal with 0x. */
static int parse_u64(const char *text, uint64_t min, uint64_t max,
		     uint64_t *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno || number < min ||
	    number > max)
		return complain("'%s' is not a number that fits here", text);
	*value = number;
	return 0;
}

static int parse_uint(const char *text, unsigned int min, unsigned int max,
		      unsigned int *value)
{
	uint64_t number;

	if (parse_u64(text, min, max, &number))
		return -1;
	*value = number;
	return 0;
}

static int parse_size(const char *text, uint64_t min, uint64_t max,
		      size_t *value)
{
	uint64_t number;

	if (parse_u64(text, min, max, &number))
		return -1;
	*value = number;
	return 0;
}

static int parse_gid_index(const char *text, int *index)
{
	unsigned int number;

	if (parse_uint(text, 0, 65535, &number))
		return -1;
	*index = number;
	return 0;
}

static int parse_op(const char *text, enum pp_op *op)
{
	unsigned int i;

	for (i = 0; i < sizeof(op_names) / sizeof(*op_names); i++) {
		if (!strcmp(text, op_names[i])) {
			*op = i;
			return 0;
		}
	}
	return complain("--op=%s: it is write, read or send", text);
}

static int parse_exporter(const char *text, const char **exporter)
{
	struct dmabuf_error error;
	struct dmabuf_spec spec;

	if (dmabuf_parse_spec(text, &spec, &error))
		return complain("%s", error.text);
	*exporter = text;
	return 0;
}

static int parse_option(int option, char *arg, struct pp_options *options)
{
	switch (option) {
	case 'd':
		options->device = arg;
		return 0;
	case 'g':
		return parse_gid_index(arg, &options->gid_index);
	case 's':
		return parse_size(arg, 1, 1u << 30, &options->size);
	case 'n':
		return parse_uint(arg, 1, UINT_MAX, &options->iterations);
	case 'p':
		return parse_uint(arg, 1, 65535, &options->tcp_port);
	case 'i':
		return parse_uint(arg, 1, 255, &options->ib_port);
	case OPT_EXPORTER:
		return parse_exporter(arg, &options->exporter);
	case OPT_OFFSET:
		return parse_size(arg, 0, SIZE_MAX / 2, &options->offset);
	case OPT_IOVA:
		options->iova_given = true;
		return parse_u64(arg, 0, UINT64_MAX, &options->iova);
	case OPT_OP:
		return parse_op(arg, &options->op);
	case OPT_MOVES:
		return parse_uint(arg, 1, UINT_MAX, &options->moves);
	case OPT_LOOPBACK:
		options->loopback = true;
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	case 'h':
		fputs(usage_text, stdout);
		exit(0);
	default:
		fputs("Try --help.\n", stderr);
		return -1;
	}
}

static int check_combination(const struct pp_options *options)
{
	if (options->loopback && options->server)
		return complain("--loopback and '%s': it is one or the other",
				options->server);
	if (options->moves && !options->loopback)
		return complain("%s needs --loopback", "--moves");
	if (options->loopback && !strncmp(options->exporter, "fd:", 3))
		return complain("--loopback needs two dma-bufs, %s is one",
				options->exporter);
	return 0;
}

int pp_parse_options(int argc, char **argv, struct pp_options *options)
{
	int option;

	pp_default_options(options);
	for (;;) {
		option = getopt_long(argc, argv, "d:g:s:n:p:i:h", long_options,
				     NULL);
		if (option < 0)
			break;
		if (parse_option(option, optarg, options))
			return -1;
	}
	if (optind < argc)
		options->server = argv[optind++];
	if (optind < argc)
		return complain("'%s' is one argument too many", argv[optind]);
	return check_combination(options);
}
