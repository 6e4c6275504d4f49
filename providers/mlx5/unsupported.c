/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The calls of <infiniband/mlx5dv.h> that have no implementation yet. Programs
 * are bound to some of them when they are loaded and try others to see what the
 * device can do, so each is there and fails as its callers expect. Whoever
 * implements one takes its line away here; map and test stay as they are.
 *
 * None looks at its arguments, so none declares them, and there is no header to
 * agree with: the calling conventions of Linux leave arguments to the caller.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#include "driver.h"

#define UNSUPPORTED(type, name, value) \
	VERBS_EXPORT type name(void);  \
	type name(void)                \
	{                              \
		errno = EOPNOTSUPP;    \
		return value;          \
	}

#define UNSUPPORTED_POINTER(name) UNSUPPORTED(void *, name, NULL)
#define UNSUPPORTED_STATUS(name) UNSUPPORTED(int, name, EOPNOTSUPP)
#define UNSUPPORTED_COUNT(name) UNSUPPORTED(int, name, -EOPNOTSUPP)
#define UNSUPPORTED_FD(name) UNSUPPORTED(int, name, -1)

/* Frees what no call here ever made. */
#define UNSUPPORTED_NOTHING(name)     \
	VERBS_EXPORT void name(void); \
	void name(void)               \
	{                             \
	}

/* clang-format off */

/* Device and context */
UNSUPPORTED_POINTER(mlx5dv_get_vfio_device_list)
UNSUPPORTED_FD(mlx5dv_vfio_get_events_fd)
UNSUPPORTED_STATUS(mlx5dv_vfio_process_events)

/* Objects of the verbs, with more */
UNSUPPORTED_COUNT(mlx5dv_qp_cancel_posted_send_wrs)
UNSUPPORTED_STATUS(mlx5dv_map_ah_to_qp)
UNSUPPORTED_STATUS(mlx5dv_modify_qp_sched_elem)
UNSUPPORTED_STATUS(mlx5dv_reserved_qpn_alloc)
UNSUPPORTED_STATUS(mlx5dv_reserved_qpn_dealloc)

/* Memory */
UNSUPPORTED_POINTER(mlx5dv_alloc_dm)
UNSUPPORTED_POINTER(mlx5dv_dm_map_op_addr)
UNSUPPORTED_POINTER(mlx5dv_alloc_var)
UNSUPPORTED_NOTHING(mlx5dv_free_var)
UNSUPPORTED_STATUS(mlx5dv_var_export)
UNSUPPORTED_POINTER(mlx5dv_var_import)
UNSUPPORTED_NOTHING(mlx5dv_var_unimport)
UNSUPPORTED_POINTER(mlx5dv_pp_alloc)
UNSUPPORTED_NOTHING(mlx5dv_pp_free)

/* Encryption */
UNSUPPORTED_STATUS(mlx5dv_crypto_login)
UNSUPPORTED_STATUS(mlx5dv_crypto_login_query_state)
UNSUPPORTED_STATUS(mlx5dv_crypto_logout)
UNSUPPORTED_POINTER(mlx5dv_crypto_login_create)
UNSUPPORTED_STATUS(mlx5dv_crypto_login_query)
UNSUPPORTED_STATUS(mlx5dv_crypto_login_destroy)
UNSUPPORTED_POINTER(mlx5dv_dek_create)
UNSUPPORTED_STATUS(mlx5dv_dek_query)
UNSUPPORTED_STATUS(mlx5dv_dek_destroy)

/* Scheduling */
UNSUPPORTED_POINTER(mlx5dv_sched_node_create)
UNSUPPORTED_POINTER(mlx5dv_sched_leaf_create)
UNSUPPORTED_STATUS(mlx5dv_sched_node_modify)
UNSUPPORTED_STATUS(mlx5dv_sched_leaf_modify)
UNSUPPORTED_STATUS(mlx5dv_sched_node_destroy)
UNSUPPORTED_STATUS(mlx5dv_sched_leaf_destroy)

