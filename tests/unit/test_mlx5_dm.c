/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Device memory: where it is mapped, and which bytes the CPU reaches. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "mlx5_dv.h"

enum {
	OBJ_DM = 14,
	DM_ALLOC = 0,
	DM_FREE = 1,
	DM_QUERY = 0x1001,
	OBJ_DMABUF = 18,
};

/* What the device has, three pages; a DM begins 64 bytes into the first. */
static _Alignas(4096) unsigned char memory[3 * 4096];
static const uint64_t start = 64;

static void answer_place(uint16_t start_attr, uint16_t index_attr)
{
	const uint16_t index = 0x1234;

	fake_answer_bytes(start_attr, &start, sizeof(start));
	fake_answer_bytes(index_attr, &index, sizeof(index));
	mmap_answer = memory;
}

static struct ibv_dm *alloc_dm(void)
{
	struct ibv_alloc_dm_attr attr = { .length = 0x1000,
					  .log_align_req = 6 };
	struct ibv_dm *dm;

	answer_place(0x1000, 0x1001);
	fake_answer_handle(0, 0x31);
	dm = mlx5_alloc_dm(&dv_context()->vctx.context, &attr);
	assert_non_null(dm);
	return dm;
}

static void test_place_is_told(void **state)
{
	struct mlx5dv_dm place = { .comp_mask = MLX5DV_DM_MASK_REMOTE_VA };
	struct ibv_dm *dm = alloc_dm();
	struct mlx5dv_obj obj = { .dm = { .in = dm, .out = &place } };

	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_DM), 0);
	assert_ptr_equal(place.buf, memory + start);
	assert_int_equal(place.length, 0x1000);
	assert_int_equal(place.comp_mask, 0);
	assert_int_equal(mlx5_free_dm(dm), 0);
}

static void test_alloc_and_free(void **state)
{
	struct ibv_dm *dm = alloc_dm();

	expect_method(OBJ_DM, DM_ALLOC, 5);
	expect_pointer(0, 0x1000, 8); /* where in the page */
	expect_pointer(1, 0x1001, 2); /* index */
	expect_inline(2, 0, 0, 0);
	expect_inline(3, 1, 8, 0x1000);
	expect_inline(4, 2, 4, 6);
	assert_int_equal(dm->handle, 0x31);
	/* The index on both sides of the command. */
	assert_int_equal(mmap_offset, 0x120834ull * 4096);
	fake_reset();
	assert_int_equal(mlx5_free_dm(dm), 0);
	expect_method(OBJ_DM, DM_FREE, 1);
	expect_inline(0, 0, 0, 0x31);
	assert_null(mmap_answer); /* unmapped */
}

static void test_copies_begin_at_its_start(void **state)
{
	struct ibv_dm *dm = alloc_dm();
	unsigned char back[8] = "";

	memset(memory, 0xee, sizeof(memory));
	assert_int_equal(ibv_memcpy_to_dm(dm, 0x10, "12345678", 8), 0);
	assert_memory_equal(memory + 64 + 0x10, "12345678", 8);
	assert_int_equal(memory[64 + 0xf], 0xee);
	assert_int_equal(memory[64 + 0x18], 0xee);
	assert_int_equal(ibv_memcpy_from_dm(back, dm, 0x10, 8), 0);
	assert_memory_equal(back, "12345678", 8);
	assert_int_equal(mlx5_free_dm(dm), 0);
}

/* The program's side may be anywhere. */
static void test_copies_of_unaligned_memory(void **state)
{
	struct ibv_dm *dm = alloc_dm();
	unsigned char area[16] = "x12345678";

	assert_int_equal(ibv_memcpy_to_dm(dm, 0, area + 1, 8), 0);
	assert_int_equal(ibv_memcpy_from_dm(area + 3, dm, 0, 8), 0);
	assert_memory_equal(area, "x1212345678", 11);
	assert_int_equal(mlx5_free_dm(dm), 0);
}

static void test_copies_past_the_end(void **state)
{
	struct ibv_dm *dm = alloc_dm();
	char bytes[8] = "";

	assert_int_equal(ibv_memcpy_to_dm(dm, 0xff8, bytes, 8), 0);
	assert_status(EFAULT, ibv_memcpy_to_dm(dm, 0xffc, bytes, 8));
	assert_status(EFAULT, ibv_memcpy_from_dm(bytes, dm, 0xffc, 8));
	assert_status(EFAULT, ibv_memcpy_to_dm(dm, UINT64_MAX - 3, bytes, 8));
	assert_int_equal(mlx5_free_dm(dm), 0);
}

