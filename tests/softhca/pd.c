// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

/* Protection domains and XRC domains: what other objects are compared by. */

static DEFINE_XARRAY_ALLOC1(pds);

/* pd: NULL for one that is no more than a number. */
int hca_pdn_alloc(struct hca_pd *pd)
{
	u32 pdn;
	int ret;

	ret = xa_alloc(&pds, &pdn, pd, XA_LIMIT(1, 0xffffff), GFP_KERNEL);
	return ret ? ret : pdn;
}

void hca_pdn_free(u32 pdn)
{
	xa_erase(&pds, pdn);
}

struct hca_pd *hca_pd_find_locked(u32 pdn)
{
	return xa_load(&pds, pdn);
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
	ret = hca_pdn_alloc(pd);
	if (ret < 0)
		goto put_count;
	pd->pdn = ret;
	if (pd->kernel)
		return 0;
	resp.pdn = pd->pdn;
	ret = ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
	if (ret)
		goto free_number;
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

	mutex_lock(&hca_mutex);
	hca_mkeys_forget_pd_locked(to_hca(ibpd->device), pd);
	hca_pdn_free(pd->pdn);
	mutex_unlock(&hca_mutex);
	if (!pd->kernel)
		hca_obj_put(to_hca(ibpd->device), HCA_OBJ_PDS);
	return 0;
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
