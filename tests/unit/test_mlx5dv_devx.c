/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* DEVX: commands, objects, memory and registers, byte for byte. */
#include <errno.h>
#include <stdlib.h>

#include "mlx5_dv.h"

/* The kernel's numbers (mlx5_user_ioctl_cmds.h). */
enum { DEVX = 0x1000, DEVX_OBJ = 0x1001, DEVX_UMEM = 0x1002, UAR = 0x1008 };

static const uint8_t command[24] = { 1, 0, 0, 0, 0, 0, 0, 2, [23] = 9 };
static uint8_t response[20];

static struct ibv_context *context(void)
{
	return &dv_context()->vctx.context;
}

static void expect_command(int n, int in_id)
{
	expect_payload(n, in_id, command, sizeof(command));
	expect_pointer(n + 1, in_id + 1, sizeof(response));
}

#define COMMAND command, sizeof(command), response, sizeof(response)

static void test_general_command(void **state)
{
	assert_int_equal(mlx5dv_devx_general_cmd(context(), COMMAND), 0);
	expect_method(DEVX, 0x1000, 2);
	expect_command(0, 0x1000);
}

/* The response says what was wrong, so it has to be there after this errno. */
static void test_device_refuses_a_command(void **state)
{
	fake_fail(EREMOTEIO);
	assert_status(EREMOTEIO, mlx5dv_devx_general_cmd(context(), COMMAND));
}

static void test_command_that_no_device_takes(void **state)
{
	uint8_t *large = calloc(1, 65536);

	assert_status(EINVAL, mlx5dv_devx_general_cmd(context(), large, 65536,
						      response, 16));
	assert_status(EINVAL, mlx5dv_devx_general_cmd(context(), command, 16,
						      large, 65536));
	assert_int_equal(fake.calls, 0);
	free(large);
}

static void test_event_queue_of_a_vector(void **state)
{
	uint32_t eqn, answer = 0x17;

	fake_answer_bytes(0x1001, &answer, sizeof(answer));
	assert_int_equal(mlx5dv_devx_query_eqn(context(), 3, &eqn), 0);
	expect_method(DEVX, 0x1002, 2);
	expect_inline(0, 0x1000, 4, 3);
	expect_pointer(1, 0x1001, 4);
	assert_int_equal(eqn, 0x17);
}

/* ---- Objects ----------------------------------------------------------------- */

static struct mlx5dv_devx_obj *new_object(void)
{
	struct mlx5dv_devx_obj *obj;

	fake_answer_handle(0x1000, 0x77);
	obj = mlx5dv_devx_obj_create(context(), COMMAND);
	assert_non_null(obj);
	return obj;
}

/* The next call is the first again. */
static struct mlx5dv_devx_obj *old_object(void)
{
	struct mlx5dv_devx_obj *obj = new_object();

	fake_reset();
	return obj;
}

static void test_object(void **state)
{
	struct mlx5dv_devx_obj *obj = new_object();
	struct mlx5dv_devx shown;
	struct mlx5dv_obj dv = { .devx = { .in = obj, .out = &shown } };

	expect_method(DEVX_OBJ, 0x1000, 3);
	expect_inline(0, 0x1000, 0, 0);
	expect_command(1, 0x1001);
	assert_int_equal(mlx5dv_init_obj(&dv, MLX5DV_OBJ_DEVX), 0);
	assert_int_equal(shown.handle, 0x77);

	fake_reset();
	assert_int_equal(mlx5dv_devx_obj_destroy(obj), 0);
	expect_method(DEVX_OBJ, 0x1001, 1);
	expect_inline(0, 0x1000, 0, 0x77);
}

static void test_object_that_cannot_be_made(void **state)
{
	fake_fail(ENOMEM);
	assert_no_object(ENOMEM, mlx5dv_devx_obj_create(context(), COMMAND));
}

static void test_object_that_stays(void **state)
{
	struct mlx5dv_devx_obj *obj = old_object();

	fake_fail(EBUSY);
	assert_status(EBUSY, mlx5dv_devx_obj_destroy(obj));
	fake_fail(0);
	assert_int_equal(mlx5dv_devx_obj_destroy(obj), 0);
}

