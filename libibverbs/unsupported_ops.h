/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Defaults for the table in ops.c that refuse, each by the convention of its
 * verb: EOPNOTSUPP.
 */
#ifndef VERBS_UNSUPPORTED_OPS_H
#define VERBS_UNSUPPORTED_OPS_H

#include "driver.h"

struct ibv_td *no_alloc_td(struct ibv_context *context,
			   struct ibv_td_init_attr *attr);
int no_dealloc_td(struct ibv_td *td);
struct ibv_pd *no_alloc_parent_domain(struct ibv_context *context,
				      struct ibv_parent_domain_init_attr *attr);
struct ibv_mr *no_alloc_null_mr(struct ibv_pd *pd);
struct ibv_dm *no_alloc_dm(struct ibv_context *context,
			   struct ibv_alloc_dm_attr *attr);
int no_free_dm(struct ibv_dm *dm);
struct ibv_pd *no_import_pd(struct ibv_context *context, uint32_t handle);
struct ibv_mr *no_import_mr(struct ibv_pd *pd, uint32_t handle);
struct ibv_dmah *no_alloc_dmah(struct ibv_context *context,
			       struct ibv_dmah_init_attr *attr);
int no_dealloc_dmah(struct ibv_dmah *dmah);
int no_dm_export_dmabuf_fd(struct ibv_dm *dm);
struct ibv_dm *no_import_dm(struct ibv_context *context, uint32_t handle);
int no_ece(struct ibv_qp *qp, struct ibv_ece *ece);
struct ibv_qp *no_open_qp(struct ibv_context *context,
			  struct ibv_qp_open_attr *attr);
struct ibv_srq *no_create_srq_ex(struct ibv_context *context,
				 struct ibv_srq_init_attr_ex *attr);
int no_get_srq_num(struct ibv_srq *srq, uint32_t *srq_num);
int no_post_srq_ops(struct ibv_srq *srq, struct ibv_ops_wr *wr,
		    struct ibv_ops_wr **bad_wr);
int no_query_rt_values(struct ibv_context *context,
		       struct ibv_values_ex *values);
int no_modify_qp_rate_limit(struct ibv_qp *qp,
			    struct ibv_qp_rate_limit_attr *attr);
struct ibv_wq *no_create_wq(struct ibv_context *context,
			    struct ibv_wq_init_attr *attr);
int no_modify_wq(struct ibv_wq *wq, struct ibv_wq_attr *attr);
int no_destroy_wq(struct ibv_wq *wq);
struct ibv_flow_action *
no_create_flow_action_esp(struct ibv_context *context,
			  struct ibv_flow_action_esp_attr *attr);
int no_modify_flow_action_esp(struct ibv_flow_action *action,
			      struct ibv_flow_action_esp_attr *attr);
int no_destroy_flow_action(struct ibv_flow_action *action);
struct ibv_counters *no_create_counters(struct ibv_context *context,
					struct ibv_counters_init_attr *attr);
int no_destroy_counters(struct ibv_counters *counters);
int no_attach_counters_point_flow(struct ibv_counters *counters,
				  struct ibv_counter_attach_attr *attr,
				  struct ibv_flow *flow);
int no_read_counters(struct ibv_counters *counters, uint64_t *values,
		     uint32_t num, uint32_t flags);

#endif
