// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/module.h>

#include "softhca.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)

MODULE_IMPORT_NS("DMA_BUF");

/* Hints about caches. To the CPU, which does the copying here, they are empty. */
struct hca_dmah {
	struct ib_dmah ib;
};

static int alloc_dmah(struct ib_dmah *dmah, struct uverbs_attr_bundle *attrs)
{
	return 0;
}

static int dealloc_dmah(struct ib_dmah *dmah, struct uverbs_attr_bundle *attrs)
{
	return 0;
}

static struct ib_mr *reg_user_mr(struct ib_pd *pd, u64 start, u64 length,
				 u64 virt, int access, struct ib_dmah *dmah,
				 struct ib_udata *udata)
{
	return hca_reg_user_mr(pd, start, length, virt, access, udata);
}

static struct ib_mr *reg_user_mr_dmabuf(struct ib_pd *pd, u64 offset,
					u64 length, u64 virt, int fd,
					int access, struct ib_dmah *dmah,
					struct uverbs_attr_bundle *attrs)
{
	return hca_reg_user_mr_dmabuf(pd, offset, length, virt, fd, access,
				      attrs);
}

static int create_cq(struct ib_cq *cq, const struct ib_cq_init_attr *attr,
		     struct uverbs_attr_bundle *attrs)
{
	return hca_create_kernel_cq(cq, attr);
}

/* As width and speed say; in units of 100 Mb/s. */
static int query_port_speed(struct ib_device *ib, u32 port, u64 *speed)
{
	*speed = 1000;
	return 0;
}

const struct ib_device_ops hca_compat_ops = {
	.query_port_speed = query_port_speed,
	.alloc_dmah = alloc_dmah,
	.dealloc_dmah = dealloc_dmah,
	.create_user_cq = hca_create_user_cq,
	.create_cq = create_cq,
	.resize_user_cq = hca_resize_cq,
	.reg_user_mr = reg_user_mr,
	.reg_user_mr_dmabuf = reg_user_mr_dmabuf,

	INIT_RDMA_OBJ_SIZE(ib_dmah, hca_dmah, ib),
};

#else

MODULE_IMPORT_NS(DMA_BUF);

static int create_cq(struct ib_cq *cq, const struct ib_cq_init_attr *attr,
		     struct uverbs_attr_bundle *attrs)
{
	return attrs ? hca_create_user_cq(cq, attr, attrs)
		     : hca_create_kernel_cq(cq, attr);
}

static int resize_cq(struct ib_cq *cq, int cqe, struct ib_udata *udata)
{
	return hca_resize_cq(cq, cqe, udata);
}

const struct ib_device_ops hca_compat_ops = {
	.create_cq = create_cq,
	.resize_cq = resize_cq,
	.reg_user_mr = hca_reg_user_mr,
	.reg_user_mr_dmabuf = hca_reg_user_mr_dmabuf,
};

#endif
