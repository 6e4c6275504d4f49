/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Direct-verbs calls without implementation: each fails in the way that its
 * callers look at, whatever it is handed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <infiniband/efadv.h>
#include <infiniband/hnsdv.h>
#include <infiniband/mlx5dv.h>

#include "driver.h"

/* Not in mlx5dv.h before they work; as programs know them. */
struct ibv_mr *mlx5dv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset,
				    size_t length, uint64_t iova, int fd,
				    int access, int mlx5_access);
int mlx5dv_get_data_direct_sysfs_path(struct ibv_context *context, char *buf,
				      size_t buf_len);
int mlx5dv_query_device(struct ibv_context *context, void *attrs_out);
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
	assert_no_object(efadv_cq_from_ibv_cq_ex(NULL));
}

static void test_efa_queries_nothing(void **state)
{
	assert_returns(efadv_query_device(NULL, NULL, 0), EOPNOTSUPP);
	assert_returns(efadv_query_ah(NULL, NULL, 0), EOPNOTSUPP);
	assert_returns(efadv_query_mr(NULL, NULL, 0), EOPNOTSUPP);
}

static void test_hns_has_no_device(void **state)
{
	assert_false(hnsdv_is_supported(&device));
	assert_no_object(hnsdv_create_qp(NULL, NULL, NULL));
	assert_returns(hnsdv_query_device(NULL, NULL), EOPNOTSUPP);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_efa_makes_no_object),
		cmocka_unit_test(test_efa_queries_nothing),
		cmocka_unit_test(test_hns_has_no_device),
		cmocka_unit_test(test_mlx5_data_direct_probe_says_unsupported),
		cmocka_unit_test(test_mlx5_refuses_devices_of_others),
		cmocka_unit_test(test_mlx5_fails_by_each_convention),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
