/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Flows, but for their counters as on any device. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"

struct mlx5_flow {
	struct ibv_flow flow;
	struct mlx5_counters *counters; /* NULL: not counted */
};

/*
 * The counters among the specifications, which need not be aligned, up to one
 * that has no length. No flow has two.
 */
static int find_counters(const struct ibv_flow_attr *attr,
			 struct mlx5_counters **found)
{
	const char *at = (const char *)(attr + 1);
	struct ibv_flow_spec_counter_action spec;
	uint8_t i;

	*found = NULL;
	for (i = 0; i < attr->num_of_specs; i++, at += spec.size) {
		memcpy(&spec, at, offsetof(typeof(spec), counters));
		if (!spec.size)
			return EINVAL;
		if (spec.type != IBV_FLOW_SPEC_ACTION_COUNT)
			continue;
		if (*found || spec.size < sizeof(spec))
			return EINVAL;
		memcpy(&spec, at, sizeof(spec));
		*found = to_mcounters(spec.counters);
	}
	return 0;
}

/* What they count is told once. Counters of nothing are refused. */
static int create_counted_locked(struct ibv_qp *qp,
				 const struct ibv_flow_attr *attr,
				 struct ibv_flow *flow,
				 const struct mlx5_counters *counters)
{
	struct {
		struct mlx5_ib_create_flow head;
		struct mlx5_ib_flow_counters_data data;
	} req = {
		.head.ncounters_data = !counters->flows,
		.data.ncounters = counters->flows ? 0 : counters->num,
	};
	const struct verbs_udata udata = {
		.in = &req,
		.in_len = sizeof(req),
	};

	if (!counters->num)
		return EINVAL;
	if (!counters->flows)
		req.data.counters_data = counters->descs;
	return ibv_cmd_create_flow(qp, attr, flow, &udata);
}

static int create_counted(struct ibv_qp *qp, const struct ibv_flow_attr *attr,
			  struct ibv_flow *flow, struct mlx5_counters *counters)
{
	int err;

	pthread_mutex_lock(&counters->lock);
	err = create_counted_locked(qp, attr, flow, counters);
	if (!err)
		counters->flows++;
	pthread_mutex_unlock(&counters->lock);
	return err;
}

static int create_flow(struct ibv_qp *qp, const struct ibv_flow_attr *attr,
		       struct mlx5_flow *flow)
{
	int err = find_counters(attr, &flow->counters);

	if (err)
		return err;
	if (flow->counters)
		return create_counted(qp, attr, &flow->flow, flow->counters);
	return ibv_cmd_create_flow(qp, attr, &flow->flow, NULL);
}

struct ibv_flow *mlx5_create_flow(struct ibv_qp *qp, struct ibv_flow_attr *attr)
{
	struct mlx5_flow *flow = calloc(1, sizeof(*flow));
	int err;

	if (!flow)
		return NULL;
	err = create_flow(qp, attr, flow);
	if (err) {
		free(flow);
		return verbs_null(err);
	}
	return &flow->flow;
}

static void give_back(struct mlx5_counters *counters)
{
	pthread_mutex_lock(&counters->lock);
	counters->flows--;
	pthread_mutex_unlock(&counters->lock);
}

int mlx5_destroy_flow(struct ibv_flow *ibflow)
{
	struct mlx5_flow *flow = (struct mlx5_flow *)ibflow;
	int ret = ibv_cmd_destroy_flow(ibflow);

	if (ret)
		return ret;
	if (flow->counters)
		give_back(flow->counters);
	free(flow);
	return 0;
}
