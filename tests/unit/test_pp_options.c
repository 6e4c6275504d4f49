// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pp.h"

/* getopt keeps pointers into the words, and so do the options. */
static char words[512];

static int parse(const char *line, struct pp_options *options)
{
	char *argv[24] = { "ibv_dmabuf_pingpong" };
	char *rest;
	int argc = 1;

	snprintf(words, sizeof(words), "%s", line);
	for (argv[argc] = strtok_r(words, " ", &rest); argv[argc];
	     argv[argc] = strtok_r(NULL, " ", &rest))
		argc++;
	optind = 0;
	opterr = 0;
	return pp_parse_options(argc, argv, options);
}

static void assert_refused(const char *line)
{
	struct pp_options options;

	if (!parse(line, &options))
		fail_msg("'%s' was taken", line);
}

static void test_defaults(void **state)
{
	struct pp_options options;

	assert_int_equal(parse("", &options), 0);
	assert_null(options.device);
	assert_null(options.server);
	assert_string_equal(options.exporter, "heap:system");
	assert_int_equal(options.op, PP_WRITE);
	assert_int_equal(options.gid_index, -1);
	assert_int_equal(options.ib_port, 1);
	assert_false(options.iova_given);
}

static void test_everything_given(void **state)
{
	struct pp_options options;

	assert_int_equal(
		parse("-d mlx5_1 -i 2 -g 0 -p 4000 -s 100001 -n 5 --exporter udmabuf --offset 0x1810 --iova 0x7f0000000810 --op read --json host",
		      &options),
		0);
	assert_string_equal(options.device, "mlx5_1");
	assert_int_equal(options.ib_port, 2);
	assert_int_equal(options.gid_index, 0);
	assert_int_equal(options.tcp_port, 4000);
	assert_int_equal(options.size, 100001);
	assert_int_equal(options.iterations, 5);
	assert_string_equal(options.exporter, "udmabuf");
	assert_int_equal(options.offset, 0x1810);
	assert_true(options.iova_given);
	assert_int_equal(options.iova, 0x7f0000000810);
	assert_int_equal(options.op, PP_READ);
	assert_true(options.json);
	assert_string_equal(options.server, "host");
}

static void test_moves_in_loopback(void **state)
{
	struct pp_options options;

	assert_int_equal(
		parse("--loopback --exporter testbuf:dynamic --moves 9",
		      &options),
		0);
	assert_true(options.loopback);
	assert_int_equal(options.moves, 9);
	assert_refused("--moves 9");
}

static void test_numbers_that_do_not_fit(void **state)
{
	assert_refused("-s 0");
	assert_refused("-s -1");
	assert_refused("-s 12k");
	assert_refused("-n 0");
	assert_refused("-n 4294967296");
	assert_refused("-p 65536");
	assert_refused("-g -1");
	assert_refused("--offset");
	assert_refused("--iova 0x");
}

static void test_words_that_mean_nothing(void **state)
{
	assert_refused("--op atomic");
	assert_refused("--exporter nosuch");
	assert_refused("--exporter heap:../zero");
	assert_refused("--nosuch");
	assert_refused("one two");
}

static void test_what_excludes_each_other(void **state)
{
	assert_refused("--loopback host");
	assert_refused("--loopback --exporter fd:5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything_given),
		cmocka_unit_test(test_moves_in_loopback),
		cmocka_unit_test(test_numbers_that_do_not_fit),
		cmocka_unit_test(test_words_that_mean_nothing),
		cmocka_unit_test(test_what_excludes_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
