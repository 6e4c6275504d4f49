/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The calls that verbs.h puts into programs: which of the library's functions
 * or of the context's operations they reach. The library's are written here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <infiniband/verbs.h>

/* Who was called last. */
static const char *called;

static struct ibv_mr mr;
static struct ibv_qp qp;
static struct ibv_srq srq;

struct ibv_mr *(ibv_reg_mr)(struct ibv_pd *pd, void *addr, size_t length,
			    int access)
{
	called = "ibv_reg_mr";
	return &mr;
}

struct ibv_mr *(ibv_reg_mr_iova)(struct ibv_pd *pd, void *addr, size_t length,
				 uint64_t iova, int access)
{
	called = "ibv_reg_mr_iova";
	return &mr;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length,
				uint64_t iova, unsigned int access)
{
	called = "ibv_reg_mr_iova2";
	return &mr;
}

int(ibv_query_port)(struct ibv_context *context, uint8_t port_num,
		    struct _compat_ibv_port_attr *port_attr)
{
	called = "ibv_query_port";
	return 0;
}

int ibv_query_device(struct ibv_context *context,
		     struct ibv_device_attr *device_attr)
{
	called = "ibv_query_device";
	device_attr->max_qp = 7;
	return 0;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd,
			     struct ibv_qp_init_attr *qp_init_attr)
{
	called = "ibv_create_qp";
	return &qp;
}

struct ibv_srq *ibv_create_srq(struct ibv_pd *pd,
			       struct ibv_srq_init_attr *srq_init_attr)
{
	called = "ibv_create_srq";
	return &srq;
}

static struct ibv_pd *
op_alloc_parent_domain(struct ibv_context *context,
		       struct ibv_parent_domain_init_attr *attr)
{
	called = "op";
	return NULL;
}

static int op_query_port(struct ibv_context *context, uint8_t port_num,
			 struct ibv_port_attr *port_attr, size_t port_attr_len)
{
	called = "op";
	assert_int_equal(port_attr_len, sizeof(*port_attr));
	return 0;
}

static int query_device_ex_ret;

static int op_query_device_ex(struct ibv_context *context,
			      const struct ibv_query_device_ex_input *input,
			      struct ibv_device_attr_ex *attr, size_t attr_size)
{
	called = "op";
	assert_int_equal(attr_size, sizeof(*attr));
	return query_device_ex_ret;
}

static struct ibv_qp *op_create_qp_ex(struct ibv_context *context,
				      struct ibv_qp_init_attr_ex *attr)
{
	called = "op";
	return &qp;
}

static struct ibv_srq *op_create_srq_ex(struct ibv_context *context,
					struct ibv_srq_init_attr_ex *attr)
{
	called = "op";
	return &srq;
}

static struct ibv_wq *op_create_wq(struct ibv_context *context,
				   struct ibv_wq_init_attr *attr)
{
	static struct ibv_wq wq;

	wq.events_completed = 5;
	return &wq;
}

static int op_bind_mw(struct ibv_qp *bound, struct ibv_mw *mw,
		      struct ibv_mw_bind *bind)
{
	called = "op";
	return 0;
}

static struct verbs_context extended(void)
{
	struct verbs_context vctx = {
		.alloc_parent_domain = op_alloc_parent_domain,
		.query_port = op_query_port,
		.query_device_ex = op_query_device_ex,
		.create_qp_ex = op_create_qp_ex,
		.create_srq_ex = op_create_srq_ex,
		.create_wq = op_create_wq,
		.sz = sizeof(vctx),
		.context = {
			.abi_compat = __VERBS_ABI_IS_EXTENDED,
			.ops.bind_mw = op_bind_mw,
		},
	};

	called = "nobody";
	return vctx;
}

static void test_op_of_extended_context_is_found(void **state)
{
	struct verbs_context vctx = extended();

	assert_ptr_equal(verbs_get_ctx(&vctx.context), &vctx);
	assert_ptr_equal(verbs_get_ctx_op(&vctx.context, query_port), &vctx);
}

static void test_op_of_plain_context_is_not_found(void **state)
{
	struct verbs_context vctx = extended();

	vctx.context.abi_compat = NULL;
	assert_null(verbs_get_ctx(&vctx.context));
	assert_null(verbs_get_ctx_op(&vctx.context, query_port));
}

static void test_op_that_is_empty_is_not_found(void **state)
{
	struct verbs_context vctx = extended();

	assert_null(verbs_get_ctx_op(&vctx.context, alloc_dm));
}

/* query_port is the newest: a library that lacks just it is one slot smaller. */
static void test_op_newer_than_the_library_is_not_found(void **state)
{
	struct verbs_context vctx = extended();

	vctx.sz = sizeof(vctx) - offsetof(struct verbs_context, advise_mr);
	assert_null(verbs_get_ctx_op(&vctx.context, query_port));
	assert_ptr_equal(verbs_get_ctx_op(&vctx.context, create_wq), &vctx);
}

