// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * RC traffic in and out of dma-bufs while their exporter moves them all the
 * time. Every round of every connection is checked.
 *   motion [-r MOVES] [-x EXPORTER] [-c] [-e] DEVICE PAIRS ROUNDS
 *     -r  revokes one of the buffers after so many moves
 *     -x  what makes the buffers (testbuf:dynamic)
 *     -c  closes the buffers' descriptors before the traffic
 *     -e  a connection may end with an error; the others go on
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "motion.h"

_Noreturn void motion_die(const char *what)
{
	printf("motion: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct motion_options read_options(int argc, char **argv)
{
	struct motion_options options = { .exporter = "testbuf:dynamic" };
	int opt;

	while ((opt = getopt(argc, argv, "r:x:ce")) != -1) {
		if (opt == 'r')
			options.revoke_after = strtoul(optarg, NULL, 0);
		else if (opt == 'x')
			options.exporter = optarg;
		else if (opt == 'c')
			options.close_early = true;
		else if (opt == 'e')
			options.may_fail = true;
		else
			exit(2);
	}
	if (argc - optind == 3) {
		options.device = argv[optind];
		options.pairs = strtoul(argv[optind + 1], NULL, 0);
		options.rounds = strtoul(argv[optind + 2], NULL, 0);
	}
	if (!options.pairs || options.pairs > MAX_PAIRS || !options.rounds) {
		fprintf(stderr, "usage: motion [-r MOVES] [-x EXPORTER] [-c] "
				"[-e] DEVICE PAIRS ROUNDS\n");
		exit(2);
	}
	options.may_fail |= options.revoke_after != 0;
	return options;
}

static void make_buffers(const struct motion_options *options,
			 struct dmabuf_buf *bufs[NUM_BUFS])
{
	struct dmabuf_error err;
	int i;

	for (i = 0; i < NUM_BUFS; i++) {
		bufs[i] = dmabuf_alloc(options->exporter, options->pairs * SLOT,
				       &err);
		if (!bufs[i])
			motion_die(err.text);
	}
}

static void free_buffers(struct dmabuf_buf *bufs[NUM_BUFS])
{
	int i;

	for (i = 0; i < NUM_BUFS; i++) {
		dmabuf_free(bufs[i]);
		bufs[i] = NULL;
	}
}

static int judge(const struct traffic_report *traffic,
		 const struct mover_report *mover)
{
	printf("rounds %llu failed %u moves %llu violations %llu guards %llu "
	       "mapped %u\n",
	       (unsigned long long)traffic->rounds, traffic->failed,
	       (unsigned long long)mover->moves,
	       (unsigned long long)mover->violations,
	       (unsigned long long)mover->guard_bad_bytes, mover->mapped);
	return mover->violations || mover->guard_bad_bytes || mover->mapped;
}

int main(int argc, char **argv)
{
	struct motion_options options = read_options(argc, argv);
	struct dmabuf_buf *bufs[NUM_BUFS];
	struct traffic_report traffic;
	struct mover_report report;
	struct mover mover;

	setvbuf(stdout, NULL, _IOLBF, 0);
	make_buffers(&options, bufs);
	mover_start(&mover, bufs, options.revoke_after);
	traffic_set_up(&options, bufs);
	if (options.close_early)
		free_buffers(bufs);
	traffic_run(1);
	mover_begin(&mover);
	printf("running\n");
	traffic = traffic_run(options.rounds - 1);
	report = mover_stop(&mover);
	traffic_tear_down();
	if (!options.close_early)
		free_buffers(bufs);
	return judge(&traffic, &report);
}