/* DEVX */
UNSUPPORTED_STATUS(mlx5dv_devx_obj_export)
UNSUPPORTED_POINTER(mlx5dv_devx_obj_import)
UNSUPPORTED_NOTHING(mlx5dv_devx_obj_unimport)
UNSUPPORTED_STATUS(mlx5dv_devx_umem_export)
UNSUPPORTED_POINTER(mlx5dv_devx_umem_import)
UNSUPPORTED_NOTHING(mlx5dv_devx_umem_unimport)
UNSUPPORTED_FD(mlx5dv_devx_uar_export_dmabuf_fd)
UNSUPPORTED_POINTER(mlx5dv_devx_alloc_msi_vector)
UNSUPPORTED_STATUS(mlx5dv_devx_free_msi_vector)
UNSUPPORTED_POINTER(mlx5dv_devx_create_eq)
UNSUPPORTED_STATUS(mlx5dv_devx_destroy_eq)

/* Flow steering */
UNSUPPORTED_POINTER(mlx5dv_create_flow_matcher)
UNSUPPORTED_POINTER(mlx5dv_create_flow)
UNSUPPORTED_POINTER(__mlx5dv_create_flow)
UNSUPPORTED_POINTER(mlx5dv_create_flow_action_esp)
UNSUPPORTED_POINTER(mlx5dv_create_flow_action_modify_header)
UNSUPPORTED_POINTER(mlx5dv_create_flow_action_packet_reformat)
UNSUPPORTED_STATUS(mlx5dv_destroy_flow_matcher)
UNSUPPORTED_POINTER(mlx5dv_create_steering_anchor)
UNSUPPORTED_STATUS(mlx5dv_destroy_steering_anchor)

/* Software steering */
UNSUPPORTED_POINTER(mlx5dv_dr_domain_create)
UNSUPPORTED_STATUS(mlx5dv_dr_domain_destroy)
UNSUPPORTED_STATUS(mlx5dv_dr_domain_sync)
UNSUPPORTED_NOTHING(mlx5dv_dr_domain_set_reclaim_device_memory)
UNSUPPORTED_NOTHING(mlx5dv_dr_domain_allow_duplicate_rules)
UNSUPPORTED_POINTER(mlx5dv_dr_table_create)
UNSUPPORTED_STATUS(mlx5dv_dr_table_destroy)
UNSUPPORTED_POINTER(mlx5dv_dr_matcher_create)
UNSUPPORTED_STATUS(mlx5dv_dr_matcher_destroy)
UNSUPPORTED_STATUS(mlx5dv_dr_matcher_set_layout)
UNSUPPORTED_POINTER(mlx5dv_dr_rule_create)
UNSUPPORTED_STATUS(mlx5dv_dr_rule_destroy)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_dest_ibv_qp)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_dest_table)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_dest_vport)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_dest_ib_port)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_dest_devx_tir)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_dest_array)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_drop)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_default_miss)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_tag)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_flow_counter)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_aso)
UNSUPPORTED_STATUS(mlx5dv_dr_action_modify_aso)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_packet_reformat)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_modify_header)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_flow_meter)
UNSUPPORTED_STATUS(mlx5dv_dr_action_modify_flow_meter)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_flow_sampler)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_pop_vlan)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_push_vlan)
UNSUPPORTED_POINTER(mlx5dv_dr_action_create_dest_root_table)
UNSUPPORTED_STATUS(mlx5dv_dr_action_destroy)
UNSUPPORTED_STATUS(mlx5dv_dr_aso_other_domain_link)
UNSUPPORTED_STATUS(mlx5dv_dr_aso_other_domain_unlink)
UNSUPPORTED_STATUS(mlx5dv_dump_dr_domain)
UNSUPPORTED_STATUS(mlx5dv_dump_dr_table)
UNSUPPORTED_STATUS(mlx5dv_dump_dr_matcher)
UNSUPPORTED_STATUS(mlx5dv_dump_dr_rule)
/* clang-format on */

/* Nothing can be exported: every size is 0. */
VERBS_EXPORT void _mlx5dv_get_export_sizes(void *sizes, size_t sizes_len);
void _mlx5dv_get_export_sizes(void *sizes, size_t sizes_len)
{
	memset(sizes, 0, sizes_len);
}
