// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

/* Protection domains and XRC domains: what other objects are compared by. */

static DEFINE_XARRAY_ALLOC1(pds);

/* So far it is no more than a number. */
int hca_pdn_alloc(void)
{
	u32 pdn;
	int ret;

	ret = xa_alloc(&pds, &pdn, NULL, XA_LIMIT(1, 0xffffff), GFP_KERNEL);
	return ret ? ret : pdn;
}

void hca_pdn_free(u32 pdn)
{
	xa_erase(&pds, pdn);
}

/* One of the program's own; NULL if there is none with this number. */
struct hca_pd *hca_pd_find_locked(const struct hca_ctx *ctx, u32 pdn)
{
	struct hca_pd *pd = xa_load(&pds, pdn);

	return pd && pd->ib.uobject->context == &ctx->ib ? pd : NULL;
}

int hca_alloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibpd->device);
	struct mlx5_ib_alloc_pd_resp resp = {};
	struct hca_pd *pd = to_hpd(ibpd);
	int ret;

	pd->kernel = !udata;
	if (!pd->kernel && !hca_obj_get(dev, HCA_OBJ_PDS, HCA_MAX_PD))
		return -ENOMEM;
	ret = hca_pdn_alloc();
	if (ret < 0)
		goto put_count;
	pd->pdn = ret;
	if (pd->kernel)
		return 0;
	resp.pdn = pd->pdn;
	ret = ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
	if (ret)
		goto free_number;
	/* Commands may name it from now on. */
	xa_store(&pds, pd->pdn, pd, GFP_KERNEL);
	return 0;

free_number:
	hca_pdn_free(pd->pdn);
put_count:
	if (!pd->kernel)
		hca_obj_put(dev, HCA_OBJ_PDS);
	return ret;
}

int hca_dealloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	struct hca_pd *pd = to_hpd(ibpd);
	int ret = -EBUSY;

	/* The core has looked, too; a command may have been faster. */
	mutex_lock(&hca_command_mutex);
	mutex_lock(&hca_mutex);
	if (!atomic_read(&ibpd->usecnt)) {
		hca_mkeys_forget_pd_locked(to_hca(ibpd->device), pd);
		hca_pdn_free(pd->pdn);
		ret = 0;
	}
	mutex_unlock(&hca_mutex);
	mutex_unlock(&hca_command_mutex);
	if (!ret && !pd->kernel)
		hca_obj_put(to_hca(ibpd->device), HCA_OBJ_PDS);
	return ret;
}

/* A target QP and its SRQs have the same ib_xrcd: there is nothing to add. */
int hca_alloc_xrcd(struct ib_xrcd *ibxrcd, struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibxrcd->device);

	return hca_obj_get(dev, HCA_OBJ_XRCDS, HCA_MAX_XRCD) ? 0 : -ENOMEM;
}

int hca_dealloc_xrcd(struct ib_xrcd *ibxrcd, struct ib_udata *udata)
{
	hca_obj_put(to_hca(ibxrcd->device), HCA_OBJ_XRCDS);
	return 0;
}
