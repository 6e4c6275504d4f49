// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* The ping-pong's checks must find what they are there to find. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pp.h"

#define BUF_SIZE (5 * 4096)
#define OFFSET 0x1811
#define SIZE 5000
#define ITERATION 7

/* The dma-buf is plain memory here, and these take its exporter's place. */
static struct softhca_testbuf_guards fake_guards;
static struct softhca_testbuf_stats fake_stats;

int dmabuf_begin_cpu(struct dmabuf_buf *buf, enum dmabuf_access access)
{
	return 0;
}

int dmabuf_end_cpu(struct dmabuf_buf *buf, enum dmabuf_access access)
{
	return 0;
}

int dmabuf_check_guards(struct dmabuf_buf *buf,
			struct softhca_testbuf_guards *guards)
{
	*guards = fake_guards;
	return 0;
}

int dmabuf_get_stats(struct dmabuf_buf *buf,
		     struct softhca_testbuf_stats *stats)
{
	*stats = fake_stats;
	return 0;
}

int pp_fail(struct pp_result *result, enum pp_status status, int code,
	    const char *format, ...)
{
	result->status = status;
	result->error.code = code;
	return -1;
}

static uint8_t memory[BUF_SIZE];
static struct dmabuf_buf buf = { .size = BUF_SIZE, .map = memory };
static struct pp_end end = { .buf = &buf, .size = SIZE, .offset = OFFSET };

/* Side 0's buffer as it is when a turn of side 1 has arrived. */
static int set_up(void **state)
{
	static const struct pattern turn = { ITERATION, 1 };
	struct pp_result result = { 0 };

	memset(memory, 0, sizeof(memory));
	buf.testbuf_fd = -1;
	memset(&fake_guards, 0, sizeof(fake_guards));
	memset(&fake_stats, 0, sizeof(fake_stats));
	assert_int_equal(pp_fill_canaries(&end, &result), 0);
	pattern_fill(memory + OFFSET, 0, SIZE, &turn);
	return 0;
}

static void assert_found(size_t position, const char *where)
{
	struct pp_result result = { 0 };

	memory[position] ^= 0x10;
	assert_int_equal(pp_check_turn(&end, ITERATION, &result), -1);
	assert_int_equal(result.status, PP_WRONG_DATA);
	assert_string_equal(result.where, where);
	assert_int_equal(result.position, position);
	assert_int_equal(result.iteration, ITERATION);
	assert_int_equal(result.got, memory[position]);
	assert_int_equal(result.expected, memory[position] ^ 0x10);
	memory[position] ^= 0x10;
}

static void test_right_data_passes_and_is_counted(void **state)
{
	struct pp_result result = { 0 };

	assert_int_equal(pp_check_turn(&end, ITERATION, &result), 0);
	assert_int_equal(result.checked, BUF_SIZE);
}

static void test_wrong_byte_in_the_region(void **state)
{
	assert_found(OFFSET, "region");
	assert_found(OFFSET + 2000, "region");
	assert_found(OFFSET + SIZE - 1, "region");
}

static void test_wrong_byte_in_a_canary(void **state)
{
	assert_found(0, "canary before the region");
	assert_found(OFFSET - 1, "canary before the region");
	assert_found(OFFSET + SIZE, "canary behind the region");
	assert_found(BUF_SIZE - 1, "canary behind the region");
}

static void test_old_turn_is_wrong(void **state)
{
	struct pp_result result = { 0 };

	assert_int_equal(pp_check_turn(&end, ITERATION + 1, &result), -1);
	assert_int_equal(result.status, PP_WRONG_DATA);
}

static void test_own_turn_is_wrong(void **state)
{
	struct pp_result result = { 0 };

	assert_int_equal(pp_fill_turn(&end, ITERATION, &result), 0);
	assert_int_equal(pp_check_turn(&end, ITERATION, &result), -1);
	assert_string_equal(result.where, "region");
}

static void test_filling_leaves_canaries_alone(void **state)
{
	uint8_t before[BUF_SIZE];
	struct pp_result result = { 0 };

	memcpy(before, memory, BUF_SIZE);
	assert_int_equal(pp_fill_turn(&end, ITERATION, &result), 0);
	assert_memory_equal(before, memory, OFFSET);
	assert_memory_equal(before + OFFSET + SIZE, memory + OFFSET + SIZE,
			    BUF_SIZE - OFFSET - SIZE);
}

static void test_exporter_without_a_say_passes(void **state)
{
	struct pp_result result = { 0 };

	fake_guards.bad_bytes = 1;
	assert_int_equal(pp_check_exporter(&end, &result), 0);
}

static void assert_exporter_fails(enum pp_status status)
{
	struct pp_result result = { 0 };

	assert_int_equal(pp_check_exporter(&end, &result), -1);
	assert_int_equal(result.status, status);
}

static void test_broken_guard_is_wrong_data(void **state)
{
	buf.testbuf_fd = 0;
	fake_guards.bad_bytes = 3;
	assert_exporter_fails(PP_WRONG_DATA);
}

static void test_guard_broken_before_a_move_is_wrong_data(void **state)
{
	buf.testbuf_fd = 0;
	fake_stats.guard_bad_bytes = 1;
	assert_exporter_fails(PP_WRONG_DATA);
}

static void test_mapping_kept_over_a_move_fails(void **state)
{
	struct pp_result result = { 0 };

	buf.testbuf_fd = 0;
	assert_int_equal(pp_check_exporter(&end, &result), 0);
	fake_stats.violations = 1;
	assert_exporter_fails(PP_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_right_data_passes_and_is_counted,
				       set_up),
		cmocka_unit_test_setup(test_wrong_byte_in_the_region, set_up),
		cmocka_unit_test_setup(test_wrong_byte_in_a_canary, set_up),
		cmocka_unit_test_setup(test_old_turn_is_wrong, set_up),
		cmocka_unit_test_setup(test_own_turn_is_wrong, set_up),
		cmocka_unit_test_setup(test_filling_leaves_canaries_alone,
				       set_up),
		cmocka_unit_test_setup(test_exporter_without_a_say_passes,
				       set_up),
		cmocka_unit_test_setup(test_broken_guard_is_wrong_data, set_up),
		cmocka_unit_test_setup(
			test_guard_broken_before_a_move_is_wrong_data, set_up),
		cmocka_unit_test_setup(test_mapping_kept_over_a_move_fails,
				       set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
