// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/if_vlan.h>
#include <linux/ktime.h>
#include <linux/log2.h>

#include "raw.h"

/*
 * Queues that frames are received into. A frame for which no request is posted
 * is lost; one whose buffer is not ready waits, and those behind it do.
 */

enum {
	MAX_WAITING = 512, /* frames of a queue */
	TURN_FRAMES = 64,
	RETRY_NS = 200 * NSEC_PER_USEC, /* a buffer is not ready */
};

/* What goes with a frame into its completion; kept in it while it waits. */
struct note {
	u32 tag;
	u32 hash;
	__be16 vlan;
	bool tagged;
	u8 ok;
	u8 types;
};

static LIST_HEAD(rxqs);

static struct note *note_of(struct sk_buff *skb)
{
	static_assert(sizeof(struct note) <= sizeof(skb->cb));
	return (struct note *)skb->cb;
}

static bool layout_ok(const struct hca_rxq_layout *layout)
{
	return is_power_of_2(layout->count) && layout->count <= HCA_MAX_WR &&
	       layout->shift >= ilog2(sizeof(struct hca_data_seg)) &&
	       layout->shift <= ilog2(HCA_RQ_STRIDE_MAX);
}

/* The rest of what q has is for the caller to set before. */
int hca_rxq_create(struct hca_rxq *q, struct hca_dev *dev,
		   const struct hca_rxq_layout *layout)
{
	int ret;

	if (!layout_ok(layout))
		return -EINVAL;
	q->dev = dev;
	q->num = layout->count;
	q->shift = layout->shift;
	q->uidx = layout->uidx & 0xffffff;
	q->state = IB_WQS_RESET;
	__skb_queue_head_init(&q->frames);
	ret = hca_ring_pin(&q->ring, &dev->ib, layout->buf_addr,
			   (size_t)q->num << q->shift);
	if (ret)
		return ret;
	ret = hca_db_pin(&q->db, &dev->ib, layout->db_addr);
	if (ret) {
		hca_ring_unpin(&q->ring);
		return ret;
	}
	mutex_lock(&hca_mutex);
	list_add_tail(&q->entry, &rxqs);
	mutex_unlock(&hca_mutex);
	return 0;
}

void hca_rxq_destroy(struct hca_rxq *q)
{
	mutex_lock(&hca_mutex);
	list_del(&q->entry);
	mutex_unlock(&hca_mutex);
	__skb_queue_purge(&q->frames);
	hca_ring_unpin(&q->db);
	hca_ring_unpin(&q->ring);
}

void hca_rxq_set_state_locked(struct hca_rxq *q, enum ib_wq_state state)
{
	if (state != IB_WQS_RDY)
		__skb_queue_purge(&q->frames);
	if (state == IB_WQS_RESET) {
		q->ci = 0;
		q->strides.used = 0;
		q->stuck = false;
	}
	if (state != q->state) {
		q->wait_until = 0;
		q->err_poll = 0;
	}
	q->state = state;
}

static void lose(struct hca_rxq *q)
{
	hca_count(q->dev, HCA_STAT_DROPPED, 1);
}

void hca_rxq_add_frame_locked(struct hca_rxq *q, const struct hca_frame *frame,
			      u32 tag, u32 hash)
{
	const struct hca_fields *f = &frame->fields;
	struct sk_buff *skb = NULL;

	if (q->state == IB_WQS_RDY && skb_queue_len(&q->frames) < MAX_WAITING)
		skb = skb_clone(frame->skb, GFP_KERNEL);
	if (!skb) {
		lose(q);
		return;
	}
	*note_of(skb) = (struct note){
		.tag = tag,
		.hash = hash,
		.vlan = f->vlan,
		.tagged = f->tagged,
		.ok = frame->cqe_ok,
		.types = frame->cqe_types,
	};
	__skb_queue_tail(&q->frames, skb);
}

/* ---- Completions --------------------------------------------------------------- */