static void test_missing_pointer_op_gives_null_and_errno(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_alloc_dm_attr attr = { .length = 1 };

	errno = 0;
	assert_null(ibv_alloc_dm(&vctx.context, &attr));
	assert_int_equal(errno, EOPNOTSUPP);
}

static void test_missing_status_op_gives_status_and_errno(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_td td = { .context = &vctx.context };

	errno = 0;
	assert_int_equal(ibv_dealloc_td(&td), EOPNOTSUPP);
	assert_int_equal(errno, EOPNOTSUPP);
}

static void test_query_port_takes_the_op(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_port_attr attr;

	assert_int_equal(ibv_query_port(&vctx.context, 1, &attr), 0);
	assert_string_equal(called, "op");
}

static void test_query_port_without_op_clears_and_takes_the_symbol(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_port_attr attr = { .active_speed_ex = 3 };

	vctx.query_port = NULL;
	assert_int_equal(ibv_query_port(&vctx.context, 1, &attr), 0);
	assert_string_equal(called, "ibv_query_port");
	assert_int_equal(attr.active_speed_ex, 0);
}

static void test_query_device_ex_falls_back_when_unsupported(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_device_attr_ex attr = { .max_dm_size = 3 };

	query_device_ex_ret = EOPNOTSUPP;
	assert_int_equal(ibv_query_device_ex(&vctx.context, NULL, &attr), 0);
	assert_string_equal(called, "ibv_query_device");
	assert_int_equal(attr.orig_attr.max_qp, 7);
	assert_int_equal(attr.max_dm_size, 0);
}

static void test_query_device_ex_keeps_other_errors(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_device_attr_ex attr;

	query_device_ex_ret = EIO;
	assert_int_equal(ibv_query_device_ex(&vctx.context, NULL, &attr), EIO);
	assert_string_equal(called, "op");
}

static void test_query_device_ex_takes_no_input_bits(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_query_device_ex_input input = { .comp_mask = 1 };
	struct ibv_device_attr_ex attr;

	assert_int_equal(ibv_query_device_ex(&vctx.context, &input, &attr),
			 EINVAL);
	assert_string_equal(called, "nobody");
}

static void test_qp_with_only_a_pd_is_a_plain_one(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_qp_init_attr_ex attr = { .comp_mask = IBV_QP_INIT_ATTR_PD };

	assert_ptr_equal(ibv_create_qp_ex(&vctx.context, &attr), &qp);
	assert_string_equal(called, "ibv_create_qp");

	attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
	assert_ptr_equal(ibv_create_qp_ex(&vctx.context, &attr), &qp);
	assert_string_equal(called, "op");
}

static const char *srq_made_by(uint32_t comp_mask, enum ibv_srq_type type)
{
	struct verbs_context vctx = extended();
	struct ibv_srq_init_attr_ex attr = {
		.comp_mask = comp_mask,
		.srq_type = type,
	};

	assert_ptr_equal(ibv_create_srq_ex(&vctx.context, &attr), &srq);
	return called;
}

static void test_basic_srq_is_a_plain_one(void **state)
{
	const uint32_t pd = IBV_SRQ_INIT_ATTR_PD;
	const uint32_t type = IBV_SRQ_INIT_ATTR_TYPE;

	assert_string_equal(srq_made_by(pd, IBV_SRQT_XRC), "ibv_create_srq");
	assert_string_equal(srq_made_by(pd | type, IBV_SRQT_BASIC),
			    "ibv_create_srq");
	assert_string_equal(srq_made_by(pd | type, IBV_SRQT_XRC), "op");
	assert_string_equal(srq_made_by(type, IBV_SRQT_BASIC), "op");
	assert_string_equal(
		srq_made_by(pd | IBV_SRQ_INIT_ATTR_CQ, IBV_SRQT_BASIC), "op");
}

static void test_reg_mr_with_plain_constant_access(void **state)
{
	ibv_reg_mr(NULL, NULL, 0, IBV_ACCESS_LOCAL_WRITE);
	assert_string_equal(called, "ibv_reg_mr");
	ibv_reg_mr_iova(NULL, NULL, 0, 0, IBV_ACCESS_LOCAL_WRITE);
	assert_string_equal(called, "ibv_reg_mr_iova");
}

static void test_reg_mr_with_optional_access(void **state)
{
	ibv_reg_mr(NULL, NULL, 0, IBV_ACCESS_RELAXED_ORDERING);
	assert_string_equal(called, "ibv_reg_mr_iova2");
	called = "nobody";
	ibv_reg_mr_iova(NULL, NULL, 0, 0, IBV_ACCESS_RELAXED_ORDERING);
	assert_string_equal(called, "ibv_reg_mr_iova2");
}

