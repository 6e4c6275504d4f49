/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Direct verbs: memory keys that stand for a list of parts of regions. A command
 * of the device makes one; what its parts are requests say: wr_mkey.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "dv_devx.h"
#include "mkey.h"

enum {
	ENTRIES_UNIT = 4, /* the device counts them in blocks */
	MAX_ENTRIES = UINT16_MAX / ENTRIES_UNIT * ENTRIES_UNIT,
};

/* Signatures, encryption and tags that change are not implemented. */
static int check_attr(const struct mlx5dv_mkey_init_attr *attr)
{
	const uint32_t known = MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT |
			       MLX5DV_MKEY_INIT_ATTR_FLAGS_REMOTE_INVALIDATE;

	if (!attr->create_flags || attr->create_flags & ~known)
		return EOPNOTSUPP;
	return attr->max_entries > MAX_ENTRIES ? EINVAL : 0;
}

/* No memory yet, so it is of no use to anybody. */
static void fill_command(struct prm_create_mkey *in,
			 const struct mlx5dv_mkey_init_attr *attr,
			 uint32_t max_entries)
{
	uint32_t flags_pd = to_mpd(attr->pd)->pdn;

	if (attr->create_flags & MLX5DV_MKEY_INIT_ATTR_FLAGS_REMOTE_INVALIDATE)
		flags_pd |= PRM_MKEY_REMOTE_INVALIDATE;
	memset(in, 0, sizeof(*in));
	in->opcode = htobe16(PRM_CMD_CREATE_MKEY);
	in->mkey.free = PRM_MKEY_FREE;
	in->mkey.access =
		PRM_MKEY_BY_REQUESTS | PRM_MKEY_LOCAL_READ | PRM_MKEY_OF_PARTS;
	in->mkey.qpn_key = htobe32(PRM_MKEY_ANY_QPN << 8);
	in->mkey.flags_pd = htobe32(flags_pd);
	in->mkey.parts = htobe32(max_entries);
}

static int create(struct mlx5_mkey *mkey,
		  const struct mlx5dv_mkey_init_attr *attr)
{
	struct prm_create_mkey_out out = { 0 };
	struct prm_create_mkey in;

	mkey->max_entries = (attr->max_entries + ENTRIES_UNIT - 1u) /
			    ENTRIES_UNIT * ENTRIES_UNIT;
	fill_command(&in, attr, mkey->max_entries);
	mkey->obj = mlx5dv_devx_obj_create(attr->pd->context, &in, sizeof(in),
					   &out, sizeof(out));
	if (!mkey->obj)
		return errno;
	mkey->dv.lkey = PRM_NUM_24(out.index) << 8;
	mkey->dv.rkey = mkey->dv.lkey;
	return 0;
}

VERBS_EXPORT struct mlx5dv_mkey *
mlx5dv_create_mkey(struct mlx5dv_mkey_init_attr *attr)
{
	struct mlx5_mkey *mkey;
	int err;

	if (!is_mlx5(attr->pd->context))
		return verbs_null(EOPNOTSUPP);
	err = check_attr(attr);
	if (err)
		return verbs_null(err);
	mkey = calloc(1, sizeof(*mkey));
	if (!mkey)
		return NULL;
	if (create(mkey, attr)) {
		verbs_free_keep_errno(mkey);
		return NULL;
	}
	attr->max_entries = mkey->max_entries;
	return &mkey->dv;
}

VERBS_EXPORT int mlx5dv_destroy_mkey(struct mlx5dv_mkey *dv)
{
	struct mlx5_mkey *mkey = (struct mlx5_mkey *)dv;
	int err = mlx5dv_devx_obj_destroy(mkey->obj);

	if (!err)
		free(mkey);
	return err;
}

/* Only a signature could be wrong, and no key has one. */
VERBS_EXPORT int _mlx5dv_mkey_check(struct mlx5dv_mkey *dv,
				    struct mlx5dv_mkey_err *err_info,
				    size_t err_info_size)
{
	(void)dv;
	(void)err_info;
	(void)err_info_size;
	return verbs_err(EINVAL);
}