static void test_copies_are_of_words(void **state)
{
	struct ibv_dm *dm = alloc_dm();
	char bytes[8] = "";

	assert_status(EINVAL, ibv_memcpy_to_dm(dm, 2, bytes, 4));
	assert_status(EINVAL, ibv_memcpy_from_dm(bytes, dm, 0, 6));
	assert_int_equal(mlx5_free_dm(dm), 0);
}

static void test_unknown_attributes(void **state)
{
	struct ibv_alloc_dm_attr attr = { .length = 4096, .comp_mask = 1 };

	assert_no_object(EINVAL,
			 mlx5_alloc_dm(&dv_context()->vctx.context, &attr));
	assert_int_equal(fake.calls, 0);
}

static void test_no_mapping_frees_it(void **state)
{
	struct ibv_alloc_dm_attr attr = { .length = 4096 };

	mmap_answer = NULL;
	assert_no_object(ENODEV,
			 mlx5_alloc_dm(&dv_context()->vctx.context, &attr));
	assert_int_equal(fake.calls, 2);
	assert_int_equal(fake.hdr.object_id, OBJ_DM);
	assert_int_equal(fake.hdr.method_id, DM_FREE);
}

static void test_busy_memory_stays(void **state)
{
	struct ibv_dm *dm = alloc_dm();

	fake_fail(EBUSY);
	assert_status(EBUSY, mlx5_free_dm(dm));
	assert_int_equal(ibv_memcpy_to_dm(dm, 0, "1234", 4), 0);
	fake_fail(0);
	assert_int_equal(mlx5_free_dm(dm), 0);
}

static void test_import(void **state)
{
	struct ibv_context *context = &dv_context()->vctx.context;
	const uint64_t len = 0x800;
	struct ibv_dm *dm;

	answer_place(0x1001, 0x1002);
	fake_answer_bytes(0x1003, &len, sizeof(len));
	dm = mlx5_import_dm(context, 0x31);
	assert_non_null(dm);
	expect_method(OBJ_DM, DM_QUERY, 4);
	expect_inline(0, 0x1000, 0, 0x31);
	expect_pointer(1, 0x1001, 8);
	expect_pointer(2, 0x1002, 2);
	expect_pointer(3, 0x1003, 8);
	assert_int_equal(dm->handle, 0x31);
	assert_status(EFAULT, ibv_memcpy_to_dm(dm, 0x800, "1234", 4));
	fake_reset();
	mlx5_unimport_dm(dm);
	assert_int_equal(fake.calls, 0); /* it is another's */
	assert_null(mmap_answer);
}

static void test_import_of_an_unknown_handle(void **state)
{
	fake_fail(ENOENT);
	assert_no_object(ENOENT,
			 mlx5_import_dm(&dv_context()->vctx.context, 0x31));
}

static void test_export(void **state)
{
	struct ibv_dm *dm = alloc_dm();

	fake_reset();
	fake_answer_handle(0, 9);
	assert_int_equal(mlx5_dm_export_dmabuf_fd(dm), 9);
	expect_method(OBJ_DMABUF, 0, 2);
	expect_inline(1, 1, 8, 0x120834ull * 4096);
	assert_int_equal(mlx5_free_dm(dm), 0);
}

static void test_export_without_the_kernels_method(void **state)
{
	struct ibv_dm *dm = alloc_dm();

	fake_fail(EPROTONOSUPPORT);
	errno = 0;
	assert_int_equal(mlx5_dm_export_dmabuf_fd(dm), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	fake_fail(0);
	assert_int_equal(mlx5_free_dm(dm), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_alloc_and_free, setup),
		cmocka_unit_test_setup(test_place_is_told, setup),
		cmocka_unit_test_setup(test_copies_begin_at_its_start, setup),
		cmocka_unit_test_setup(test_copies_of_unaligned_memory, setup),
		cmocka_unit_test_setup(test_copies_past_the_end, setup),
		cmocka_unit_test_setup(test_copies_are_of_words, setup),
		cmocka_unit_test_setup(test_unknown_attributes, setup),
		cmocka_unit_test_setup(test_no_mapping_frees_it, setup),
		cmocka_unit_test_setup(test_busy_memory_stays, setup),
		cmocka_unit_test_setup(test_import, setup),
		cmocka_unit_test_setup(test_import_of_an_unknown_handle, setup),
		cmocka_unit_test_setup(test_export, setup),
		cmocka_unit_test_setup(test_export_without_the_kernels_method,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
