/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Methods that the older of our kernels lack: registration in one method (Linux
 * 6.17), DMA handles (6.17), port speed and exported dma-bufs (7.0), completion
 * counters (7.3). And what the library does on kernels without them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "expect.h"
#include "internal.h"

enum { OBJ_DMAH = 17, OBJ_DMABUF = 18, OBJ_COMP_CNTR = 19 };

static const uint32_t test_lkey = 0x11223344, test_rkey = 0x55667788;
static const uint64_t FOR_ADDR = IBV_REG_MR_MASK_IOVA | IBV_REG_MR_MASK_ADDR;
static const uint64_t FOR_FD =
	IBV_REG_MR_MASK_IOVA | IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET;

/* ------------------------------------------------------- one registration */

static void answer_mr(void)
{
	fake_answer_handle(0, 0xabc);
	fake_answer_bytes(9, &test_lkey, 4);
	fake_answer_bytes(10, &test_rkey, 4);
}

/* Without a DMA handle there are other commands for the same. */
static struct verbs_dmah test_dmah = { .handle = 0x61 };

static void test_reg_mr_ex_of_memory(void **state)
{
	struct ibv_mr_init_attr attr = {
		.length = 0x3000,
		.access = 0x100007,
		.comp_mask = FOR_ADDR | IBV_REG_MR_MASK_DMAH,
		.dmah = &test_dmah.dmah,
		.addr = (void *)0x7f0000001000,
		.iova = 0xf000000000002000,
	};
	struct ibv_mr *mr;

	answer_mr();
	mr = ibv_reg_mr_ex(pd(), &attr);
	assert_non_null(mr);
	expect_method(OBJ_MR, 5, 9);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 1, 0, 0x51); /* PD */
	expect_inline(2, 3, 8, 0xf000000000002000); /* iova */
	expect_inline(3, 5, 8, 0x3000); /* length */
	expect_inline(4, 6, 4, 0x100007); /* access */
	expect_inline(5, 2, 0, 0x61); /* DMA handle */
	expect_inline(6, 4, 8, 0x7f0000001000); /* address */
	expect_pointer(7, 9, 4);
	expect_pointer(8, 10, 4);
	assert_int_equal(mr->handle, 0xabc);
	assert_int_equal(mr->lkey, test_lkey);
	assert_int_equal(mr->rkey, test_rkey);
	assert_ptr_equal(mr->addr, (void *)0x7f0000001000);
	assert_int_equal(mr->length, 0x3000);
	assert_ptr_equal(mr->pd, pd());
	free(mr);
}

static void test_reg_mr_ex_of_a_dmabuf(void **state)
{
	struct ibv_mr_init_attr attr = {
		.length = 0x3000,
		.access = 7,
		.iova = 0x5000,
		.comp_mask = FOR_FD | IBV_REG_MR_MASK_DMAH,
		.fd = 42,
		.fd_offset = 0x4000,
		.dmah = &test_dmah.dmah,
	};
	struct ibv_mr *mr;

	answer_mr();
	mr = ibv_reg_mr_ex(pd(), &attr);
	assert_non_null(mr);
	expect_method(OBJ_MR, 5, 10);
	expect_inline(5, 2, 0, 0x61); /* DMA handle */
	expect_inline(6, 7, 0, 42); /* a raw fd */
	expect_inline(7, 8, 8, 0x4000); /* offset */
	assert_ptr_equal(mr->addr, (void *)0x4000);
	assert_int_equal(to_vmr(mr)->type, VERBS_MR_DMABUF);
	free(mr);
}

/* An address that has no other name is its own. */
static void test_reg_mr_ex_without_iova(void **state)
{
	struct ibv_mr_init_attr attr = {
		.length = 1,
		.comp_mask = IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_DMAH,
		.addr = (void *)0x9000,
		.dmah = &test_dmah.dmah,
	};
	struct ibv_mr *mr = ibv_reg_mr_ex(pd(), &attr);

	assert_non_null(mr);
	expect_inline(2, 3, 8, 0x9000);
	free(mr);
}

