// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "raw.h"

/*
 * Counters of flows. A program says which count is to be where in the array it
 * reads them into when it makes the first flow that they count for.
 */

enum { MAX_DESCS = 64, MAX_INDEX = 1023 };

static struct hca_counters *to_hcounters(struct ib_counters *ib)
{
	return container_of(ib, struct hca_counters, ib);
}

int hca_create_counters(struct ib_counters *ibcounters,
			struct uverbs_attr_bundle *attrs)
{
	struct hca_dev *dev = to_hca(ibcounters->device);

	return hca_obj_get(dev, HCA_OBJ_COUNTERS, HCA_MAX_COUNTERS) ? 0
								    : -ENOMEM;
}

/* The core sees to it that no flow has them any more. */
int hca_destroy_counters(struct ib_counters *ibcounters)
{
	kfree(to_hcounters(ibcounters)->descs);
	hca_obj_put(to_hca(ibcounters->device), HCA_OBJ_COUNTERS);
	return 0;
}

int hca_read_counters(struct ib_counters *ibcounters,
		      struct ib_counters_read_attr *attr,
		      struct uverbs_attr_bundle *attrs)
{
	struct hca_counters *c = to_hcounters(ibcounters);
	const struct mlx5_ib_flow_counters_desc *desc;
	int ret = -EINVAL;

	mutex_lock(&hca_mutex);
	/* Not yet bound, they have no places. */
	if (!c->descs || attr->ncounters < c->size)
		goto out;
	for (desc = c->descs; desc < c->descs + c->num_descs; desc++)
		attr->counters_buff[desc->index] +=
			desc->description == IB_COUNTER_PACKETS ? c->packets
								: c->bytes;
	ret = 0;
out:
	mutex_unlock(&hca_mutex);
	return ret;
}

/* ---- Binding ------------------------------------------------------------------- */

struct request {
	struct mlx5_ib_create_flow head;
	struct mlx5_ib_flow_counters_data data;
};

static int read_request(struct request *req, struct ib_udata *udata)
{
	size_t len;

	memset(req, 0, sizeof(*req));
	if (!udata || !udata->inlen)
		return 0;
	if (udata->inlen < sizeof(req->head))
		return -EOPNOTSUPP;
	if (ib_copy_from_udata(&req->head, udata, sizeof(req->head)))
		return -EFAULT;
	if (req->head.ncounters_data > 1)
		return -EINVAL;
	len = sizeof(req->head) + req->head.ncounters_data * sizeof(req->data);
	if (udata->inlen < len)
		return -EINVAL;
	if (udata->inlen > len &&
	    !ib_is_udata_cleared(udata, len, udata->inlen - len))
		return -EOPNOTSUPP;
	if (ib_copy_from_udata(req, udata, len))
		return -EFAULT;
	return req->head.reserved ? -EINVAL : 0;
}

/* How long an array has to be that has a place for all, or an error. */
static int array_len(const struct mlx5_ib_flow_counters_desc *descs, u32 n)
{
	u32 max = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		if (descs[i].description > IB_COUNTER_BYTES ||
		    descs[i].index > MAX_INDEX)
			return -EINVAL;
		max = max(max, descs[i].index);
	}
	return max + 1;
}

static int read_descs(const struct request *req,
		      struct mlx5_ib_flow_counters_desc **descs)
{
	u32 n = req->data.ncounters;
	int ret;

	*descs = NULL;
	if (!req->head.ncounters_data)
		return 0;
	if (!n || n > MAX_DESCS)
		return -EINVAL;
	*descs = memdup_user(u64_to_user_ptr(req->data.counters_data),
			     n * sizeof(**descs));
	if (IS_ERR(*descs))
		return PTR_ERR(*descs);
	ret = array_len(*descs, n);
	if (ret < 0)
		kfree(*descs);
	return ret;
}

/* They are said once, for as long as there is a flow. */
static int set_descs(struct hca_counters *c,
		     struct mlx5_ib_flow_counters_desc *descs, u32 n, u32 size)
{
	if (!c->descs == !descs)
		return -EINVAL;
	if (descs) {
		c->descs = descs;
		c->num_descs = n;
		c->size = size;
	}
	c->flows++;
	return 0;
}

/* ibcounters: NULL if the flow has none; then the request names none either. */
int hca_counters_bind(struct ib_counters *ibcounters, struct ib_udata *udata)
{
	struct mlx5_ib_flow_counters_desc *descs;
	struct request req;
	int size, ret;

	ret = read_request(&req, udata);
	if (ret || !ibcounters)
		return ret;
	size = read_descs(&req, &descs);
	if (size < 0)
		return size;
	mutex_lock(&hca_mutex);
	ret = set_descs(to_hcounters(ibcounters), descs, req.data.ncounters,
			size);
	mutex_unlock(&hca_mutex);
	if (ret)
		kfree(descs);
	return ret;
}

void hca_counters_unbind(struct ib_counters *ibcounters)
{
	struct hca_counters *c;

	if (!ibcounters)
		return;
	c = to_hcounters(ibcounters);
	mutex_lock(&hca_mutex);
	if (!--c->flows) {
		kfree(c->descs);
		c->descs = NULL;
	}
	mutex_unlock(&hca_mutex);
}