/* It takes no more frames, and its owner is told. */
static void fail(struct hca_rxq *q)
{
	if (q->wq) {
		hca_rxq_set_state_locked(q, IB_WQS_ERR);
		hca_wq_failed_locked(q->wq);
		return;
	}
	hca_qp_error_locked(q->qp);
	hca_qp_event_locked(q->qp, IB_EVENT_QP_FATAL);
}

static bool push(struct hca_rxq *q, struct hca_cqe *cqe, u8 opcode)
{
	cqe->srqn_uidx = cpu_to_be32(q->uidx);
	if (cqe->syndrome && opcode == HCA_CQE_RESP_ERR)
		hca_count(q->dev,
			  cqe->syndrome == HCA_SYN_FLUSH ? HCA_STAT_FLUSHED
							 : HCA_STAT_ERRORS,
			  1);
	return hca_cq_push_locked(q->cq, cqe, opcode, false, NULL);
}

static bool complete_recv(struct hca_rxq *q, struct hca_cqe *cqe, u8 opcode)
{
	cqe->wqe_counter = cpu_to_be16(q->recv.idx);
	q->ci++;
	return push(q, cqe, opcode);
}

static bool complete_strides(struct hca_rxq *q, struct hca_cqe *cqe)
{
	if (hca_strides_take(&q->strides, cqe, q->recv.idx))
		q->ci++;
	return push(q, cqe, HCA_CQE_RESP_SEND);
}

/* The rest of the receive is too little for the next frame. */
static bool complete_filler(struct hca_rxq *q)
{
	struct hca_cqe cqe = {};

	hca_strides_fill(&q->strides, &cqe, q->recv.idx);
	q->ci++;
	return push(q, &cqe, HCA_CQE_RESP_SEND);
}

static void complete_error(struct hca_rxq *q, u8 syndrome)
{
	struct hca_cqe cqe = { .syndrome = syndrome };

	complete_recv(q, &cqe, HCA_CQE_RESP_ERR);
	fail(q);
}

static bool strips(const struct hca_rxq *q, const struct note *note)
{
	return q->strip_vlan && note->tagged;
}

static void complete_frame(struct hca_rxq *q, const struct note *note, u32 len)
{
	struct hca_cqe cqe = {
		.rss_hash = cpu_to_be32(note->hash),
		.hds_ip_ext = note->ok,
		.l4_hdr_type = note->types,
		.opcode_qpn = cpu_to_be32(note->tag),
		.byte_cnt = cpu_to_be32(len),
	};

	if (strips(q, note)) {
		cqe.l4_hdr_type |= HCA_CQE_VLAN_STRIPPED;
		cqe.vlan_info = note->vlan;
	}
	hca_count(q->dev, HCA_STAT_BYTES, len);
	if (!(q->strides.on ? complete_strides(q, &cqe)
			    : complete_recv(q, &cqe, HCA_CQE_RESP_SEND)))
		fail(q);
}

/* ---- Receives ------------------------------------------------------------------ */

/* Its segments without the first len bytes. */
static void skip(struct hca_recv *recv, u64 len)
{
	struct hca_seg *seg = recv->seg;
	u64 n;

	len = min(len, recv->len);
	recv->len -= len;
	for (; len; len -= n, seg++) {
		n = min_t(u64, len, seg->len);
		seg->addr += n;
		seg->len -= n;
	}
}

/* As hca_peek_ring(), whose errors it has. */
static int peek(struct hca_rxq *q)
{
	return hca_peek_ring(
		&q->ring, &q->db, q->ci, q->num, q->shift,
		q->strides.on ? sizeof(struct hca_srq_next_seg) : 0, &q->recv);
}

/* Likewise, the place for a frame. */
static int peek_for(struct hca_rxq *q, u32 len)
{
	const struct hca_strides *s = &q->strides;
	int ret = peek(q);

	if (ret <= 0 || !s->on || !hca_strides_can_hold(s, len))
		return ret;
	if (!hca_strides_left_for(s, len)) {
		if (!complete_filler(q))
			return -1;
		ret = peek(q);
	}
	if (ret > 0)
		skip(&q->recv, hca_strides_pos(s));
	return ret;
}

static bool too_long(const struct hca_rxq *q, u32 len)
{
	if (q->strides.on && !hca_strides_can_hold(&q->strides, len))
		return true;
	return len > q->recv.len;
}

