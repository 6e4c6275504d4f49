/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Regions without memory of the program, advice, device memory, imports. */
#include <stdlib.h>

#include "expect.h"

enum { OBJ_DM = 14 };

static const uint32_t test_lkey = 0x11223344, test_rkey = 0x55667788;

static struct ibv_context *context_with_ops(void)
{
	struct ibv_context *context = fake_context();

	to_vctx(context)->advise_mr = verbs_ops(context)->advise_mr;
	to_vctx(context)->alloc_null_mr = verbs_ops(context)->alloc_null_mr;
	to_vctx(context)->alloc_dm = verbs_ops(context)->alloc_dm;
	to_vctx(context)->free_dm = verbs_ops(context)->free_dm;
	to_vctx(context)->reg_dm_mr = verbs_ops(context)->reg_dm_mr;
	return context;
}

/* ------------------------------------------------------------------ advice */

static struct ibv_sge sges[2] = {
	{ .addr = 0x1111222233334444, .length = 0x55, .lkey = 0x66 },
	{ .addr = 0x7777888899990000, .length = 0xaa, .lkey = 0xbb },
};

static void test_advise_mr(void **state)
{
	static const unsigned char list[32] = {
		0x44, 0x44, 0x33, 0x33, 0x22, 0x22, 0x11, 0x11,
		0x55, 0,    0,	  0,	0x66, 0,    0,	  0,
		0,    0,    0x99, 0x99, 0x88, 0x88, 0x77, 0x77,
		0xaa, 0,    0,	  0,	0xbb, 0,    0,	  0,
	};
	struct ibv_pd *parent = pd();

	context_with_ops();
	assert_int_equal(ibv_advise_mr(parent,
				       IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
				       IBV_ADVISE_MR_FLAG_FLUSH, sges, 2),
			 0);
	expect_method(OBJ_MR, 2, 4);
	expect_inline(0, 0, 0, 0x51); /* PD */
	expect_inline(1, 1, 8, 1); /* advice */
	expect_inline(2, 2, 4, 1); /* flags */
	expect_payload(3, 3, list, sizeof(list));
}

/* The kernel has the method, so what is missing is the driver's op. */
static void test_advise_mr_without_the_drivers_op(void **state)
{
	fake_fail(EPROTONOSUPPORT);
	errno = 0;
	assert_int_equal(ibv_cmd_advise_mr(pd(), 0, 0, sges, 1), EOPNOTSUPP);
	assert_int_equal(errno, EOPNOTSUPP);
}

/* The length of an attribute is a 16-bit number. */
static void test_advise_mr_of_too_many_ranges(void **state)
{
	assert_int_equal(ibv_cmd_advise_mr(pd(), 0, 0, sges, 4096), EINVAL);
	assert_int_equal(fake.calls, 0);
}

/* ----------------------------------------------------------- null regions */

static void test_null_mr_is_unsupported_by_default(void **state)
{
	struct ibv_pd *parent = pd();

	context_with_ops();
	errno = 0;
	assert_null(ibv_alloc_null_mr(parent));
	assert_int_equal(errno, EOPNOTSUPP);
}

static void test_null_mr_is_not_the_kernels(void **state)
{
	struct ibv_mr *mr = verbs_new_null_mr(pd(), 0x77);

	assert_non_null(mr);
	assert_int_equal(mr->lkey, 0x77);
	assert_ptr_equal(mr->pd, pd());
	assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(fake.calls, 0);
}

/* ---------------------------------------------------------- device memory */

static void test_alloc_dm(void **state)
{
	struct ibv_alloc_dm_attr attr = { .length = 0x1122334455,
					  .log_align_req = 6 };
	struct ibv_dm dm = {};
	struct verbs_attrs attrs;
	uint64_t drivers;

	attrs_init(&attrs, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC);
	attr_out(&attrs, 0x1000, &drivers, sizeof(drivers));
	fake_answer_handle(0, 0x31);
	assert_int_equal(ibv_cmd_alloc_dm(fake_context(), &attr, &dm, &attrs),
			 0);
	expect_method(OBJ_DM, 0, 4);
	expect_pointer(0, 0x1000, 8);
	expect_inline(1, 0, 0, 0);
	expect_inline(2, 1, 8, 0x1122334455);
	expect_inline(3, 2, 4, 6);
	assert_int_equal(dm.handle, 0x31);
	assert_int_equal(dm.comp_mask, IBV_DM_MASK_HANDLE);
	fake_reset();
	assert_int_equal(ibv_cmd_free_dm(&dm), 0);
	expect_method(OBJ_DM, 1, 1);
	expect_inline(0, 0, 0, 0x31);
}

