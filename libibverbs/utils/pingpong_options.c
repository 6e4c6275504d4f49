// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pingpong.h"

/*
 * A letter, what it takes, and its line of help; in the order of the help. XRC
 * has two letters for something else, which here have one of their own.
 */
struct known_option {
	char letter;
	const char *name;
	const char *argument;
	const char *help;
};

static const struct known_option known[] = {
	{ 'p', "port", "port", "TCP port to listen on or connect to (18515)" },
	{ 'd', "ib-dev", "dev", "RDMA device (the first)" },
	{ 'i', "ib-port", "port", "port of the device (1)" },
	{ 's', "size", "size", "bytes in a message" },
	{ 'm', "mtu", "size", "path MTU (1024)" },
	{ 'q', "num-qp", "num", "number of QPs (16)" },
	{ 'r', "rx-depth", "dep", "receives to post at a time (500)" },
	{ 'n', "iters", "iters", "number of exchanges (1000)" },
	{ 'C', "clients", "n", "number of clients, for a server (1)" },
	{ 'T', "num_tests", "n", "number of exchanges with a client (5)" },
	{ 'l', "sl", "sl", "service level (0)" },
	{ 'e', "events", NULL, "sleep until there are completions" },
	{ 'g', "gid-idx", "index", "index of the local GID" },
	{ 'o', "odp", NULL, "memory on demand" },
	{ 'O', "iodp", NULL, "all memory on demand, implicitly" },
	{ 'P', "prefetch", NULL, "fetch memory on demand ahead" },
	{ 't', "ts", NULL, "completions with timestamps" },
	{ 'c', "chk", NULL, "check what is received" },
	{ 'j', "dm", NULL, "memory of the device" },
	{ 'N', "new_send", NULL, "send by the ibv_wr_* calls" },
	{ 'U', "allow-cc-unprotected", NULL, "memory that others may read" },
};

#define NUM_KNOWN (sizeof(known) / sizeof(*known))
#define COMMON_LETTERS "pdisleg"
/* One less than the addresses that go over the wire, as it has always been. */
#define NUM_QP_LIMIT (MAX_QPS - 1)

static bool has_option(const struct pingpong_kind *kind, char letter)
{
	return strchr(COMMON_LETTERS, letter) || strchr(kind->letters, letter);
}

/* What is typed for that letter of ours. */
static char typed(char letter)
{
	switch (letter) {
	case 'C':
		return 'c';
	case 'T':
		return 'n';
	default:
		return letter;
	}
}

/* Of what getopt_long() found, our letter. */
static int letter_of(const struct pingpong_kind *kind, int found)
{
	unsigned int i;

	for (i = 0; i < NUM_KNOWN; i++) {
		if (has_option(kind, known[i].letter) &&
		    typed(known[i].letter) == found)
			return known[i].letter;
	}
	return '?';
}

static int usage(const char *program, const struct pingpong_kind *kind)
{
	char left[40];
	unsigned int i;

	printf("Usage:\n"
	       "  %s            start a server and wait for connection\n"
	       "  %s <host>     connect to server at <host>\n"
	       "\n"
	       "Options:\n",
	       program, program);
	for (i = 0; i < NUM_KNOWN; i++) {
		if (!has_option(kind, known[i].letter))
			continue;
		snprintf(left, sizeof(left), "-%c, --%s%s%s%s",
			 typed(known[i].letter), known[i].name,
			 known[i].argument ? "=<" : "",
			 known[i].argument ? known[i].argument : "",
			 known[i].argument ? ">" : "");
		printf("  %-23s%s\n", left, known[i].help);
	}
	return -1;
}

/* For getopt_long(). */
static void list_options(const struct pingpong_kind *kind, char *letters,
			 struct option *longs)
{
	unsigned int i;

	for (i = 0; i < NUM_KNOWN; i++) {
		if (!has_option(kind, known[i].letter))
			continue;
		*letters++ = typed(known[i].letter);
		if (known[i].argument)
			*letters++ = ':';
		longs->name = known[i].name;
		longs->has_arg =
			known[i].argument ? required_argument : no_argument;
		longs->val = typed(known[i].letter);
		longs++;
	}
}