static void test_reg_mr_with_access_unknown_to_the_compiler(void **state)
{
	volatile int access = IBV_ACCESS_LOCAL_WRITE;

	ibv_reg_mr(NULL, NULL, 0, access);
	assert_string_equal(called, "ibv_reg_mr_iova2");
}

static void test_created_wq_is_initialised(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_wq_init_attr attr = { .wq_context = &vctx };
	struct ibv_wq *wq = ibv_create_wq(&vctx.context, &attr);

	assert_non_null(wq);
	assert_ptr_equal(wq->wq_context, &vctx);
	assert_int_equal(wq->events_completed, 0);
}

static int bind(struct ibv_mw *mw, struct ibv_mw_bind_info info)
{
	struct ibv_mw_bind request = { .bind_info = info };

	called = "nobody";
	return ibv_bind_mw(NULL, mw, &request);
}

static void test_bind_mw_checks_what_it_binds(void **state)
{
	struct verbs_context vctx = extended();
	struct ibv_pd pd, other_pd;
	struct ibv_mr ours = { .pd = &pd }, other = { .pd = &other_pd };
	struct ibv_mw type1 = { .context = &vctx.context,
				.pd = &pd,
				.type = IBV_MW_TYPE_1 };
	struct ibv_mw type2 = { .context = &vctx.context,
				.pd = &pd,
				.type = IBV_MW_TYPE_2 };

	assert_int_equal(bind(&type2, (struct ibv_mw_bind_info){ .mr = &ours }),
			 EINVAL);
	assert_int_equal(bind(&type1, (struct ibv_mw_bind_info){ .length = 1 }),
			 EINVAL);
	assert_int_equal(
		bind(&type1, (struct ibv_mw_bind_info){ .mr = &other }), EPERM);
	assert_string_equal(called, "nobody");
	assert_int_equal(bind(&type1, (struct ibv_mw_bind_info){ .mr = &ours }),
			 0);
	assert_string_equal(called, "op");
	assert_int_equal(bind(&type1, (struct ibv_mw_bind_info){ .mr = NULL }),
			 0);
}

static void test_inc_rkey_changes_the_tag_only(void **state)
{
	assert_int_equal(ibv_inc_rkey(0x12345600), 0x12345601);
	assert_int_equal(ibv_inc_rkey(0x123456ff), 0x12345600);
	assert_int_equal(ibv_inc_rkey(0xffffffff), 0xffffff00);
}

static void test_flow_label_folds_into_the_port_range(void **state)
{
	assert_int_equal(ibv_flow_label_to_udp_sport(0), 0xC000);
	assert_int_equal(ibv_flow_label_to_udp_sport(0x03FFF), 0xFFFF);
	assert_int_equal(ibv_flow_label_to_udp_sport(0xFC000), 0xC03F);
	assert_int_equal(ibv_flow_label_to_udp_sport(0xFFFFF), 0xFFC0);
}

static void test_qpt_supported_looks_at_its_bit(void **state)
{
	assert_int_equal(ibv_is_qpt_supported(1 << IBV_QPT_RC, IBV_QPT_RC), 1);
	assert_int_equal(ibv_is_qpt_supported(1 << IBV_QPT_RC, IBV_QPT_UD), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_op_of_extended_context_is_found),
		cmocka_unit_test(test_op_of_plain_context_is_not_found),
		cmocka_unit_test(test_op_that_is_empty_is_not_found),
		cmocka_unit_test(test_op_newer_than_the_library_is_not_found),
		cmocka_unit_test(test_missing_pointer_op_gives_null_and_errno),
		cmocka_unit_test(test_missing_status_op_gives_status_and_errno),
		cmocka_unit_test(test_query_port_takes_the_op),
		cmocka_unit_test(
			test_query_port_without_op_clears_and_takes_the_symbol),
		cmocka_unit_test(
			test_query_device_ex_falls_back_when_unsupported),
		cmocka_unit_test(test_query_device_ex_keeps_other_errors),
		cmocka_unit_test(test_query_device_ex_takes_no_input_bits),
		cmocka_unit_test(test_qp_with_only_a_pd_is_a_plain_one),
		cmocka_unit_test(test_basic_srq_is_a_plain_one),
		cmocka_unit_test(test_reg_mr_with_plain_constant_access),
		cmocka_unit_test(test_reg_mr_with_optional_access),
		cmocka_unit_test(
			test_reg_mr_with_access_unknown_to_the_compiler),
		cmocka_unit_test(test_created_wq_is_initialised),
		cmocka_unit_test(test_bind_mw_checks_what_it_binds),
		cmocka_unit_test(test_inc_rkey_changes_the_tag_only),
		cmocka_unit_test(test_flow_label_folds_into_the_port_range),
		cmocka_unit_test(test_qpt_supported_looks_at_its_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