static void test_object_is_queried_and_modified(void **state)
{
	struct mlx5dv_devx_obj *obj = old_object();

	assert_int_equal(mlx5dv_devx_obj_modify(obj, COMMAND), 0);
	expect_method(DEVX_OBJ, 0x1002, 3);
	expect_inline(0, 0x1000, 0, 0x77);
	expect_command(1, 0x1001);
	fake_reset();
	assert_int_equal(mlx5dv_devx_obj_query(obj, COMMAND), 0);
	expect_method(DEVX_OBJ, 0x1003, 3);
	expect_inline(0, 0x1000, 0, 0x77);
	expect_command(1, 0x1001);
	free(obj);
}

#define check_handle(handle_, method, call)           \
	do {                                          \
		fake_reset();                         \
		assert_int_equal(call, 0);            \
		expect_method(DEVX_OBJ, method, 3);   \
		expect_inline(0, 0x1000, 0, handle_); \
		expect_command(1, 0x1001);            \
	} while (0)

static void test_objects_of_the_verbs(void **state)
{
	struct ibv_cq cq = { .context = context(), .handle = 1 };
	struct ibv_qp qp = { .context = context(), .handle = 2 };
	struct ibv_srq srq = { .context = context(), .handle = 3 };
	struct ibv_wq wq = { .context = context(), .handle = 4 };
	struct ibv_rwq_ind_table table = { .context = context(),
					   .ind_tbl_handle = 5 };

	check_handle(1, 0x1002, mlx5dv_devx_cq_modify(&cq, COMMAND));
	check_handle(1, 0x1003, mlx5dv_devx_cq_query(&cq, COMMAND));
	check_handle(2, 0x1002, mlx5dv_devx_qp_modify(&qp, COMMAND));
	check_handle(2, 0x1003, mlx5dv_devx_qp_query(&qp, COMMAND));
	check_handle(3, 0x1002, mlx5dv_devx_srq_modify(&srq, COMMAND));
	check_handle(3, 0x1003, mlx5dv_devx_srq_query(&srq, COMMAND));
	check_handle(4, 0x1002, mlx5dv_devx_wq_modify(&wq, COMMAND));
	check_handle(4, 0x1003, mlx5dv_devx_wq_query(&wq, COMMAND));
	check_handle(5, 0x1002, mlx5dv_devx_ind_tbl_modify(&table, COMMAND));
	check_handle(5, 0x1003, mlx5dv_devx_ind_tbl_query(&table, COMMAND));
}

