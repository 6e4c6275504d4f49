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

/* Not in mlx5dv.h before they work; as programs know them. */
struct ibv_mr *mlx5dv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset,
				    size_t length, uint64_t iova, int fd,
				    int access, int mlx5_access);
int mlx5dv_get_data_direct_sysfs_path(struct ibv_context *context, char *buf,
				      size_t buf_len);
int mlx5dv_query_device(struct ibv_context *context, void *attrs_out);
struct mlx5dv_export_sizes {
	uint32_t sizes[3];
};
void _mlx5dv_get_export_sizes(struct mlx5dv_export_sizes *sizes, size_t len);
int mlx5dv_devx_uar_export_dmabuf_fd(void *devx_uar);
int mlx5dv_devx_obj_export(void *obj, void *data);
int mlx5dv_get_clock_info(struct ibv_context *context, void *clock_info);
int mlx5dv_qp_cancel_posted_send_wrs(void *mqp, uint64_t wr_id);
ssize_t mlx5dv_devx_get_event(void *event_channel, void *event_data,
			      size_t event_resp_len);
void mlx5dv_devx_free_uar(void *devx_uar);

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

/* How NCCL asks whether a device has a data direct path. */
static void test_mlx5_data_direct_probe_says_unsupported(void **state)
{
	char path[64];

	assert_no_object(mlx5dv_reg_dmabuf_mr(NULL, 0, 0, 0, -1, 0, 0));
	assert_returns(
		mlx5dv_get_data_direct_sysfs_path(NULL, path, sizeof(path)),
		EOPNOTSUPP);
}

/* A context of another driver has nothing that these calls could read. */
static void test_mlx5_refuses_devices_of_others(void **state)
{
	struct verbs_device vdev = { .driver_id = RDMA_DRIVER_RXE };
	struct ibv_context context = { .device = &vdev.device };
	char attrs[512];

	assert_false(mlx5dv_is_supported(&vdev.device));
	assert_returns(mlx5dv_query_device(&context, attrs), EOPNOTSUPP);
}

static void test_mlx5_fails_by_each_convention(void **state)
{
	assert_returns(mlx5dv_get_clock_info(NULL, NULL), EOPNOTSUPP);
	assert_returns(mlx5dv_qp_cancel_posted_send_wrs(NULL, 0), -EOPNOTSUPP);
	assert_returns(mlx5dv_devx_get_event(NULL, NULL, 0), -1);
	mlx5dv_devx_free_uar(NULL);
}

static void test_mlx5_exports_nothing(void **state)
{
	struct mlx5dv_export_sizes sizes = { { 1, 2, 3 } };

	_mlx5dv_get_export_sizes(&sizes, sizeof(sizes));
	assert_int_equal(sizes.sizes[0] | sizes.sizes[1] | sizes.sizes[2], 0);
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
		cmocka_unit_test(test_mlx5_data_direct_probe_says_unsupported),
		cmocka_unit_test(test_mlx5_refuses_devices_of_others),
		cmocka_unit_test(test_mlx5_fails_by_each_convention),
		cmocka_unit_test(test_mlx5_exports_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