static void test_reg_mr_ex_drops_optional_access(void **state)
{
	struct ibv_mr_init_attr attr = {
		.length = 1,
		.access = 0x3fe00001,
		.comp_mask = FOR_ADDR | IBV_REG_MR_MASK_DMAH,
		.dmah = &test_dmah.dmah,
	};
	struct ibv_pd *parent = pd();
	struct ibv_mr *mr;

	to_vctx(parent->context)->priv->core_support = 0;
	mr = ibv_reg_mr_ex(parent, &attr);
	assert_non_null(mr);
	expect_inline(4, 6, 4, 1);
	assert_int_equal(attr.access, 0x3fe00001); /* the caller's */
	free(mr);
}

/* What kind of an ibv_mr_init_attr that is, judged by its mask alone. */
static int refusal(uint64_t comp_mask)
{
	struct ibv_buf buf = { .addr = (void *)0x1000,
			       .size = 0x1000,
			       .dmabuf_fd = -1 };
	struct ibv_mr_init_attr attr = { .comp_mask = comp_mask,
					 .length = 1,
					 .buf = &buf };

	errno = 0;
	assert_null(ibv_reg_mr_ex(pd(), &attr));
	assert_int_equal(fake.calls, 0);
	return errno;
}

static void test_reg_mr_ex_of_nothing_in_particular(void **state)
{
	assert_int_equal(refusal(0), EINVAL);
	assert_int_equal(refusal(IBV_REG_MR_MASK_IOVA), EINVAL);
	assert_int_equal(refusal(FOR_ADDR | IBV_REG_MR_MASK_FD), EINVAL);
	assert_int_equal(refusal(FOR_ADDR | IBV_REG_MR_MASK_FD_OFFSET), EINVAL);
	assert_int_equal(refusal(FOR_ADDR | FOR_FD), EINVAL);
	assert_int_equal(refusal(IBV_REG_MR_MASK_FD), EINVAL);
	assert_int_equal(refusal(FOR_FD & ~(uint64_t)IBV_REG_MR_MASK_IOVA),
			 EINVAL);
	assert_int_equal(refusal(IBV_REG_MR_MASK_BUF), EINVAL);
	assert_int_equal(refusal(FOR_ADDR | 1 << 6), EOPNOTSUPP);
}

/* ------------------------------------------ what needs no DMA handle */

/* The plain registration that was asked for last. */
static struct {
	void *addr; /* NULL: of a dma-buf */
	int fd;
	uint64_t offset;
	size_t length;
	uint64_t iova;
	int access;
} plain;

static struct ibv_mr *plain_mr(void)
{
	struct verbs_mr *vmr = calloc(1, sizeof(*vmr));

	assert_non_null(vmr);
	return &vmr->mr;
}

static struct ibv_mr *plain_reg_mr(struct ibv_pd *p, void *addr, size_t length,
				   uint64_t iova, int access)
{
	plain.addr = addr;
	plain.length = length;
	plain.iova = iova;
	plain.access = access;
	return plain_mr();
}

static struct ibv_mr *plain_reg_dmabuf_mr(struct ibv_pd *p, uint64_t offset,
					  size_t length, uint64_t iova, int fd,
					  int access)
{
	plain.addr = NULL;
	plain.fd = fd;
	plain.offset = offset;
	plain.length = length;
	plain.iova = iova;
	plain.access = access;
	return plain_mr();
}

static struct ibv_pd *plain_pd(void)
{
	static struct verbs_ops ops;
	struct ibv_pd *parent = pd();

	memset(&plain, 0, sizeof(plain));
	ops = verbs_default_ops;
	ops.reg_mr = plain_reg_mr;
	ops.reg_dmabuf_mr = plain_reg_dmabuf_mr;
	to_vctx(parent->context)->priv->ops = &ops;
	return parent;
}