static void test_objects_of_others(void **state)
{
	struct ibv_cq cq = { .context = others_context() };
	struct ibv_qp qp = { .context = others_context() };
	struct ibv_srq srq = { .context = others_context() };
	struct ibv_wq wq = { .context = others_context() };
	struct ibv_rwq_ind_table table = { .context = others_context() };

	assert_status(EOPNOTSUPP, mlx5dv_devx_cq_modify(&cq, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_cq_query(&cq, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_qp_modify(&qp, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_qp_query(&qp, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_srq_modify(&srq, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_srq_query(&srq, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_wq_modify(&wq, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_wq_query(&wq, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_ind_tbl_modify(&table, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_ind_tbl_query(&table, COMMAND));
	assert_int_equal(fake.calls, 0);
}

static void test_contexts_of_others(void **state)
{
	struct ibv_context *others = others_context();
	struct mlx5dv_devx_umem_in in = { 0 };
	uint32_t eqn;

	assert_status(EOPNOTSUPP, mlx5dv_devx_general_cmd(others, COMMAND));
	assert_status(EOPNOTSUPP, mlx5dv_devx_query_eqn(others, 0, &eqn));
	assert_no_object(EOPNOTSUPP, mlx5dv_devx_obj_create(others, COMMAND));
	assert_no_object(EOPNOTSUPP,
			 mlx5dv_devx_umem_reg(others, response, 20, 0));
	assert_no_object(EOPNOTSUPP, mlx5dv_devx_umem_reg_ex(others, &in));
	assert_no_object(EOPNOTSUPP, mlx5dv_devx_alloc_uar(others, 0));
	assert_no_object(EOPNOTSUPP,
			 mlx5dv_devx_create_event_channel(others, 0));
	assert_no_object(EOPNOTSUPP, mlx5dv_devx_create_cmd_comp(others));
	assert_int_equal(fake.calls, 0);
}

/* ---- Memory -------------------------------------------------------------------- */

static void expect_umem(int num_attrs, uint64_t addr, uint64_t len,
			uint32_t access)
{
	expect_method(DEVX_UMEM, 0x1000, num_attrs);
	expect_inline(0, 0x1000, 0, 0);
	expect_inline(1, 0x1001, 8, addr);
	expect_inline(2, 0x1002, 8, len);
	expect_inline(3, 0x1003, 4, access);
	expect_pointer(4, 0x1004, 4);
}

static void test_memory_of_the_process(void **state)
{
	struct mlx5dv_devx_umem *umem;
	uint32_t answer = 0x1234;

	fake_answer_handle(0x1000, 0x88);
	fake_answer_bytes(0x1004, &answer, sizeof(answer));
	umem = mlx5dv_devx_umem_reg(context(), response, 20,
				    IBV_ACCESS_LOCAL_WRITE);
	assert_non_null(umem);
	expect_umem(5, (uintptr_t)response, 20, 1);
	assert_int_equal(umem->umem_id, 0x1234);

	fake_reset();
	assert_int_equal(mlx5dv_devx_umem_dereg(umem), 0);
	expect_method(DEVX_UMEM, 0x1001, 1);
	expect_inline(0, 0x1000, 0, 0x88);
}

static void test_memory_of_a_dmabuf(void **state)
{
	struct mlx5dv_devx_umem_in in = {
		.addr = (void *)0x3000, /* in the dma-buf */
		.size = 0x10000,
		.access = 7,
		.pgsz_bitmap = 0x1000,
		.comp_mask = MLX5DV_UMEM_MASK_DMABUF,
		.dmabuf_fd = 0,
	};
	struct mlx5dv_devx_umem *umem;

	umem = mlx5dv_devx_umem_reg_ex(context(), &in);
	assert_non_null(umem);
	expect_umem(7, 0x3000, 0x10000, 7);
	expect_inline(5, 0x1005, 8, 0x1000);
	expect_inline(6, 0x1006, 0, 0);
	free(umem);

	/* How UCX and NVSHMEM ask: the kernel has to see the bad descriptor. */
	fake_reset();
	in.dmabuf_fd = -1;
	fake_fail(EBADF);
	assert_no_object(EBADF, mlx5dv_devx_umem_reg_ex(context(), &in));
	expect_inline(6, 0x1006, 0, UINT64_MAX);
}

static void test_memory_without_a_dmabuf(void **state)
{
	struct mlx5dv_devx_umem_in in = { .size = 1, .dmabuf_fd = 5 };
	struct mlx5dv_devx_umem *umem;

	umem = mlx5dv_devx_umem_reg_ex(context(), &in);
	assert_non_null(umem);
	expect_umem(6, 0, 1, 0);
	free(umem);
	in.comp_mask = 1 << 1;
	assert_no_object(EOPNOTSUPP, mlx5dv_devx_umem_reg_ex(context(), &in));
}

static void test_memory_that_is_in_use(void **state)
{
	struct mlx5dv_devx_umem *umem;

	umem = mlx5dv_devx_umem_reg(context(), response, 20, 0);
	fake_fail(EBUSY);
	assert_status(EBUSY, mlx5dv_devx_umem_dereg(umem));
	fake_fail(0);
	assert_int_equal(mlx5dv_devx_umem_dereg(umem), 0);
}

/* ---- Registers ------------------------------------------------------------------ */

static uint8_t register_page[4096];

static struct mlx5dv_devx_uar *alloc_uar(uint32_t flags)
{
	static const uint64_t offset = 0x123000;
	static const uint32_t len = 4096, page_id = 0x42;

	fake_answer_handle(0x1000, 0x99);
	fake_answer_bytes(0x1002, &offset, sizeof(offset));
	fake_answer_bytes(0x1003, &len, sizeof(len));
	fake_answer_bytes(0x1004, &page_id, sizeof(page_id));
	return mlx5dv_devx_alloc_uar(context(), flags);
}

static void check_uar(uint32_t flags, uint64_t type)
{
	struct mlx5dv_devx_uar *uar;

	fake_reset();
	mmap_answer = register_page;
	uar = alloc_uar(flags);
	assert_non_null(uar);
	expect_method(UAR, 0x1000, 5);
	expect_inline(0, 0x1000, 0, 0);
	expect_inline(1, 0x1001, 8, type);
	assert_ptr_equal(uar->base_addr, register_page);
	assert_ptr_equal(uar->reg_addr, register_page + 0x800);
	assert_int_equal(uar->page_id, 0x42);
	assert_int_equal(uar->mmap_off, 0x123000);
	assert_int_equal(mmap_offset, 0x123000);
	assert_int_equal(uar->comp_mask, 0);

	fake_reset();
	mlx5dv_devx_free_uar(uar);
	assert_null(mmap_answer); /* no longer mapped */
	expect_method(UAR, 0x1001, 1);
	expect_inline(0, 0x1000, 0, 0x99);
}

static void test_registers(void **state)
{
	check_uar(MLX5DV_UAR_ALLOC_TYPE_BF, 0);
	check_uar(MLX5DV_UAR_ALLOC_TYPE_NC, 1);
	check_uar(MLX5DV_UAR_ALLOC_TYPE_NC_DEDICATED, 1);
}

static void test_registers_that_cannot_be_had(void **state)
{
	assert_no_object(EOPNOTSUPP, mlx5dv_devx_alloc_uar(context(), 2));
	assert_int_equal(fake.calls, 0);
	fake_fail(EOPNOTSUPP); /* no write-combining here */
	assert_no_object(EOPNOTSUPP, alloc_uar(MLX5DV_UAR_ALLOC_TYPE_BF));
	assert_int_equal(fake.calls, 1);
	fake_fail(0);
	mmap_answer = NULL;
	assert_no_object(ENODEV, alloc_uar(MLX5DV_UAR_ALLOC_TYPE_NC));
}

/* ---- Fields of commands ---------------------------------------------------------- */

struct mlx5_ifc_sample_bits {
	uint8_t opcode[0x10];
	uint8_t uid[0x10];
	uint8_t low[0x5];
	uint8_t whole[0x1b];
	uint8_t address[0x40];
	uint8_t list[2][0x40];
};

static void test_fields_of_commands(void **state)
{
	__be64 words[DEVX_ST_SZ_QW(sample)] = { 0 };
	const uint8_t *bytes = (const uint8_t *)words;

	assert_int_equal(DEVX_ST_SZ_BYTES(sample), 32);
	assert_int_equal(DEVX_ST_SZ_DW(sample), 8);
	assert_int_equal(DEVX_BYTE_OFF(sample, address), 8);
	assert_int_equal(DEVX_FLD_SZ_BYTES(sample, address), 8);
	DEVX_SET(sample, words, opcode, 0x1234);
	DEVX_SET(sample, words, uid, 0xabcd);
	DEVX_SET(sample, words, whole, 0xffffffff); /* what fits */
	DEVX_SET(sample, words, low, 0x11);
	DEVX_SET64(sample, words, address, 0x0102030405060708);
	DEVX_ARRAY_SET64(sample, words, list, 1, 0x1112131415161718);
	assert_memory_equal(bytes,
			    "\x12\x34\xab\xcd\x8f\xff\xff\xff"
			    "\1\2\3\4\5\6\7\10\0\0\0\0\0\0\0\0"
			    "\x11\x12\x13\x14\x15\x16\x17\x18",
			    32);
	assert_int_equal(DEVX_GET(sample, words, opcode), 0x1234);
	assert_int_equal(DEVX_GET(sample, words, low), 0x11);
	assert_int_equal(DEVX_GET(sample, words, whole), 0x7ffffff);
	assert_true(DEVX_GET64(sample, words, address) == 0x0102030405060708);
	assert_ptr_equal(DEVX_ADDR_OF(sample, words, address), bytes + 8);
}

#define test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_general_command),
		test(test_device_refuses_a_command),
		test(test_command_that_no_device_takes),
		test(test_event_queue_of_a_vector),
		test(test_object),
		test(test_object_that_cannot_be_made),
		test(test_object_that_stays),
		test(test_object_is_queried_and_modified),
		test(test_objects_of_the_verbs),
		test(test_objects_of_others),
		test(test_contexts_of_others),
		test(test_memory_of_the_process),
		test(test_memory_of_a_dmabuf),
		test(test_memory_without_a_dmabuf),
		test(test_memory_that_is_in_use),
		test(test_registers),
		test(test_registers_that_cannot_be_had),
		test(test_fields_of_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
