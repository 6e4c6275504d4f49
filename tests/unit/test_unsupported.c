/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Calls without implementation: each fails in the way that its
 * callers look at, whatever it is handed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <infiniband/efadv.h>
#include <infiniband/hnsdv.h>
#include <infiniband/ionic_dv.h>
#include <infiniband/manadv.h>
#include <infiniband/mlx4dv.h>
#include <infiniband/mlx5dv.h>

#include "driver.h"

#define assert_no_object(call)                       \
	do {                                         \
		errno = 0;                           \
		assert_null(call);                   \
		assert_int_equal(errno, EOPNOTSUPP); \
	} while (0)

#define assert_returns(call, value)                  \
	do {                                         \
		errno = 0;                           \
		assert_int_equal(call, value);       \
		assert_int_equal(errno, EOPNOTSUPP); \
	} while (0)

static struct ibv_device device;

static void test_efa_makes_no_object(void **state)
{
	assert_no_object(efadv_create_driver_qp(NULL, NULL, 0));
	assert_no_object(efadv_create_qp_ex(NULL, NULL, NULL, 0));
	assert_no_object(efadv_create_cq(NULL, NULL, NULL, 0));
	assert_no_object(efadv_create_comp_cntr(NULL, NULL, NULL, 0));
	assert_no_object(efadv_cq_from_ibv_cq_ex(NULL));
	assert_no_object(efadv_qp_from_ibv_qp_ex(NULL));
}

static void test_efa_queries_nothing(void **state)
{
	assert_returns(efadv_query_device(NULL, NULL, 0), EOPNOTSUPP);
	assert_returns(efadv_query_ah(NULL, NULL, 0), EOPNOTSUPP);
	assert_returns(efadv_query_mr(NULL, NULL, 0), EOPNOTSUPP);
	assert_returns(efadv_query_cq(NULL, NULL, 0), EOPNOTSUPP);
	assert_returns(efadv_query_qp_wqs(NULL, NULL, NULL, 0), EOPNOTSUPP);
}

/* They return a depth, so a positive errno value would be one. */
static void test_efa_depths_are_negative(void **state)
{
	assert_returns(efadv_get_max_sq_depth(NULL, NULL, 0), -EOPNOTSUPP);
	assert_returns(efadv_get_max_rq_depth(NULL, NULL, 0), -EOPNOTSUPP);
}

static void test_hns_has_no_device(void **state)
{
	assert_false(hnsdv_is_supported(&device));
	assert_no_object(hnsdv_create_qp(NULL, NULL, NULL));
	assert_returns(hnsdv_query_device(NULL, NULL), EOPNOTSUPP);
}

static void test_mana_has_no_device(void **state)
{
	assert_returns(manadv_set_context_attr(
			       NULL, MANADV_CTX_ATTR_BUF_ALLOCATORS, NULL),
		       EOPNOTSUPP);
	assert_returns(manadv_init_obj(NULL, MANADV_OBJ_QP), EOPNOTSUPP);
	assert_no_object(manadv_alloc_pd(NULL, 0));
}

static void test_mlx4_has_no_device(void **state)
{
	assert_returns(mlx4dv_query_device(NULL, NULL), EOPNOTSUPP);
	assert_returns(mlx4dv_set_context_attr(
			       NULL, MLX4DV_SET_CTX_ATTR_BUF_ALLOCATORS, NULL),
		       EOPNOTSUPP);
	assert_returns(mlx4dv_init_obj(NULL, MLX4DV_OBJ_QP), EOPNOTSUPP);
	assert_no_object(mlx4dv_create_qp(NULL, NULL, NULL));
}

/* Its calls have a value of their own for objects of other devices. */
static void test_ionic_knows_no_object(void **state)
{
	assert_int_equal(ionic_dv_ctx_get_udma_count(NULL), 0);
	assert_int_equal(ionic_dv_ctx_get_udma_mask(NULL), 0);
	assert_int_equal(ionic_dv_pd_get_udma_mask(NULL), 0);
	assert_int_equal(ionic_dv_pd_set_udma_mask(NULL, 1), EPERM);
	assert_int_equal(ionic_dv_pd_set_sqcmb(NULL, true, true, true), EPERM);
	assert_int_equal(ionic_dv_pd_set_rqcmb(NULL, true, true, true), EPERM);
}

static void test_mlx5_fails_by_each_convention(void **state)
{
	assert_no_object(mlx5dv_pp_alloc(NULL, 0, NULL, 0));
	assert_returns(mlx5dv_reserved_qpn_alloc(NULL, NULL), EOPNOTSUPP);
	assert_returns(mlx5dv_qp_cancel_posted_send_wrs(NULL, 0), -EOPNOTSUPP);
	mlx5dv_pp_free(NULL);
}

static void test_mlx5_exports_nothing(void **state)
{
	struct mlx5dv_export_sizes sizes = { 1, 2, 3 };

	mlx5dv_get_export_sizes(&sizes);
	assert_int_equal(sizes.var_attrs_size | sizes.devx_umem_attrs_size |
				 sizes.devx_obj_attrs_size,
			 0);
	assert_returns(mlx5dv_devx_obj_export(NULL, NULL), EOPNOTSUPP);
	assert_returns(mlx5dv_devx_uar_export_dmabuf_fd(NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_efa_makes_no_object),
		cmocka_unit_test(test_efa_queries_nothing),
		cmocka_unit_test(test_efa_depths_are_negative),
		cmocka_unit_test(test_hns_has_no_device),
		cmocka_unit_test(test_mana_has_no_device),
		cmocka_unit_test(test_mlx4_has_no_device),
		cmocka_unit_test(test_ionic_knows_no_object),
		cmocka_unit_test(test_mlx5_fails_by_each_convention),
		cmocka_unit_test(test_mlx5_exports_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
