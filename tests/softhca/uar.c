// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

/*
 * Contexts and their doorbell registers.
 *
 * The registers of a context are one ordinary page. What is written there is
 * of no interest, only that something was: before the engine sleeps it takes
 * the page out of the page tables, so the next write faults and wakes it.
 *
 * A device may go while programs have their registers mapped. The page stays
 * with the mapping then, and so does this module.
 */

enum {
	HCA_UAR_BFREGS = 2, /* registers in a 4 KiB register page */
	HCA_MAX_BFREGS = 512,
	HCA_NUM_DYN_UARS = 256,

	HCA_MAX_CQE_VERSION = 1,

	/* What the high bits of an mmap offset ask for. */
	HCA_MMAP_REGULAR = 0,
	HCA_MMAP_WC = 2,
	HCA_MMAP_NC = 3,
	HCA_MMAP_CORE_CLOCK = 5,
	HCA_MMAP_ALLOC_WC = 6,
	HCA_MMAP_CLOCK_INFO = 7,
	HCA_MMAP_DEVICE_MEM = 8,
};

static u8 cqe_version = HCA_MAX_CQE_VERSION;
module_param(cqe_version, byte, 0644);
MODULE_PARM_DESC(cqe_version, "Newest format of completions for new contexts");

/*
 * The pinned devices are as some were years ago: no DEVX, no clock to be read, a
 * frame's Ethernet header in its request, and the registers of a context are
 * counted when it is made.
 */
bool hca_is_newer(struct ib_device *ib)
{
	return to_hca(ib)->mode != HCA_MODE_PINNED;
}

static int read_request(struct mlx5_ib_alloc_ucontext_req_v2 *req,
			struct ib_udata *udata)
{
	size_t len = min(udata->inlen, sizeof(*req));

	memset(req, 0, sizeof(*req));
	if (udata->inlen != sizeof(struct mlx5_ib_alloc_ucontext_req) &&
	    udata->inlen < offsetof(typeof(*req), max_cqe_version))
		return -EINVAL;
	if (udata->inlen > len &&
	    !ib_is_udata_cleared(udata, len, udata->inlen - len))
		return -EOPNOTSUPP;
	if (ib_copy_from_udata(req, udata, len))
		return -EFAULT;

	if (req->flags & ~MLX5_IB_ALLOC_UCTX_DEVX)
		return -EINVAL;
	if (req->comp_mask || req->reserved0 || req->reserved1 ||
	    req->reserved2)
		return -EOPNOTSUPP;
	if (!req->total_num_bfregs || req->total_num_bfregs > HCA_MAX_BFREGS ||
	    req->num_low_latency_bfregs >= req->total_num_bfregs)
		return -EINVAL;
	return 0;
}

u32 hca_ece_options(struct ib_device *ib)
{
	return hca_is_newer(ib) ? HCA_ECE_OPTIONS : 0;
}

void hca_describe_ctx(const struct hca_ctx *ctx,
		      struct mlx5_ib_alloc_ucontext_resp *resp)
{
	*resp = (struct mlx5_ib_alloc_ucontext_resp){
		.qp_tab_size = 1 << 18,
		.bf_reg_size = 512,
		/* 0: they are objects. */
		.tot_bfregs = ctx->num_uars * HCA_UAR_BFREGS,
		.cache_line_size = 64,
		.max_sq_desc_sz = HCA_WQE_MAX,
		.max_rq_desc_sz = HCA_RQ_STRIDE_MAX,
		.max_send_wqebb = HCA_MAX_WR,
		.max_recv_wr = HCA_MAX_WR,
		.max_srq_recv_wr = HCA_MAX_SRQ_WR,
		.num_ports = 1,
		.cqe_version = ctx->cqe_version,
		.eth_min_inline = MLX5_USER_INLINE_MODE_L2,
		.log_uar_size = PAGE_SHIFT,
		.num_uars_per_page = 1,
		.num_dyn_bfregs = HCA_NUM_DYN_UARS * HCA_UAR_BFREGS,
		.comp_mask = MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_DUMP_FILL_MKEY,
		.dump_fill_mkey = HCA_NULL_KEY,
		.cmds_supp_uhw = MLX5_USER_CMDS_SUPP_UHW_QUERY_DEVICE |
				 MLX5_USER_CMDS_SUPP_UHW_CREATE_AH,
		.response_length = sizeof(*resp),
	};
	if (hca_ece_options(ctx->ib.device))
		resp->comp_mask |= MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_ECE;
	if (hca_is_newer(ctx->ib.device)) {
		resp->eth_min_inline = MLX5_USER_INLINE_MODE_NONE;
		resp->comp_mask |=
			MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_CORE_CLOCK_OFFSET;
		resp->hca_core_clock_offset = HCA_CLOCK_OFFSET;
		resp->clock_info_versions = BIT(MLX5_IB_CLOCK_INFO_V1);
	}
}