static struct ibv_mr_init_attr plain_attr(uint64_t comp_mask)
{
	return (struct ibv_mr_init_attr){
		.length = 0x3000,
		.access = 7,
		.iova = 0x5000,
		.fd = 42,
		.fd_offset = 0x4000,
		.addr = (void *)0x9000,
		.comp_mask = comp_mask,
	};
}

static void expect_plain(void)
{
	assert_int_equal(plain.length, 0x3000);
	assert_int_equal(plain.iova, 0x5000);
	assert_int_equal(plain.access, 7);
	assert_int_equal(fake.calls, 0);
}

static void test_memory_is_registered_by_the_plain_op(void **state)
{
	struct ibv_mr_init_attr attr = plain_attr(FOR_ADDR);
	struct ibv_mr *mr = ibv_reg_mr_ex(plain_pd(), &attr);

	assert_non_null(mr);
	assert_ptr_equal(plain.addr, (void *)0x9000);
	expect_plain();
	free(mr);
}

static void test_dmabuf_is_registered_by_the_plain_op(void **state)
{
	struct ibv_mr_init_attr attr = plain_attr(FOR_FD);
	struct ibv_mr *mr = ibv_reg_mr_ex(plain_pd(), &attr);

	assert_non_null(mr);
	assert_null(plain.addr);
	assert_int_equal(plain.fd, 42);
	assert_int_equal(plain.offset, 0x4000);
	expect_plain();
	free(mr);
}

static void test_old_kernel_knows_no_dma_handles(void **state)
{
	struct ibv_mr_init_attr attr =
		plain_attr(FOR_ADDR | IBV_REG_MR_MASK_DMAH);

	attr.dmah = &test_dmah.dmah;
	fake_fail(EPROTONOSUPPORT);
	errno = 0;
	assert_null(ibv_reg_mr_ex(plain_pd(), &attr));
	assert_int_equal(errno, EPROTONOSUPPORT);
	assert_int_equal(plain.length, 0);
}

/* ----------------------------------------------------------------- buffers */

static void test_buffer_is_zero_and_whole_pages(void **state)
{
	struct ibv_buf *buf;
	char *addr = ibv_alloc_buf(pd(), 5000, &buf);

	assert_non_null(addr);
	assert_int_equal((uintptr_t)addr % 4096, 0);
	assert_int_equal(addr[0] | addr[4999], 0);
	addr[4999] = 1;
	ibv_free_buf(buf);
	assert_non_null(ibv_alloc_buf(pd(), 0, &buf));
	ibv_free_buf(buf);
	errno = 0;
	assert_null(ibv_alloc_buf(pd(), SIZE_MAX, &buf));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(fake.calls, 0);
}

static int reg_part(struct ibv_buf *buf, char *addr, size_t length)
{
	struct ibv_mr *mr;

	errno = 0;
	mr = ibv_reg_buf_mr(plain_pd(), buf, addr, length, 7);
	if (!mr)
		return errno;
	assert_ptr_equal(mr->addr, addr);
	assert_int_equal(mr->length, length);
	free(mr);
	return 0;
}

static void test_only_what_is_in_a_buffer_is_registered(void **state)
{
	struct ibv_buf *buf;
	char *addr = ibv_alloc_buf(pd(), 8192, &buf);

	assert_int_equal(reg_part(buf, addr, 8193), EINVAL);
	assert_int_equal(reg_part(buf, addr + 8192, 1), EINVAL);
	assert_int_equal(reg_part(buf, addr - 1, 1), EINVAL);
	assert_int_equal(reg_part(buf, addr + 1, SIZE_MAX), EINVAL);
	assert_int_equal(plain.length, 0);
	assert_int_equal(reg_part(buf, addr + 4096, 4096), 0);
	assert_int_equal(plain.iova, (uintptr_t)addr + 4096);
	assert_ptr_equal(plain.addr, addr + 4096);
	ibv_free_buf(buf);
}

static void test_plain_buffer_has_no_dmabuf(void **state)
{
	struct ibv_buf *buf;

	assert_non_null(ibv_alloc_buf(pd(), 1, &buf));
	errno = 0;
	assert_int_equal(ibv_export_buf_dmabuf_fd(buf), -1);
	assert_int_equal(errno, ENODATA);
	ibv_free_buf(buf);
}

