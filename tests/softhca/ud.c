// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/slab.h>
#include <net/ipv6.h>
#include <rdma/ib_addr.h>

#include "softhca.h"

/*
 * Datagrams. One that nobody can take is lost, and the sender does not know.
 * It is copied whole, header first, into a receive request that is taken only
 * then: as long as a buffer is not ready, somebody else's may come before it.
 */

/* A QP that gets what is sent to a group, whose members may be anywhere. */
struct member {
	struct list_head entry;
	struct in6_addr group;
	struct hca_qp *qp;
};

static LIST_HEAD(members);

static struct member *find_member(const struct in6_addr *group,
				  const struct hca_qp *qp)
{
	struct member *member;

	list_for_each_entry (member, &members, entry)
		if (member->qp == qp && ipv6_addr_equal(&member->group, group))
			return member;
	return NULL;
}

/* The core counts attachments, and ends those of a QP before it goes. */
int hca_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	struct hca_qp *qp = to_hqp(ibqp);
	struct member *member;

	member = kzalloc(sizeof(*member), GFP_KERNEL_ACCOUNT);
	if (!member)
		return -ENOMEM;
	memcpy(&member->group, gid->raw, sizeof(member->group));
	member->qp = qp;

	mutex_lock(&hca_mutex);
	if (find_member(&member->group, qp))
		kfree(member);
	else
		list_add_tail(&member->entry, &members);
	mutex_unlock(&hca_mutex);
	return 0;
}

int hca_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	struct member *member;
	struct in6_addr group;

	memcpy(&group, gid->raw, sizeof(group));
	mutex_lock(&hca_mutex);
	member = find_member(&group, to_hqp(ibqp));
	if (member)
		list_del(&member->entry);
	mutex_unlock(&hca_mutex);
	kfree(member);
	return member ? 0 : -EINVAL;
}

static u32 request_qkey(const struct hca_qp *qp)
{
	u32 qkey = be32_to_cpu(qp->op.av.qkey);

	return qkey & HCA_AV_QKEY_OWN ? qp->attr.qkey : qkey;
}

/* The QP that the address of a request stands for, of whatever kind. */
struct hca_qp *hca_addressed_qp_locked(struct hca_qp *qp)
{
	const struct hca_av_seg *av = &qp->op.av;
	struct hca_dev *dev = hca_find_gid_locked(av->rgid);
	u32 qpn = be32_to_cpu(av->dqp) & 0xffffff;
	struct hca_qp *peer;

	if (!dev)
		return NULL;
	peer = qpn == HCA_GSI_QPN ? dev->gsi : hca_qp_find_locked(qpn);
	return peer && peer->ib.device == &dev->ib ? peer : NULL;
}

static bool accepts(struct hca_qp *peer, struct hca_qp *qp)
{
	return hca_is_datagram(peer) && hca_qp_receives(peer) &&
	       peer->attr.qkey == request_qkey(qp);
}

/* Copies all of it. Returns 0 or the errno of the side in *blame. */
static int copy_message(struct hca_qp *qp, struct hca_qp *peer,
			enum hca_blame *blame)
{
	struct hca_op *op = &qp->op;
	struct hca_side src, dst = {
		.dev = to_hca(peer->ib.device),
		.pd = to_hpd(peer->ib.pd),
		.seg = peer->recv.seg,
		.nseg = peer->recv.nseg,
		.need = IB_ACCESS_LOCAL_WRITE,
	};
	long n;

	hca_local_side(qp, &src);
	for (op->done = 0; op->done < op->len; op->done += n) {
		n = hca_copy(&dst, &src, op->done, op->len - op->done, blame);
		if (n < 0)
			return n;
	}
	return 0;
}

/* The receiver is at fault. The datagram is lost, as its sender may not know. */
static int end_receiver(struct hca_qp *peer)
{
	hca_qp_error_locked(peer);
	hca_qp_event_locked(peer, IB_EVENT_QP_FATAL);
	return -ENOBUFS;
}

