/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Counters: what they count is said before they are given to a flow. */
#include <errno.h>
#include <stdlib.h>

#include "counters.h"

struct ibv_counters *mlx5_create_counters(struct ibv_context *context,
					  struct ibv_counters_init_attr *attr)
{
	struct mlx5_counters *counters = calloc(1, sizeof(*counters));

	if (!counters)
		return NULL;
	pthread_mutex_init(&counters->lock, NULL);
	if (verbs_no_method(ibv_cmd_create_counters(context, attr,
						    &counters->vcounters))) {
		pthread_mutex_destroy(&counters->lock);
		verbs_free_keep_errno(counters);
		return NULL;
	}
	return &counters->vcounters.counters;
}

int mlx5_destroy_counters(struct ibv_counters *ibcounters)
{
	struct mlx5_counters *counters = to_mcounters(ibcounters);
	int ret = ibv_cmd_destroy_counters(&counters->vcounters);

	if (ret)
		return ret;
	pthread_mutex_destroy(&counters->lock);
	free(counters->descs);
	free(counters);
	return 0;
}

static int add_desc_locked(struct mlx5_counters *counters,
			   const struct ibv_counter_attach_attr *attr)
{
	struct mlx5_ib_flow_counters_desc *descs;

	if (counters->flows)
		return EBUSY;
	descs = realloc(counters->descs, (counters->num + 1) * sizeof(*descs));
	if (!descs)
		return ENOMEM;
	descs[counters->num].description = attr->counter_desc;
	descs[counters->num].index = attr->index;
	counters->descs = descs;
	counters->num++;
	return 0;
}

/* A flow that is there has the counters it was made with. */
int mlx5_attach_counters(struct ibv_counters *ibcounters,
			 struct ibv_counter_attach_attr *attr,
			 struct ibv_flow *flow)
{
	struct mlx5_counters *counters = to_mcounters(ibcounters);
	int err;

	if (flow || attr->comp_mask ||
	    (unsigned int)attr->counter_desc > IBV_COUNTER_BYTES)
		return verbs_err(EOPNOTSUPP);
	pthread_mutex_lock(&counters->lock);
	err = add_desc_locked(counters, attr);
	pthread_mutex_unlock(&counters->lock);
	return err ? verbs_err(err) : 0;
}
