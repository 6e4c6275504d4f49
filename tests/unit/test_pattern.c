// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pattern.h"

#define LEN 4133 /* more than a page, and not whole words */

static const struct pattern first_turn = { .iteration = 0, .side = 0 };

static void test_fill_agrees_with_bytes(void **state)
{
	uint8_t data[LEN];
	size_t first, i;

	for (first = 0; first < 9; first++) {
		pattern_fill(data, first, LEN, &first_turn);
		for (i = 0; i < LEN; i++)
			assert_int_equal(data[i],
					 pattern_byte(&first_turn, first + i));
	}
}

static void test_check_accepts_what_fill_wrote(void **state)
{
	static const size_t lens[] = { 0, 1, 7, 8, 9, 63, 4096, LEN };
	struct pattern_mismatch wrong;
	uint8_t data[LEN];
	size_t first, i;

	for (first = 0; first < 9; first++) {
		for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
			pattern_fill(data, first, lens[i], &first_turn);
			assert_true(pattern_check(data, first, lens[i],
						  &first_turn, &wrong));
		}
	}
}

static void test_every_single_wrong_byte_is_found(void **state)
{
	struct pattern_mismatch wrong;
	uint8_t data[LEN];
	size_t i;

	pattern_fill(data, 5, LEN, &first_turn);
	for (i = 0; i < LEN; i++) {
		data[i] ^= 1;
		assert_false(pattern_check(data, 5, LEN, &first_turn, &wrong));
		assert_int_equal(wrong.position, 5 + i);
		assert_int_equal(wrong.got, data[i]);
		assert_int_equal(wrong.expected, data[i] ^ 1);
		data[i] ^= 1;
	}
}

static void test_first_of_several_is_told(void **state)
{
	struct pattern_mismatch wrong;
	uint8_t data[LEN];

	pattern_fill(data, 0, LEN, &first_turn);
	data[4000] ^= 0x80;
	data[77] ^= 0x80;
	data[78] ^= 0x80;
	assert_false(pattern_check(data, 0, LEN, &first_turn, &wrong));
	assert_int_equal(wrong.position, 77);
}

static void assert_differs_everywhere(const struct pattern *other)
{
	unsigned int equal = 0;
	uint8_t a[LEN], b[LEN];
	size_t i;

	pattern_fill(a, 0, LEN, &first_turn);
	pattern_fill(b, 0, LEN, other);
	for (i = 0; i < LEN; i++)
		equal += a[i] == b[i];
	/* By chance one in 256 is; a stride of equal bytes would be more. */
	assert_in_range(equal, 0, LEN / 64);
}

static void test_iterations_sides_and_canary_differ(void **state)
{
	assert_differs_everywhere(&(struct pattern){ .iteration = 1 });
	assert_differs_everywhere(&(struct pattern){ .side = 1 });
	assert_differs_everywhere(
		&(struct pattern){ .iteration = PATTERN_CANARY });
}

static void test_data_from_another_position_is_wrong(void **state)
{
	static const size_t shifts[] = { 1, 8, 16, 64, 4096, 65536 };
	struct pattern_mismatch wrong;
	uint8_t data[64];
	size_t i;

	for (i = 0; i < sizeof(shifts) / sizeof(*shifts); i++) {
		pattern_fill(data, shifts[i], sizeof(data), &first_turn);
		assert_false(pattern_check(data, 0, sizeof(data), &first_turn,
					   &wrong));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill_agrees_with_bytes),
		cmocka_unit_test(test_check_accepts_what_fill_wrote),
		cmocka_unit_test(test_every_single_wrong_byte_is_found),
		cmocka_unit_test(test_first_of_several_is_told),
		cmocka_unit_test(test_iterations_sides_and_canary_differ),
		cmocka_unit_test(test_data_from_another_position_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