static void test_buffer_over_a_dmabuf_is_registered_by_it(void **state)
{
	struct ibv_buf *buf;
	char *addr = ibv_alloc_buf(pd(), 8192, &buf);
	int fd;

	buf->dmabuf_fd = open("/dev/null", O_RDWR);
	assert_int_equal(reg_part(buf, addr + 4096, 4096), 0);
	assert_int_equal(plain.iova, (uintptr_t)addr + 4096);
	assert_int_equal(plain.fd, buf->dmabuf_fd);
	assert_int_equal(plain.offset, 4096);
	fd = ibv_export_buf_dmabuf_fd(buf);
	assert_true(fd >= 0 && fd != buf->dmabuf_fd);
	close(fd);
	ibv_free_buf(buf);
}

/* ------------------------------------------------------------- DMA handles */

static void test_dma_handle(void **state)
{
	struct ibv_dmah_init_attr attr = {
		.comp_mask = IBV_DMAH_INIT_ATTR_MASK_CPU_ID |
			     IBV_DMAH_INIT_ATTR_MASK_PH |
			     IBV_DMAH_INIT_ATTR_MASK_TPH_MEM_TYPE,
		.cpu_id = 0x55,
		.ph = 2,
		.tph_mem_type = IBV_TPH_MEM_TYPE_PM,
	};
	struct ibv_dmah *dmah;

	fake_answer_handle(0, 0x61);
	dmah = verbs_alloc_dmah(fake_context(), &attr);
	assert_non_null(dmah);
	expect_method(OBJ_DMAH, 0, 4);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 1, 4, 0x55);
	assert_int_equal(fake_nth(2)->raw.attr_id, 2);
	assert_int_equal(fake_nth(2)->raw.len, 0);
	assert_int_equal(fake_nth(2)->raw.attr_data.enum_data.elem_id, 1);
	expect_inline(3, 3, 1, 2);
	fake_reset();
	assert_int_equal(verbs_dealloc_dmah(dmah), 0);
	expect_method(OBJ_DMAH, 1, 1);
	expect_inline(0, 0, 0, 0x61);
}

static void test_dma_handle_has_only_what_was_asked_for(void **state)
{
	struct ibv_dmah_init_attr attr = { .cpu_id = 9, .ph = 9 };
	struct ibv_dmah *dmah = verbs_alloc_dmah(fake_context(), &attr);

	assert_non_null(dmah);
	expect_method(OBJ_DMAH, 0, 1);
	free(to_vdmah(dmah));
}

static void test_dma_handles_may_be_missing(void **state)
{
	struct ibv_dmah_init_attr attr = {};

	errno = 0;
	assert_null(ibv_alloc_dmah(fake_context(), &attr));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
	fake_fail(EPROTONOSUPPORT); /* a provider that has them asked */
	errno = 0;
	assert_null(verbs_alloc_dmah(fake_context(), &attr));
	assert_int_equal(errno, EPROTONOSUPPORT);
	attr.comp_mask = 1u << 31;
	errno = 0;
	assert_null(verbs_alloc_dmah(fake_context(), &attr));
	assert_int_equal(errno, EOPNOTSUPP);
}

/* -------------------------------------------------------------- port speed */

static void test_port_speed(void **state)
{
	const uint64_t answer = 8000;
	uint64_t speed = 0;

	fake_answer_bytes(1, &answer, 8);
	assert_int_equal(ibv_query_port_speed(fake_context(), 3, &speed), 0);
	expect_method(OBJ_DEVICE, 7, 2);
	expect_inline(0, 0, 8, 3);
	expect_pointer(1, 1, 8);
	assert_int_equal(speed, 8000);
}

static void test_port_speed_of_an_old_kernel(void **state)
{
	uint64_t speed = 77;

	fake_fail(EPROTONOSUPPORT);
	errno = 0;
	assert_int_equal(ibv_query_port_speed(fake_context(), 1, &speed),
			 EOPNOTSUPP);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(speed, 77);
}