static int refuse_recv(struct hca_qp *peer, u8 syndrome)
{
	hca_recv_take_locked(peer, &peer->recv);
	if (!hca_complete_recv_error(peer, &peer->recv, syndrome))
		return end_receiver(peer);
	hca_qp_error_locked(peer);
	return -ENOBUFS;
}

static int complete_recv(struct hca_qp *qp, struct hca_qp *peer)
{
	const struct hca_op *op = &qp->op;
	bool imm = op->opcode == HCA_OP_SEND_IMM;
	u32 flags = HCA_CQE_GRH |
		    (hca_is_ipv4(&op->av) ? HCA_CQE_IPV4 : HCA_CQE_IPV6);
	struct hca_cqe cqe = {
		.flags_rqpn = cpu_to_be32(flags | qp->ib.qp_num),
		.byte_cnt = cpu_to_be32(op->len),
		.imm = imm ? op->imm : 0,
	};

	hca_recv_take_locked(peer, &peer->recv);
	if (!hca_complete_recv(peer, &peer->recv, &cqe,
			       imm ? HCA_CQE_RESP_SEND_IMM : HCA_CQE_RESP_SEND,
			       op->fm_ce_se & HCA_CTRL_SOLICITED))
		return end_receiver(peer);
	hca_count(to_hca(qp->ib.device), HCA_STAT_BYTES, op->len - HCA_GRH_LEN);
	return 0;
}

/*
 * Gives the datagram to one QP. Returns 0, -ENOBUFS if it is lost on the way,
 * or what is wrong with the sender's own memory or anybody's for now.
 */
static int deliver(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_srq *srq = peer->ib.srq ? to_hsrq(peer->ib.srq) : NULL;
	enum hca_blame blame;
	int ret;

	if (!accepts(peer, qp))
		return -ENOBUFS;
	ret = hca_recv_peek_locked(peer, srq, &peer->recv);
	if (ret < 0)
		return end_receiver(peer);
	if (!ret)
		return -ENOBUFS;
	if (qp->op.len > peer->recv.len)
		return refuse_recv(peer, HCA_SYN_LOCAL_LENGTH);
	ret = copy_message(qp, peer, &blame);
	if (!ret)
		return complete_recv(qp, peer);
	if (hca_is_transient(ret) || blame == HCA_BLAME_SRC)
		return ret;
	return refuse_recv(peer, HCA_SYN_LOCAL_PROT);
}

static bool is_multicast(const struct hca_qp *qp)
{
	struct in6_addr dgid;

	memcpy(&dgid, qp->op.av.rgid, sizeof(dgid));
	return rdma_is_multicast_addr(&dgid);
}

/* Each member gets it or not; none makes the sender or the others wait. */
static int deliver_to_group(struct hca_qp *qp)
{
	struct in6_addr group;
	struct member *member;
	int ret = -ENOBUFS;

	memcpy(&group, qp->op.av.rgid, sizeof(group));
	list_for_each_entry (member, &members, entry)
		if (ipv6_addr_equal(&member->group, &group) && qp->op.active &&
		    !deliver(qp, member->qp))
			ret = 0;
	return ret;
}

static int deliver_to_one(struct hca_qp *qp)
{
	struct hca_qp *peer = hca_addressed_qp_locked(qp);

	return peer ? deliver(qp, peer) : -ENOBUFS;
}

/* Sends the current request. */
enum hca_step hca_run_datagram(struct hca_qp *qp, long *budget)
{
	struct hca_op *op = &qp->op;
	int ret = -ENOBUFS;

	*budget -= op->len;
	if (!op->dropped && !hca_build_grh(to_hca(qp->ib.device), &op->av,
					   op->len - HCA_GRH_LEN, op->grh))
		ret = is_multicast(qp) ? deliver_to_group(qp)
				       : deliver_to_one(qp);
	/* One that sends to itself may have ended itself. */
	if (!op->active)
		return HCA_STEP_DONE;
	if (hca_is_transient(ret))
		return hca_wait(qp, ret);
	if (ret == -ENOBUFS)
		hca_count(to_hca(qp->ib.device), HCA_STAT_DROPPED, 1);
	else if (ret)
		return hca_fail_send(qp, HCA_SYN_LOCAL_PROT);
	return hca_finish_send(qp);
}