static void test_reg_dm_mr(void **state)
{
	struct ibv_pd *parent = pd();
	struct ibv_dm dm = { .context = context_with_ops(), .handle = 0x31 };
	struct ibv_mr *mr;

	fake_answer_handle(0, 0xabc);
	fake_answer_bytes(6, &test_lkey, 4);
	fake_answer_bytes(7, &test_rkey, 4);
	mr = ibv_reg_dm_mr(parent, &dm, 0x40, 0x1000,
			   IBV_ACCESS_ZERO_BASED | IBV_ACCESS_LOCAL_WRITE);
	assert_non_null(mr);
	expect_method(OBJ_MR, 0, 8);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 1, 8, 0x40);
	expect_inline(2, 2, 8, 0x1000);
	expect_inline(3, 3, 0, 0x51); /* PD */
	expect_inline(4, 4, 4, 0x21); /* access */
	expect_inline(5, 5, 0, 0x31); /* device memory */
	expect_pointer(6, 6, 4);
	expect_pointer(7, 7, 4);
	assert_int_equal(mr->handle, 0xabc);
	assert_int_equal(mr->lkey, test_lkey);
	assert_int_equal(mr->rkey, test_rkey);
	assert_int_equal(mr->length, 0x1000);
	assert_null(mr->addr);
	fake_reset();
	assert_int_equal(ibv_dereg_mr(mr), 0);
	expect_method(OBJ_MR, 1, 1);
}

static void test_device_memory_is_unsupported_by_default(void **state)
{
	struct ibv_alloc_dm_attr attr = { .length = 4096 };
	struct ibv_dm dm = { .context = context_with_ops() };

	errno = 0;
	assert_null(ibv_alloc_dm(dm.context, &attr));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(ibv_free_dm(&dm), EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

/* ----------------------------------------------------------------- imports */

/* The first of two methods: a failure keeps it the last one sent. */
static void test_query_context(void **state)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT);
	fake_fail(EINVAL);
	assert_int_equal(ibv_cmd_query_context(to_vctx(fake_context()), &attrs),
			 EINVAL);
	expect_method(OBJ_DEVICE, 4, 2);
	expect_pointer(0, 0, 4);
	expect_pointer(1, 1, 8);
}

static void test_query_context_opens_an_event_file(void **state)
{
	struct ibv_context *context = fake_context();
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT);
	/* The first method gets this too, as an output it never reads. */
	fake_answer_handle(0, 99);
	assert_int_equal(ibv_cmd_query_context(to_vctx(context), &attrs), 0);
	assert_int_equal(fake.calls, 2);
	assert_int_equal(fake.hdr.object_id, OBJ_ASYNC_EVENT);
	assert_int_equal(context->async_fd, 99);
}

static void test_import_mr(void **state)
{
	const uint64_t length = 0x1234567890, iova = 0xf000;
	struct ibv_mr *mr;

	fake_answer_bytes(1, &test_lkey, 4);
	fake_answer_bytes(2, &test_rkey, 4);
	fake_answer_bytes(3, &length, 8);
	fake_answer_bytes(4, &iova, 8);
	mr = verbs_import_mr(pd(), 0xabc);
	assert_non_null(mr);
	expect_method(OBJ_MR, 3, 5);
	expect_inline(0, 0, 0, 0xabc);
	expect_pointer(1, 1, 4);
	expect_pointer(2, 2, 4);
	expect_pointer(3, 3, 8);
	expect_pointer(4, 4, 8);
	assert_int_equal(mr->handle, 0xabc);
	assert_int_equal(mr->lkey, test_lkey);
	assert_int_equal(mr->rkey, test_rkey);
	assert_int_equal(mr->length, length);
	assert_null(mr->addr); /* of another process */
	assert_ptr_equal(mr->pd, pd());
	fake_reset();
	ibv_unimport_mr(mr);
	assert_int_equal(fake.calls, 0);
}

static void test_import_of_an_unknown_mr(void **state)
{
	fake_fail(ENOENT);
	errno = 0;
	assert_null(verbs_import_mr(pd(), 0xabc));
	assert_int_equal(errno, ENOENT);
}

static void test_imports_are_unsupported_by_default(void **state)
{
	struct ibv_context *context = fake_context();

	errno = 0;
	assert_null(ibv_import_pd(context, 1));
	assert_int_equal(errno, EOPNOTSUPP);
	errno = 0;
	assert_null(ibv_import_mr(pd(), 1));
	assert_int_equal(errno, EOPNOTSUPP);
	errno = 0;
	assert_null(ibv_import_dm(context, 1));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

static void test_ece_is_unsupported_by_default(void **state)
{
	struct ibv_qp qp = { .context = fake_context() };
	struct ibv_ece ece = {};

	assert_int_equal(ibv_query_ece(&qp, &ece), EOPNOTSUPP);
	assert_int_equal(ibv_set_ece(&qp, &ece), EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_advise_mr, setup),
		cmocka_unit_test_setup(test_advise_mr_without_the_drivers_op,
				       setup),
		cmocka_unit_test_setup(test_advise_mr_of_too_many_ranges,
				       setup),
		cmocka_unit_test_setup(test_null_mr_is_unsupported_by_default,
				       setup),
		cmocka_unit_test_setup(test_null_mr_is_not_the_kernels, setup),
		cmocka_unit_test_setup(test_alloc_dm, setup),
		cmocka_unit_test_setup(test_reg_dm_mr, setup),
		cmocka_unit_test_setup(
			test_device_memory_is_unsupported_by_default, setup),
		cmocka_unit_test_setup(test_query_context, setup),
		cmocka_unit_test_setup(test_query_context_opens_an_event_file,
				       setup),
		cmocka_unit_test_setup(test_import_mr, setup),
		cmocka_unit_test_setup(test_import_of_an_unknown_mr, setup),
		cmocka_unit_test_setup(test_imports_are_unsupported_by_default,
				       setup),
		cmocka_unit_test_setup(test_ece_is_unsupported_by_default,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