static int write_response(struct hca_ctx *ctx, struct ib_udata *udata)
{
	struct mlx5_ib_alloc_ucontext_resp resp;

	hca_describe_ctx(ctx, &resp);
	resp.response_length = min(sizeof(resp), udata->outlen);
	return ib_copy_to_udata(udata, &resp, resp.response_length);
}

static struct hca_uar *new_uar(void)
{
	struct hca_uar *uar;

	uar = kzalloc(sizeof(*uar), GFP_KERNEL_ACCOUNT);
	if (!uar)
		return NULL;
	kref_init(&uar->ref);
	uar->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!uar->page) {
		kfree(uar);
		return NULL;
	}
	return uar;
}

static void free_uar(struct kref *ref)
{
	struct hca_uar *uar = container_of(ref, struct hca_uar, ref);

	__free_page(uar->page);
	kfree(uar);
}

static void put_uar(struct hca_uar *uar)
{
	kref_put(&uar->ref, free_uar);
}

static u32 count_uars(struct ib_device *ib,
		      const struct mlx5_ib_alloc_ucontext_req_v2 *req)
{
	if (hca_is_newer(ib) && req->lib_caps & MLX5_LIB_CAP_DYN_UAR)
		return 0;
	return ALIGN(req->total_num_bfregs, 4) / HCA_UAR_BFREGS;
}

int hca_alloc_ucontext(struct ib_ucontext *ibctx, struct ib_udata *udata)
{
	struct mlx5_ib_alloc_ucontext_req_v2 req;
	struct hca_ctx *ctx = to_hctx(ibctx);
	int ret;

	ret = read_request(&req, udata);
	if (ret)
		return ret;

	if (req.flags && !hca_is_newer(ibctx->device))
		return -EINVAL;
	ctx->devx = req.flags;
	ctx->num_uars = count_uars(ibctx->device, &req);
	ctx->cqe_version = min3(req.max_cqe_version, READ_ONCE(cqe_version),
				(u8)HCA_MAX_CQE_VERSION);
	ctx->uar = new_uar();
	if (!ctx->uar)
		return -ENOMEM;

	ret = write_response(ctx, udata);
	if (ret) {
		put_uar(ctx->uar);
		return ret;
	}
	hca_obj_get(to_hca(ibctx->device), HCA_OBJ_CONTEXTS, INT_MAX);
	hca_engine_add_ctx(ctx);
	return 0;
}

void hca_dealloc_ucontext(struct ib_ucontext *ibctx)
{
	struct hca_ctx *ctx = to_hctx(ibctx);

	hca_engine_del_ctx(ctx);
	hca_obj_put(to_hca(ibctx->device), HCA_OBJ_CONTEXTS);
	put_uar(ctx->uar);
}

/* The core destroys what the context holds; mappings may stay. */
void hca_disassociate_ucontext(struct ib_ucontext *ibctx)
{
}

/* Our functions are called for the mapping, whatever becomes of the device. */
static void uar_open(struct vm_area_struct *vma)
{
	struct hca_uar *uar = vma->vm_private_data;

	__module_get(THIS_MODULE);
	kref_get(&uar->ref);
}

static void uar_close(struct vm_area_struct *vma)
{
	put_uar(vma->vm_private_data);
	module_put(THIS_MODULE);
}

static unsigned long mmap_command(unsigned long pgoff)
{
	return pgoff >> 8 & 0xff;
}