static bool is_mtu(unsigned int mtu)
{
	return mtu == 256 || mtu == 512 || mtu == 1024 || mtu == 2048 ||
	       mtu == 4096;
}

static int take_number(int letter, const char *arg,
		       struct pingpong_options *options)
{
	unsigned long number = strtoul(arg, NULL, 0);

	switch (letter) {
	case 'p':
		options->tcp_port = number;
		return number > 65535 ? -1 : 0;
	case 'i':
		options->ib_port = number;
		return options->ib_port < 1 ? -1 : 0;
	case 's':
		options->size = number;
		return 0;
	case 'm':
		options->mtu = number;
		return is_mtu(number) ? 0 : -1;
	case 'q':
	case 'C':
		options->num_qp = number;
		return 0;
	case 'r':
		options->rx_depth = number;
		return 0;
	case 'n':
	case 'T':
		options->iters = number;
		return 0;
	case 'l':
		options->sl = number;
		return 0;
	case 'g':
		options->gid_index = number;
		return 0;
	default:
		return -1;
	}
}

static int take_option(int letter, const char *arg,
		       struct pingpong_options *options)
{
	switch (letter) {
	case 'd':
		options->device = arg;
		return 0;
	case 'e':
		options->events = true;
		return 0;
	case 'c':
		options->check = true;
		return 0;
	case 'O':
		options->implicit_odp = true;
		/* fall through */
	case 'o':
		options->odp = true;
		return 0;
	case 'P':
		options->prefetch = true;
		return 0;
	case 't':
		options->timestamps = true;
		return 0;
	case 'j':
		options->device_memory = true;
		return 0;
	case 'N':
		options->new_send = true;
		return 0;
	case 'U':
		options->allow_unprotected = true;
		return 0;
	default:
		return arg ? take_number(letter, arg, options) : -1;
	}
}

static int check_memory(const struct pingpong_options *options)
{
	if (options->odp && options->device_memory)
		fprintf(stderr, "DM memory region can't be on demand\n");
	else if (options->prefetch && !options->odp)
		fprintf(stderr,
			"prefetch is valid only with on-demand memory region\n");
	else if (options->allow_unprotected && options->odp)
		fprintf(stderr,
			"CoCo unprotected memory cannot be used with ODP\n");
	else if (options->allow_unprotected && options->device_memory)
		fprintf(stderr,
			"CoCo unprotected memory cannot be used with device memory\n");
	else
		return 0;
	return -1;
}

static int check_numbers(const struct pingpong_options *options,
			 const struct pingpong_kind *kind)
{
	if (kind->srq && options->num_qp > options->rx_depth)
		fprintf(stderr,
			"rx_depth %d is too small for %d QPs -- must have at least one receive per QP.\n",
			options->rx_depth, options->num_qp);
	else if (kind->srq && options->num_qp > NUM_QP_LIMIT)
		fprintf(stderr, "num_qp %d must be less than %d\n",
			options->num_qp, NUM_QP_LIMIT);
	else
		return 0;
	return -1;
}

/* Each client has its own messages, and one of them under way. */
static int count_clients(struct pingpong_options *options)
{
	if (options->server)
		options->num_qp = 1;
	if (options->num_qp < 1 || options->iters < 0 ||
	    options->iters > INT_MAX / options->num_qp) {
		fprintf(stderr,
			"No server can have %d messages of %d clients\n",
			options->iters, options->num_qp);
		return -1;
	}
	options->iters_of_qp = options->iters;
	options->iters *= options->num_qp;
	options->rx_depth = 2 * options->num_qp;
	return 0;
}

int pingpong_parse(int argc, char **argv, const struct pingpong_kind *kind,
		   struct pingpong_options *options)
{
	char letters[2 * NUM_KNOWN + 1] = "";
	struct option longs[NUM_KNOWN + 1] = {};
	int letter;

	list_options(kind, letters, longs);
	while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (take_option(letter_of(kind, letter), optarg, options))
			return usage(argv[0], kind);
	}
	if (argc - optind > 1)
		return usage(argv[0], kind);
	options->server = argv[optind];
	if (check_memory(options) || check_numbers(options, kind))
		return -1;
	return kind->xrc ? count_clients(options) : 0;
}