/* ---- Frames -------------------------------------------------------------------- */

/* The pieces of a frame that are received: all, or all but a VLAN tag. */
static int split(struct hca_rxq *q, struct sk_buff *skb, struct hca_seg *seg)
{
	u32 head = 2 * ETH_ALEN;

	if (!strips(q, note_of(skb))) {
		seg[0] = (struct hca_seg){ .inl = skb->data, .len = skb->len };
		return 1;
	}
	seg[0] = (struct hca_seg){ .inl = skb->data, .len = head };
	head += VLAN_HLEN;
	seg[1] = (struct hca_seg){ .inl = skb->data + head,
				   .len = skb->len - head };
	return 2;
}

static int copy_frame(struct hca_rxq *q, const struct hca_seg *seg, int nseg,
		      u32 len)
{
	struct hca_side src = { .dev = q->dev, .seg = seg, .nseg = nseg };
	struct hca_side dst = {
		.dev = q->dev,
		.pd = q->pd,
		.seg = q->recv.seg,
		.nseg = q->recv.nseg,
		.need = IB_ACCESS_LOCAL_WRITE,
	};
	enum hca_blame blame;
	u32 done;
	long n;

	for (done = 0; done < len; done += n) {
		n = hca_copy(&dst, &src, done, len - done, &blame);
		if (n < 0)
			return n;
	}
	return 0;
}

/* Returns 0 once the frame is dealt with, or the error that makes it wait. */
static int deliver(struct hca_rxq *q, struct sk_buff *skb)
{
	struct hca_seg seg[2];
	int nseg = split(q, skb, seg);
	u32 len = seg[0].len + (nseg == 2 ? seg[1].len : 0);
	int ret = peek_for(q, len);

	if (ret < 0) {
		fail(q);
		return 0;
	}
	if (!ret) {
		lose(q);
		return 0;
	}
	if (too_long(q, len)) {
		complete_error(q, HCA_SYN_LOCAL_LENGTH);
		return 0;
	}
	ret = copy_frame(q, seg, nseg, len);
	if (hca_is_transient(ret))
		return ret;
	if (ret)
		complete_error(q, HCA_SYN_LOCAL_PROT);
	else
		complete_frame(q, note_of(skb), len);
	return 0;
}

static bool run_ready(struct hca_rxq *q, u64 now)
{
	struct sk_buff *skb;
	bool any = false;
	int n = TURN_FRAMES;
	int ret;

	if (q->wait_until > now)
		return false;
	q->wait_until = 0;
	while (n-- && (skb = __skb_dequeue(&q->frames))) {
		ret = deliver(q, skb);
		if (ret) {
			__skb_queue_head(&q->frames, skb);
			q->wait_until = now + RETRY_NS;
			break;
		}
		kfree_skb(skb);
		any = true;
	}
	return any;
}

static bool flush_one(struct hca_rxq *q)
{
	struct hca_cqe cqe = { .syndrome = HCA_SYN_FLUSH };

	if (peek(q) <= 0)
		return false;
	q->stuck = !complete_recv(q, &cqe, HCA_CQE_RESP_ERR);
	return true;
}

static bool run_error(struct hca_rxq *q, u64 now)
{
	bool any = false;
	int n = TURN_FRAMES;

	while (n-- && !q->stuck && flush_one(q))
		any = true;
	if (q->stuck)
		q->wait_until = 0;
	else
		hca_look_again(any, now, &q->err_poll, &q->wait_until);
	return any;
}

/* A turn for each. *next: when one of them is to be looked at again. */
bool hca_rxqs_run_locked(u64 *next)
{
	u64 now = ktime_get_ns();
	struct hca_rxq *q;
	bool any = false;

	list_for_each_entry (q, &rxqs, entry) {
		if (q->state == IB_WQS_RDY)
			any |= run_ready(q, now);
		else if (q->state == IB_WQS_ERR)
			any |= run_error(q, now);
		if (q->wait_until)
			*next = min(*next, q->wait_until);
	}
	return any;
}
