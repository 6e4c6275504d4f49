/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Device memory. It is mapped into the process, write-combining, and reached in
 * words of four bytes: the device knows no smaller ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rdma/mlx5_user_ioctl_cmds.h>

#include "mlx5.h"

struct mlx5_dm {
	struct ibv_dm dm;
	size_t len;
	uint8_t *start;
	void *map;
	size_t map_len;
	off_t map_offset;
};

static struct mlx5_dm *to_mdm(struct ibv_dm *dm)
{
	return (struct mlx5_dm *)dm;
}

/* The low eight bits of the index are below the command, the others above. */
static off_t dm_offset(size_t page_size, uint16_t index)
{
	off_t pgoff = (off_t)(index >> 8) << 16 |
		      MLX5_IB_MMAP_DEVICE_MEM << MLX5_MMAP_CMD_SHIFT |
		      (index & 0xff);

	return pgoff * (off_t)page_size;
}

static int check_access(const struct mlx5_dm *dm, uint64_t offset, size_t len)
{
	if (offset > dm->len || len > dm->len - offset)
		return EFAULT;
	return (offset | len) % sizeof(uint32_t) ? EINVAL : 0;
}

static int copy_to_dm(struct ibv_dm *ibdm, uint64_t offset, const void *from,
		      size_t len)
{
	struct mlx5_dm *dm = to_mdm(ibdm);
	const uint8_t *src = from;
	volatile uint32_t *to;
	uint32_t word;
	int err;

	err = check_access(dm, offset, len);
	if (err)
		return verbs_err(err);
	to = (volatile uint32_t *)(dm->start + offset);
	for (; len; len -= sizeof(word)) {
		memcpy(&word, src, sizeof(word));
		*to++ = word;
		src += sizeof(word);
	}
	/* Before a request that has the device read it. */
	doorbell_barrier();
	return 0;
}

static int copy_from_dm(void *to, struct ibv_dm *ibdm, uint64_t offset,
			size_t len)
{
	struct mlx5_dm *dm = to_mdm(ibdm);
	const volatile uint32_t *from;
	uint8_t *dst = to;
	uint32_t word;
	int err;

	err = check_access(dm, offset, len);
	if (err)
		return verbs_err(err);
	from = (const volatile uint32_t *)(dm->start + offset);
	for (; len; len -= sizeof(word)) {
		word = *from++;
		memcpy(dst, &word, sizeof(word));
		dst += sizeof(word);
	}
	return 0;
}

/* dm->len is set; the memory begins at a place in its first page. */
static int map_dm(struct mlx5_dm *dm, struct ibv_context *context,
		  uint64_t start, uint16_t index)
{
	size_t page_size = to_mctx(context)->page_size;

	start &= page_size - 1;
	dm->map_offset = dm_offset(page_size, index);
	dm->map_len = (start + dm->len + page_size - 1) & ~(page_size - 1);
	dm->map = mmap(NULL, dm->map_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		       context->cmd_fd, dm->map_offset);
	if (dm->map == MAP_FAILED)
		return errno;
	dm->start = (uint8_t *)dm->map + start;
	dm->dm.memcpy_to_dm = copy_to_dm;
	dm->dm.memcpy_from_dm = copy_from_dm;
	return 0;
}

struct ibv_dm *mlx5_alloc_dm(struct ibv_context *context,
			     struct ibv_alloc_dm_attr *attr)
{
	struct verbs_attrs attrs;
	struct mlx5_dm *dm;
	uint64_t start = 0;
	uint16_t index = 0;
	int err;

	if (attr->comp_mask)
		return verbs_null(EINVAL);
	dm = calloc(1, sizeof(*dm));
	if (!dm)
		return NULL;
	attrs_init(&attrs, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC);
	attr_out(&attrs, MLX5_IB_ATTR_ALLOC_DM_RESP_START_OFFSET, &start,
		 sizeof(start));
	attr_out(&attrs, MLX5_IB_ATTR_ALLOC_DM_RESP_PAGE_INDEX, &index,
		 sizeof(index));
	err = ibv_cmd_alloc_dm(context, attr, &dm->dm, &attrs);
	if (err)
		goto free_dm;
	dm->len = attr->length;
	err = map_dm(dm, context, start, index);
	if (err)
		goto free_cmd;
	return &dm->dm;

free_cmd:
	ibv_cmd_free_dm(&dm->dm);
free_dm:
	free(dm);
	return verbs_null(err);
}

/* Where the process has it. */
void *mlx5_dm_place(struct ibv_dm *ibdm, uint64_t *len)
{
	struct mlx5_dm *dm = to_mdm(ibdm);

	*len = dm->len;
	return dm->start;
}

int mlx5_free_dm(struct ibv_dm *ibdm)
{
	struct mlx5_dm *dm = to_mdm(ibdm);
	int ret;

	ret = ibv_cmd_free_dm(ibdm);
	if (ret)
		return ret;
	munmap(dm->map, dm->map_len);
	free(dm);
	return 0;
}

static int query_dm(struct ibv_context *context, uint32_t handle,
		    uint64_t *start, uint16_t *index, uint64_t *len)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_DM, MLX5_IB_METHOD_DM_QUERY);
	attr_in_obj(&attrs, MLX5_IB_ATTR_QUERY_DM_REQ_HANDLE, handle);
	attr_out(&attrs, MLX5_IB_ATTR_QUERY_DM_RESP_START_OFFSET, start,
		 sizeof(*start));
	attr_out(&attrs, MLX5_IB_ATTR_QUERY_DM_RESP_PAGE_INDEX, index,
		 sizeof(*index));
	attr_out(&attrs, MLX5_IB_ATTR_QUERY_DM_RESP_LENGTH, len, sizeof(*len));
	return verbs_ioctl(context, &attrs);
}

struct ibv_dm *mlx5_import_dm(struct ibv_context *context, uint32_t handle)
{
	struct mlx5_dm *dm;
	uint64_t start, len;
	uint16_t index;
	int err;

	err = query_dm(context, handle, &start, &index, &len);
	if (err)
		return NULL;
	dm = calloc(1, sizeof(*dm));
	if (!dm)
		return NULL;
	dm->dm.context = context;
	dm->dm.handle = handle;
	dm->dm.comp_mask = IBV_DM_MASK_HANDLE;
	dm->len = len;
	err = map_dm(dm, context, start, index);
	if (err) {
		free(dm);
		return verbs_null(err);
	}
	return &dm->dm;
}

void mlx5_unimport_dm(struct ibv_dm *ibdm)
{
	struct mlx5_dm *dm = to_mdm(ibdm);

	munmap(dm->map, dm->map_len);
	free(dm);
}

int mlx5_dm_export_dmabuf_fd(struct ibv_dm *ibdm)
{
	int fd;

	if (ibv_cmd_export_dmabuf(ibdm->context, to_mdm(ibdm)->map_offset, &fd))
		return -1;
	return fd;
}