static unsigned long mmap_index(unsigned long pgoff)
{
	return (pgoff & 0xff) | (pgoff >> 16 << 8);
}

static bool is_clock(unsigned long pgoff)
{
	return mmap_command(pgoff) == HCA_MMAP_CORE_CLOCK ||
	       mmap_command(pgoff) == HCA_MMAP_CLOCK_INFO;
}

/* Nobody writes to those of the clock, so that what is there has to be right. */
static struct page *page_behind(const struct vm_area_struct *vma)
{
	const struct hca_uar *uar = vma->vm_private_data;

	if (!is_clock(vma->vm_pgoff))
		return uar->page;
	hca_clock_tick();
	return mmap_command(vma->vm_pgoff) == HCA_MMAP_CORE_CLOCK
		       ? hca_clock_register()
		       : hca_clock_info();
}

static vm_fault_t uar_fault(struct vm_fault *vmf)
{
	struct hca_uar *uar = vmf->vma->vm_private_data;
	vm_fault_t ret;

	/*
	 * Insert first, wake afterwards: a page inserted after the engine was
	 * woken could outlive the trap it sets before it sleeps again.
	 */
	ret = vmf_insert_pfn(vmf->vma, vmf->address,
			     page_to_pfn(page_behind(vmf->vma)));
	if (ret == VM_FAULT_NOPAGE) {
		WRITE_ONCE(uar->live, 1);
		hca_kick();
	}
	return ret;
}

static const struct vm_operations_struct uar_vm_ops = {
	.open = uar_open,
	.close = uar_close,
	.fault = uar_fault,
};

static bool uar_offset_ok(struct hca_ctx *ctx, unsigned long pgoff)
{
	unsigned long idx = mmap_index(pgoff);

	switch (mmap_command(pgoff)) {
	case HCA_MMAP_REGULAR:
	case HCA_MMAP_WC:
	case HCA_MMAP_NC:
		return idx < ctx->num_uars;
	case HCA_MMAP_ALLOC_WC:
		return idx < HCA_NUM_DYN_UARS;
	case HCA_MMAP_CORE_CLOCK:
	case HCA_MMAP_CLOCK_INFO:
		return !idx && hca_is_newer(ctx->ib.device);
	default:
		return hca_uar_exists(ctx, pgoff);
	}
}

int hca_mmap(struct ib_ucontext *ibctx, struct vm_area_struct *vma)
{
	struct hca_ctx *ctx = to_hctx(ibctx);

	if (mmap_command(vma->vm_pgoff) == HCA_MMAP_DEVICE_MEM)
		return hca_dm_mmap(ibctx, vma, mmap_index(vma->vm_pgoff));
	if (vma->vm_end - vma->vm_start != PAGE_SIZE ||
	    !(vma->vm_flags & VM_SHARED) || (vma->vm_flags & VM_EXEC) ||
	    !uar_offset_ok(ctx, vma->vm_pgoff))
		return -EINVAL;
	if (is_clock(vma->vm_pgoff)) {
		if (vma->vm_flags & VM_WRITE)
			return -EPERM;
		vm_flags_clear(vma, VM_MAYWRITE);
	}

	vm_flags_mod(vma,
		     VM_PFNMAP | VM_IO | VM_DONTCOPY | VM_DONTEXPAND |
			     VM_DONTDUMP,
		     VM_MAYEXEC);
	vma->vm_private_data = ctx->uar;
	vma->vm_ops = &uar_vm_ops;
	uar_open(vma);
	WRITE_ONCE(ctx->uar->mapping, vma->vm_file->f_mapping);
	return 0;
}

/*
 * Make the next doorbell of every context fault. Taking the pages of a whole
 * file mapping is more than needed, and costs the others one fault.
 */
void hca_trap_doorbells_locked(void)
{
	struct hca_ctx *ctx;
	struct hca_uar *uar;

	list_for_each_entry (ctx, &hca_ctxs, entry) {
		uar = ctx->uar;
		if (xchg(&uar->live, 0))
			unmap_mapping_range(READ_ONCE(uar->mapping), 0, 0, 1);
	}
}
