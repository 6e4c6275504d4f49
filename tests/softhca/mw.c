// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

/*
 * Memory windows. A window has a key from the start and opens onto nothing;
 * a request on a send queue binds it to a part of a region, or takes it back.
 * It names the region by key, so one that is gone leaves the window shut.
 */

int hca_alloc_mw(struct ib_mw *ibmw, struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibmw->device);
	struct hca_mw *mw = to_hmw(ibmw);
	struct mlx5_ib_alloc_mw cmd = {};
	int ret;

	ret = ib_copy_from_udata(&cmd, udata, min(udata->inlen, sizeof(cmd)));
	if (ret)
		return ret;
	if (ibmw->type != IB_MW_TYPE_1 && ibmw->type != IB_MW_TYPE_2)
		return -EINVAL;
	/* A window opens onto one part of one region. */
	if (cmd.comp_mask || cmd.reserved1 || cmd.reserved2 || cmd.num_klms > 1)
		return -EOPNOTSUPP;
	if (!hca_obj_get(dev, HCA_OBJ_MWS, HCA_MAX_MW))
		return -ENOMEM;

	mw->key.kind = HCA_KEY_WINDOW;
	mw->key.pd = to_hpd(ibmw->pd);
	ret = hca_key_publish(dev, &mw->key);
	if (ret)
		hca_obj_put(dev, HCA_OBJ_MWS);
	ibmw->rkey = mw->key.key;
	return ret;
}

int hca_dealloc_mw(struct ib_mw *ibmw)
{
	struct hca_dev *dev = to_hca(ibmw->device);

	hca_key_remove(dev, &to_hmw(ibmw)->key);
	hca_obj_put(dev, HCA_OBJ_MWS);
	return 0;
}

static struct hca_mw *find_window(struct hca_qp *qp, u32 key)
{
	struct hca_key *found = hca_key_find(to_hca(qp->ib.device), key);

	if (!found || found->kind != HCA_KEY_WINDOW ||
	    found->pd != to_hpd(qp->ib.pd))
		return NULL;
	return container_of(found, struct hca_mw, key);
}

static void shut_window(struct hca_mw *mw)
{
	mw->mr_key = 0;
	mw->key.len = 0;
	mw->key.access = 0;
}

/* Takes back a window of type 2; others can only be bound to something else. */
int hca_invalidate_locked(struct hca_qp *qp, u32 key)
{
	struct hca_key *found = hca_key_find(to_hca(qp->ib.device), key);
	struct hca_mw *mw;

	if (found && found->kind == HCA_KEY_LIST)
		return hca_mkey_invalidate_locked(qp, found);
	mw = find_window(qp, key);
	if (!mw || mw->ib.type != IB_MW_TYPE_2 || !mw->mr_key ||
	    mw->qpn != qp->qpn)
		return -EINVAL;
	shut_window(mw);
	return 0;
}

/* A window opens memory to others only. */
static int window_access(const struct hca_mkey_seg *seg)
{
	return hca_key_access(seg->access) & ~IB_ACCESS_LOCAL_WRITE;
}

/* The region must allow what the window is to allow. */
static bool region_allows(struct hca_qp *qp, const struct hca_data_seg *part,
			  u64 len, int access)
{
	struct hca_key *mr =
		hca_key_find(to_hca(qp->ib.device), be32_to_cpu(part->lkey));
	u64 addr = be64_to_cpu(part->addr);

	if (!mr || mr->kind != HCA_KEY_REGION || mr->pd != to_hpd(qp->ib.pd) ||
	    !(mr->access & IB_ACCESS_MW_BIND))
		return false;
	if (access & (IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_ATOMIC) &&
	    !(mr->access & IB_ACCESS_LOCAL_WRITE))
		return false;
	return addr >= mr->iova && addr - mr->iova <= mr->len &&
	       len <= mr->len - (addr - mr->iova);
}

static int bind_window(struct hca_qp *qp, struct hca_mw *mw,
		       const struct hca_mkey_seg *seg,
		       const struct hca_data_seg *part)
{
	u64 len = be64_to_cpu(seg->len);
	int access = window_access(seg);

	if (!region_allows(qp, part, len, access))
		return HCA_SYN_MW_BIND;

	/* The low byte of the new key is the program's to choose. */
	mw->key.key =
		(mw->key.key & ~0xff) | (be32_to_cpu(seg->qpn_key) & 0xff);
	mw->key.iova = be64_to_cpu(seg->start);
	mw->key.len = len;
	mw->key.access = access;
	mw->mr_key = be32_to_cpu(part->lkey);
	mw->mr_addr = be64_to_cpu(part->addr);
	mw->qpn = mw->ib.type == IB_MW_TYPE_2 ? qp->qpn : 0;
	return 0;
}

struct bind_request {
	struct hca_ctrl_seg ctrl;
	struct hca_umr_seg umr;
	struct hca_mkey_seg mkey;
	struct hca_data_seg part;
};

static size_t announced(const struct hca_ctrl_seg *ctrl)
{
	return (be32_to_cpu(ctrl->qpn_ds) & 0x3f) * 16;
}

/* Changes the key that the current request names. Returns 0 or a syndrome. */
int hca_umr_locked(struct hca_qp *qp)
{
	const struct bind_request *req = (void *)qp->op.raw;
	u32 key = be32_to_cpu(req->ctrl.imm);
	size_t len = announced(&req->ctrl);
	struct hca_key *found;
	struct hca_mw *mw;

	if (len < offsetofend(struct bind_request, umr))
		return HCA_SYN_LOCAL_QP_OP;
	found = hca_key_find(to_hca(qp->ib.device), key);
	if (found && found->kind == HCA_KEY_LIST)
		return hca_mkey_change_locked(qp, found);
	mw = find_window(qp, key);
	if (!mw)
		return HCA_SYN_MW_BIND;

	if (len < offsetofend(struct bind_request, mkey) ||
	    req->mkey.free & HCA_MKEY_FREE) {
		if (mw->ib.type == IB_MW_TYPE_2 && mw->mr_key &&
		    mw->qpn != qp->qpn)
			return HCA_SYN_MW_BIND;
		shut_window(mw);
		return 0;
	}
	if (len < sizeof(*req) || !(req->umr.flags & HCA_UMR_INLINE))
		return HCA_SYN_LOCAL_QP_OP;
	if (mw->ib.type == IB_MW_TYPE_2 && mw->mr_key)
		return HCA_SYN_MW_BIND;
	return bind_window(qp, mw, &req->mkey, &req->part);
}
