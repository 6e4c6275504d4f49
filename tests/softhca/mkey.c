// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "uapi.h"

/*
 * Keys that stand for a list of parts of regions, or of other such keys. A
 * command makes one, with its parts or for a request on a send queue to give
 * it some. The parts are named by key and looked up at each access, so a region
 * that is gone leaves a hole that cannot be reached.
 */

enum {
	CMD_MKEY = 16, /* where the context is in the command, */
	CMD_NUM_PARTS = 96, /* how many there are, */
	CMD_PARTS = 272, /* and the parts */
	CMD_NUMBER = 8, /* in the response */
};

enum { /* of the first word of the context */
       MKEY_MODE_HIGH = 7 << 26,
       MKEY_MODE_HIGH_SHIFT = 26,
       MKEY_UMR_EN = 1 << 15,
       MKEY_MODE_LOW_SHIFT = 8,
       MKEY_MODE_LOW = 3 << MKEY_MODE_LOW_SHIFT,
       MKEY_MODE_KLM = 2, /* parts say how long they are */
       MKEY_MODE_KSM = 3, /* all have the same size */
};

enum { /* of the word with the PD's number */
       MKEY_BSF_EN = 1 << 30,
       MKEY_REMOTE_INVAL = 1 << 24,
       MKEY_NUMBER = 0xffffff,
};

enum { /* what a request changes */
       MASK_LEN = 1 << 0,
       MASK_START = 1 << 6,
       MASK_KEY = 1 << 13,
       MASK_QPN = 1 << 14,
       MASK_LOCAL_WRITE = 1 << 18,
       MASK_REMOTE_READ = 1 << 19,
       MASK_REMOTE_WRITE = 1 << 20,
       MASK_ATOMIC = 1 << 21,
       MASK_FREE = 1 << 29,
};

enum {
	MKEY_ANY_QPN = 0xffffff,
	MKEY_MAX_LOG_PART = 40, /* of parts of the same size */
};

/* Those of a block that is repeated are `stride` further in each repetition. */
struct part {
	u64 addr;
	u64 end; /* behind it, in the block */
	u32 key;
	u32 stride;
};

struct hca_mkey {
	struct hca_key key;
	struct hca_dev *dev;
	bool free; /* opens nothing */
	bool umr; /* requests may change it */
	bool remote_inval;
	u8 log_part_len; /* of all parts; 0: each has its own */
	u32 qpn; /* of the only QP that may change it */
	u32 max_parts;
	u32 num_parts; /* of one block */
	u32 repeat; /* blocks */
	struct part *parts;
};

static struct hca_mkey *to_mkey(const struct hca_key *key)
{
	return container_of(key, struct hca_mkey, key);
}

/* ---- Where an address is -------------------------------------------------- */

static u64 block_len(const struct hca_mkey *mkey)
{
	return mkey->num_parts ? mkey->parts[mkey->num_parts - 1].end : 0;
}