/* --------------------------------------------------------- exported memory */

static void test_export_dmabuf(void **state)
{
	int fd = -1;

	fake_answer_handle(0, 44);
	assert_int_equal(ibv_cmd_export_dmabuf(fake_context(), 0x800000, &fd),
			 0);
	expect_method(OBJ_DMABUF, 0, 2);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 1, 8, 0x800000);
	assert_int_equal(fd, 44);
}

static void test_device_memory_is_not_exported_by_default(void **state)
{
	struct ibv_dm dm = { .context = fake_context() };

	errno = 0;
	assert_int_equal(ibv_dm_export_dmabuf_fd(&dm), -1);
	assert_int_equal(errno, EOPNOTSUPP);
}

/* ----------------------------------------------------- completion counters */

static void test_comp_cntr_caps(void **state)
{
	const uint32_t counters = 9, ops = 3;
	const uint64_t value = 1ULL << 40;
	struct ibv_comp_cntr_caps caps;

	fake_answer_bytes(0, &counters, 4);
	fake_answer_bytes(1, &value, 8);
	fake_answer_bytes(2, &ops, 4);
	assert_int_equal(ibv_query_comp_cntr_caps(fake_context(), &caps), 0);
	expect_method(OBJ_DEVICE, 8, 3);
	expect_pointer(0, 0, 4);
	expect_pointer(1, 1, 8);
	expect_pointer(2, 2, 4);
	assert_int_equal(caps.max_counters, 9);
	assert_int_equal(caps.max_value, 1ULL << 40);
	assert_int_equal(caps.supported_qp_attach_ops, 3);
}

static void test_comp_cntr_caps_of_another_size(void **state)
{
	struct {
		struct ibv_comp_cntr_caps caps;
		uint64_t newer;
	} big = { .newer = 7 };
	uint64_t small[2] = { 7, 7 };

	assert_int_equal(_ibv_query_comp_cntr_caps(fake_context(), &big.caps,
						   sizeof(big)),
			 0);
	assert_int_equal(big.newer, 0);
	assert_int_equal(
		_ibv_query_comp_cntr_caps(fake_context(), (void *)small, 8), 0);
	assert_int_equal(small[0], 0);
	assert_int_equal(small[1], 7);
}

static struct ibv_comp_cntr *new_cntr(void)
{
	struct ibv_comp_cntr_init_attr attr = {};

	fake_answer_handle(0, 0x71);
	return ibv_create_comp_cntr(fake_context(), &attr);
}

static void test_comp_cntr_comes_and_goes(void **state)
{
	struct ibv_comp_cntr *cntr = new_cntr();

	assert_non_null(cntr);
	expect_method(OBJ_COMP_CNTR, 0, 1);
	expect_inline(0, 0, 0, 0);
	assert_int_equal(cntr->handle, 0x71);
	fake_reset();
	fake_fail(EBUSY);
	assert_int_equal(ibv_destroy_comp_cntr(cntr), EBUSY);
	fake_reset();
	assert_int_equal(ibv_destroy_comp_cntr(cntr), 0);
	expect_method(OBJ_COMP_CNTR, 1, 1);
	expect_inline(0, 0, 0, 0x71);
}

static void expect_modify(int entry, int op, uint64_t value)
{
	expect_method(OBJ_COMP_CNTR, 2, 4);
	expect_inline(0, 0, 0, 0x71);
	expect_inline(1, 1, 8, entry);
	expect_inline(2, 2, 8, op);
	expect_inline(3, 3, 8, value);
	fake_reset();
}

static void test_comp_cntr_is_changed(void **state)
{
	struct ibv_comp_cntr cntr = { .context = fake_context(),
				      .handle = 0x71 };

	assert_int_equal(ibv_set_comp_cntr(&cntr, 0x123456789a), 0);
	expect_modify(0, 0, 0x123456789a);
	assert_int_equal(ibv_set_err_comp_cntr(&cntr, 5), 0);
	expect_modify(1, 0, 5);
	assert_int_equal(ibv_inc_comp_cntr(&cntr, 6), 0);
	expect_modify(0, 1, 6);
	assert_int_equal(ibv_inc_err_comp_cntr(&cntr, 7), 0);
	expect_modify(1, 1, 7);
}

