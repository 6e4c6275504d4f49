/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: the command that makes a key of parts, byte for byte. */
#include <errno.h>

#include "mlx5_dv.h"

enum { DEVX_OBJ = 0x1001, COMMAND_LEN = 272, ANSWER_LEN = 16 };

static struct ibv_pd *some_pd(void)
{
	static struct mlx5_pd mpd;

	mpd.pd.context = &dv_context()->vctx.context;
	mpd.pdn = 0x123456;
	return &mpd.pd;
}

static struct mlx5dv_mkey *create(uint32_t flags, uint16_t max_entries,
				  uint16_t granted)
{
	static const uint8_t answer[ANSWER_LEN] = { [9] = 0xab, 0xcd, 0xef };
	struct mlx5dv_mkey_init_attr attr = {
		.pd = some_pd(),
		.create_flags = flags,
		.max_entries = max_entries,
	};
	struct mlx5dv_mkey *mkey;

	fake_answer_handle(0x1000, 0x77);
	fake_answer_bytes(0x1002, answer, sizeof(answer));
	mkey = mlx5dv_create_mkey(&attr);
	assert_non_null(mkey);
	assert_int_equal(mkey->lkey, 0xabcdef00);
	assert_int_equal(mkey->rkey, 0xabcdef00);
	assert_int_equal(attr.max_entries, granted);
	return mkey;
}

static void destroy(struct mlx5dv_mkey *mkey)
{
	fake_reset();
	assert_int_equal(mlx5dv_destroy_mkey(mkey), 0);
	expect_method(DEVX_OBJ, 0x1001, 1);
	expect_inline(0, 0x1000, 0, 0x77);
}

static void expect_command(const uint8_t *command)
{
	expect_method(DEVX_OBJ, 0x1000, 3);
	expect_inline(0, 0x1000, 0, 0);
	expect_payload(1, 0x1001, command, COMMAND_LEN);
	expect_pointer(2, 0x1002, ANSWER_LEN);
}

static void test_key(void **state)
{
	static const uint8_t command[COMMAND_LEN] = {
		[0] = 0x02,  [16] = 0x40, /* free */
		[18] = 0x86, /* by requests, of local memory, parts */
		[20] = 0xff, 0xff,	  0xff, /* any QP */
		[29] = 0x12, 0x34,	  0x56, /* the PD */
		[71] = 8, /* parts */
	};
	struct mlx5dv_mkey *mkey =
		create(MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT, 5, 8);

	expect_command(command);
	destroy(mkey);
}

static void test_key_that_peers_may_take_back(void **state)
{
	static const uint8_t command[COMMAND_LEN] = {
		[0] = 0x02,  [16] = 0x40, [18] = 0x86, [20] = 0xff,
		[21] = 0xff, [22] = 0xff, [28] = 0x01, [29] = 0x12,
		[30] = 0x34, [31] = 0x56, [70] = 0xff, [71] = 0xfc,
	};
	struct mlx5dv_mkey *mkey =
		create(MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT |
			       MLX5DV_MKEY_INIT_ATTR_FLAGS_REMOTE_INVALIDATE,
		       65532, 65532);

	expect_command(command);
	destroy(mkey);
}

static void refuse(int err, struct ibv_pd *of, uint32_t flags,
		   uint16_t max_entries)
{
	struct mlx5dv_mkey_init_attr attr = { of, flags, max_entries };

	assert_no_object(err, mlx5dv_create_mkey(&attr));
	assert_int_equal(fake.calls, 0);
	assert_int_equal(attr.max_entries, max_entries);
}

static void test_key_that_cannot_be(void **state)
{
	struct ibv_pd others = { .context = others_context() };
	const uint32_t indirect = MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT;

	refuse(EOPNOTSUPP, &others, indirect, 4);
	refuse(EOPNOTSUPP, some_pd(), 0, 4);
	refuse(EOPNOTSUPP, some_pd(),
	       indirect | MLX5DV_MKEY_INIT_ATTR_FLAGS_BLOCK_SIGNATURE, 4);
	refuse(EOPNOTSUPP, some_pd(),
	       indirect | MLX5DV_MKEY_INIT_ATTR_FLAGS_CRYPTO, 4);
	refuse(EOPNOTSUPP, some_pd(),
	       indirect | MLX5DV_MKEY_INIT_ATTR_FLAGS_UPDATE_TAG, 4);
	refuse(EINVAL, some_pd(), indirect, 65533);
}

static void test_key_that_is_not_made(void **state)
{
	struct mlx5dv_mkey_init_attr attr = {
		some_pd(), MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT, 4
	};

	fake_fail(EREMOTEIO);
	assert_no_object(EREMOTEIO, mlx5dv_create_mkey(&attr));
}

static void test_key_that_stays(void **state)
{
	struct mlx5dv_mkey *mkey =
		create(MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT, 4, 4);

	fake_fail(EBUSY);
	assert_status(EBUSY, mlx5dv_destroy_mkey(mkey));
	fake_fail(0);
	assert_int_equal(mlx5dv_destroy_mkey(mkey), 0);
}

static void test_nothing_to_check(void **state)
{
	struct mlx5dv_mkey *mkey =
		create(MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT, 4, 4);
	struct mlx5dv_mkey_err err;

	assert_status(EINVAL, mlx5dv_mkey_check(mkey, &err));
	destroy(mkey);
}

#define test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_key),
		test(test_key_that_peers_may_take_back),
		test(test_key_that_cannot_be),
		test(test_key_that_is_not_made),
		test(test_key_that_stays),
		test(test_nothing_to_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