/* Of the part that this byte of the block is in. */
static u32 find_index(const struct hca_mkey *mkey, u64 pos)
{
	u32 low = 0, high = mkey->num_parts - 1, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (pos < mkey->parts[mid].end)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* What of the part is at this address, and behind it. */
int hca_mkey_find_part(const struct hca_key *key, u64 addr,
		       struct hca_part *found)
{
	const struct hca_mkey *mkey = to_mkey(key);
	const struct part *part;
	u64 block, pos, skip, len = block_len(mkey);
	u32 i;

	if (mkey->free || !len)
		return -EINVAL;
	block = div64_u64_rem(addr - key->iova, len, &pos);
	if (block >= mkey->repeat)
		return -ERANGE;
	i = find_index(mkey, pos);
	part = &mkey->parts[i];
	skip = pos - (i ? mkey->parts[i - 1].end : 0);
	found->addr = part->addr + block * part->stride + skip;
	found->len = part->end - pos;
	found->key = part->key;
	return 0;
}

/* ---- What is written in commands and requests ----------------------------- */

/* Those of no length only fill the list up. */
static void set_parts(struct hca_mkey *mkey, const struct hca_klm_seg *klm,
		      u32 n)
{
	u64 len, end = 0;
	u32 i, num = 0;

	for (i = 0; i < n; i++) {
		len = mkey->log_part_len ? 1ULL << mkey->log_part_len
					 : be32_to_cpu(klm[i].byte_count);
		if (!len)
			continue;
		end += len;
		mkey->parts[num++] = (struct part){
			.addr = be64_to_cpu(klm[i].addr),
			.end = end,
			.key = be32_to_cpu(klm[i].key),
		};
	}
	mkey->num_parts = num;
	mkey->repeat = 1;
}

static int set_block(struct hca_mkey *mkey, const struct hca_repeat_seg *head,
		     u32 n)
{
	const struct hca_stride_seg *stride = (const void *)(head + 1);
	u32 i, num = be16_to_cpu(head->num);
	u64 end = 0;

	if (num > n - 1)
		return -EINVAL;
	for (i = 0; i < num; i++) {
		end += be16_to_cpu(stride[i].byte_count);
		mkey->parts[i] = (struct part){
			.addr = be64_to_cpu(stride[i].addr),
			.end = end,
			.key = be32_to_cpu(stride[i].key),
			.stride = be16_to_cpu(stride[i].stride),
		};
	}
	mkey->num_parts = num;
	mkey->repeat = be32_to_cpu(head->count);
	return end == be32_to_cpu(head->block_len) ? 0 : -EINVAL;
}

static bool is_block(const struct hca_mkey *mkey,
		     const struct hca_klm_seg *first)
{
	const struct hca_repeat_seg *head = (const void *)first;

	return !mkey->log_part_len && be32_to_cpu(head->op) == HCA_REPEAT_OP;
}

/* After an error there are none. */
static int read_parts(struct hca_mkey *mkey, const struct hca_klm_seg *klm,
		      u32 n)
{
	int ret = 0;

	if (n > mkey->max_parts)
		return -EINVAL;
	if (is_block(mkey, klm))
		ret = set_block(mkey, (const void *)klm, n);
	else
		set_parts(mkey, klm, n);
	if (ret)
		mkey->num_parts = 0;
	return ret;
}

/* ---- Making one ------------------------------------------------------------ */

static u32 mode_of(u32 first_word)
{
	return (first_word & MKEY_MODE_HIGH) >> MKEY_MODE_HIGH_SHIFT << 2 |
	       (first_word & MKEY_MODE_LOW) >> MKEY_MODE_LOW_SHIFT;
}

/* The command has a context. */
static int check_context(const struct hca_mkey_seg *seg)
{
	u32 mode = mode_of(get_unaligned_be32(seg));
	u8 log = seg->log_page_size & 0x3f;

	if (mode != MKEY_MODE_KLM && mode != MKEY_MODE_KSM)
		return -EINVAL;
	if (mode == MKEY_MODE_KSM && (!log || log > MKEY_MAX_LOG_PART))
		return -EINVAL;
	if (be32_to_cpu(seg->flags_pd) & MKEY_BSF_EN)
		return -EINVAL;
	return be32_to_cpu(seg->translation_octowords) <= HCA_MAX_MKEY_PARTS
		       ? 0
		       : -EINVAL;
}

static int check_command(const u8 *in, size_t len)
{
	if (len < CMD_PARTS)
		return -EINVAL;
	if (get_unaligned_be32(in + CMD_NUM_PARTS) >
	    (len - CMD_PARTS) / sizeof(struct hca_klm_seg))
		return -EINVAL;
	return check_context((const void *)in + CMD_MKEY);
}

static void read_context(struct hca_mkey *mkey, const struct hca_mkey_seg *seg)
{
	u32 first_word = get_unaligned_be32(seg);

	mkey->free = seg->free & HCA_MKEY_FREE;
	mkey->umr = first_word & MKEY_UMR_EN;
	mkey->remote_inval = be32_to_cpu(seg->flags_pd) & MKEY_REMOTE_INVAL;
	mkey->qpn = be32_to_cpu(seg->qpn_key) >> 8;
	if (mode_of(first_word) == MKEY_MODE_KSM)
		mkey->log_part_len = seg->log_page_size & 0x3f;
	mkey->key.kind = HCA_KEY_LIST;
	mkey->key.iova = be64_to_cpu(seg->start);
	mkey->key.len = be64_to_cpu(seg->len);
	mkey->key.access = hca_key_access(seg->access);
}

static struct hca_mkey *new_mkey(const u8 *in)
{
	const struct hca_mkey_seg *seg = (const void *)in + CMD_MKEY;
	struct hca_mkey *mkey;

	mkey = kzalloc(sizeof(*mkey), GFP_KERNEL_ACCOUNT);
	if (!mkey)
		return NULL;
	mkey->max_parts = be32_to_cpu(seg->translation_octowords);
	mkey->parts = kvcalloc(mkey->max_parts ?: 1, sizeof(*mkey->parts),
			       GFP_KERNEL_ACCOUNT);
	if (!mkey->parts) {
		kfree(mkey);
		return NULL;
	}
	read_context(mkey, seg);
	return mkey;
}

static void free_mkey(struct hca_mkey *mkey)
{
	kvfree(mkey->parts);
	kfree(mkey);
}

/* The PD must be the program's own. The low byte of the key is as it wishes. */
static int publish_locked(struct hca_ctx *ctx, struct hca_mkey *mkey,
			  const struct hca_mkey_seg *seg)
{
	struct hca_pd *pd = hca_pd_find_locked(ctx, be32_to_cpu(seg->flags_pd) &
							    MKEY_NUMBER);
	int ret;

	if (!pd)
		return -EINVAL;
	mkey->key.pd = pd;
	ret = hca_key_publish_locked(mkey->dev, &mkey->key);
	if (!ret)
		mkey->key.key = (mkey->key.key & ~0xff) |
				(be32_to_cpu(seg->qpn_key) & 0xff);
	return ret;
}

/* -EINVAL says that the device does not take such a command. */
struct hca_mkey *hca_mkey_create(struct hca_ctx *ctx, const u8 *in, size_t len,
				 u8 *out)
{
	const struct hca_mkey_seg *seg = (const void *)in + CMD_MKEY;
	struct hca_mkey *mkey;
	u32 num;
	int ret;

	ret = check_command(in, len);
	if (ret)
		return ERR_PTR(ret);
	num = get_unaligned_be32(in + CMD_NUM_PARTS);
	mkey = new_mkey(in);
	if (!mkey)
		return ERR_PTR(-ENOMEM);
	mkey->dev = to_hca(ctx->ib.device);
	if (num)
		ret = read_parts(mkey, (const void *)in + CMD_PARTS, num);
	mutex_lock(&hca_mutex);
	if (!ret)
		ret = publish_locked(ctx, mkey, seg);
	mutex_unlock(&hca_mutex);
	if (ret) {
		free_mkey(mkey);
		return ERR_PTR(ret);
	}
	put_unaligned_be32(mkey->key.key >> 8, out + CMD_NUMBER);
	return mkey;
}

void hca_mkey_destroy(struct hca_mkey *mkey)
{
	hca_key_remove(mkey->dev, &mkey->key);
	free_mkey(mkey);
}

/* A key names its PD by number and does not keep it. */
void hca_mkeys_forget_pd_locked(struct hca_dev *dev, struct hca_pd *pd)
{
	struct hca_key *key;
	unsigned long i;

	xa_for_each(&dev->keys, i, key) if (key->kind == HCA_KEY_LIST &&
					    key->pd == pd) key->pd = NULL;
}

/* ---- Changing one ---------------------------------------------------------- */

struct change_request {
	struct hca_ctrl_seg ctrl;
	struct hca_umr_seg umr;
	struct hca_mkey_seg mkey;
	struct hca_klm_seg parts[];
};

static bool may_change(const struct hca_qp *qp, const struct hca_mkey *mkey,
		       u8 flags)
{
	if (!mkey->umr || mkey->key.pd != to_hpd(qp->ib.pd))
		return false;
	if (flags & HCA_UMR_CHECK_FREE && !mkey->free)
		return false;
	return !(flags & HCA_UMR_CHECK_QPN) || mkey->qpn == MKEY_ANY_QPN ||
	       mkey->qpn == qp->qpn;
}

static void change_access(struct hca_mkey *mkey, u64 mask, u8 bits)
{
	int changed = 0;

	if (mask & MASK_LOCAL_WRITE)
		changed |= IB_ACCESS_LOCAL_WRITE;
	if (mask & MASK_REMOTE_READ)
		changed |= IB_ACCESS_REMOTE_READ;
	if (mask & MASK_REMOTE_WRITE)
		changed |= IB_ACCESS_REMOTE_WRITE;
	if (mask & MASK_ATOMIC)
		changed |= IB_ACCESS_REMOTE_ATOMIC;
	mkey->key.access = (mkey->key.access & ~changed) |
			   (hca_key_access(bits) & changed);
}

static void change_context(struct hca_mkey *mkey, u64 mask,
			   const struct hca_mkey_seg *seg)
{
	u32 qpn_key = be32_to_cpu(seg->qpn_key);

	if (mask & MASK_LEN)
		mkey->key.len = be64_to_cpu(seg->len);
	if (mask & MASK_START)
		mkey->key.iova = be64_to_cpu(seg->start);
	if (mask & MASK_KEY)
		mkey->key.key = (mkey->key.key & ~0xff) | (qpn_key & 0xff);
	if (mask & MASK_QPN)
		mkey->qpn = qpn_key >> 8;
	if (mask & MASK_FREE)
		mkey->free = seg->free & HCA_MKEY_FREE;
	change_access(mkey, mask, seg->access);
}

/* The parts are in the request, all of them; anything else is not known. */
static bool parts_ok(const struct change_request *req, size_t len)
{
	u32 num = be16_to_cpu(req->umr.klm_octowords);

	if (req->umr.translation_offset)
		return false;
	return !num || (req->umr.flags & HCA_UMR_INLINE &&
			len >= struct_size(req, parts, num));
}

/* Returns 0 or a syndrome. */
int hca_mkey_change_locked(struct hca_qp *qp, struct hca_key *key)
{
	const struct change_request *req = (void *)qp->op.raw;
	size_t len = (be32_to_cpu(req->ctrl.qpn_ds) & 0x3f) * 16;
	u32 num = be16_to_cpu(req->umr.klm_octowords);
	struct hca_mkey *mkey = to_mkey(key);

	if (len < sizeof(*req) || !parts_ok(req, len))
		return HCA_SYN_LOCAL_QP_OP;
	if (!may_change(qp, mkey, req->umr.flags))
		return HCA_SYN_MW_BIND;
	if (num && read_parts(mkey, req->parts, num))
		return HCA_SYN_MW_BIND;
	change_context(mkey, be64_to_cpu(req->umr.mkey_mask), &req->mkey);
	return 0;
}

/* A peer takes it back. */
int hca_mkey_invalidate_locked(struct hca_qp *qp, struct hca_key *key)
{
	struct hca_mkey *mkey = to_mkey(key);

	if (!mkey->remote_inval || mkey->free || key->pd != to_hpd(qp->ib.pd))
		return -EINVAL;
	mkey->free = true;
	return 0;
}