static void test_comp_cntr_is_read(void **state)
{
	struct ibv_comp_cntr cntr = { .context = fake_context(),
				      .handle = 0x71 };
	const uint64_t answer = 0x123456789a;
	uint64_t value = 0;

	fake_answer_bytes(2, &answer, 8);
	assert_int_equal(ibv_read_err_comp_cntr(&cntr, &value), 0);
	expect_method(OBJ_COMP_CNTR, 3, 3);
	expect_inline(0, 0, 0, 0x71);
	expect_inline(1, 1, 8, 1);
	expect_pointer(2, 2, 8);
	assert_int_equal(value, answer);
	fake_reset();
	assert_int_equal(ibv_read_comp_cntr(&cntr, &value), 0);
	expect_inline(1, 1, 8, 0);
}

static void test_comp_cntr_is_attached(void **state)
{
	struct ibv_comp_cntr cntr = { .handle = 0x71 };
	struct ibv_qp qp = { .context = fake_context(), .handle = 0x99 };
	struct ibv_qp_attach_comp_cntr_attr attr = {
		.op_mask = IBV_QP_ATTACH_COMP_CNTR_OP_RECV,
	};

	assert_int_equal(ibv_qp_attach_comp_cntr(&qp, &cntr, &attr), 0);
	expect_method(OBJ_QP, 2, 3);
	expect_inline(0, 0, 0, 0x99);
	expect_inline(1, 1, 0, 0x71);
	expect_inline(2, 2, 4, 2);
}

static void test_comp_cntrs_may_be_missing(void **state)
{
	struct ibv_comp_cntr_init_attr attr = {};
	struct ibv_comp_cntr_caps caps;

	fake_fail(EPROTONOSUPPORT);
	assert_int_equal(ibv_query_comp_cntr_caps(fake_context(), &caps),
			 EOPNOTSUPP);
	errno = 0;
	assert_null(ibv_create_comp_cntr(fake_context(), &attr));
	assert_int_equal(errno, EOPNOTSUPP);
	fake_reset();
	attr.type = IBV_COMP_CNTR_TYPE_BYTES;
	errno = 0;
	assert_null(ibv_create_comp_cntr(fake_context(), &attr));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reg_mr_ex_of_memory),
		TEST(test_reg_mr_ex_of_a_dmabuf),
		TEST(test_reg_mr_ex_without_iova),
		TEST(test_reg_mr_ex_drops_optional_access),
		TEST(test_reg_mr_ex_of_nothing_in_particular),
		TEST(test_memory_is_registered_by_the_plain_op),
		TEST(test_dmabuf_is_registered_by_the_plain_op),
		TEST(test_old_kernel_knows_no_dma_handles),
		TEST(test_buffer_is_zero_and_whole_pages),
		TEST(test_only_what_is_in_a_buffer_is_registered),
		TEST(test_plain_buffer_has_no_dmabuf),
		TEST(test_buffer_over_a_dmabuf_is_registered_by_it),
		TEST(test_dma_handle),
		TEST(test_dma_handle_has_only_what_was_asked_for),
		TEST(test_dma_handles_may_be_missing),
		TEST(test_port_speed),
		TEST(test_port_speed_of_an_old_kernel),
		TEST(test_export_dmabuf),
		TEST(test_device_memory_is_not_exported_by_default),
		TEST(test_comp_cntr_caps),
		TEST(test_comp_cntr_caps_of_another_size),
		TEST(test_comp_cntr_comes_and_goes),
		TEST(test_comp_cntr_is_changed),
		TEST(test_comp_cntr_is_read),
		TEST(test_comp_cntr_is_attached),
		TEST(test_comp_cntrs_may_be_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
