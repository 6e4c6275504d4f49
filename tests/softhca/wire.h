/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_WIRE_H
#define SOFTHCA_WIRE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/* What a program and an mlx5 device exchange through shared memory. */

enum {
	HCA_WQE_BB = 64, /* a send queue advances by these */
	HCA_WQE_MAX_DS = 63, /* 16 byte units in one work request */
	HCA_WQE_MAX = HCA_WQE_MAX_DS * 16,
	HCA_RQ_STRIDE_MAX = 512,

	HCA_INLINE_SEG = 1U << 31, /* in byte_count: data follows */
	HCA_END_LKEY = 0x100, /* ends a receive's list */
};

enum hca_wqe_opcode {
	HCA_OP_NOP = 0x00,
	HCA_OP_SEND_INVAL = 0x01,
	HCA_OP_RDMA_WRITE = 0x08,
	HCA_OP_RDMA_WRITE_IMM = 0x09,
	HCA_OP_SEND = 0x0a,
	HCA_OP_SEND_IMM = 0x0b,
	HCA_OP_TSO = 0x0e,
	HCA_OP_RDMA_READ = 0x10,
	HCA_OP_ATOMIC_CS = 0x11,
	HCA_OP_ATOMIC_FA = 0x12,
	HCA_OP_LOCAL_INVAL = 0x1b,
	HCA_OP_UMR = 0x25,
};

enum {
	HCA_CTRL_SOLICITED = 0x02,
	HCA_CTRL_CQ_MASK = 0x0c,
	HCA_CTRL_CQ_UPDATE = 0x08, /* completion also on success */
};

struct hca_ctrl_seg {
	__be32 opmod_idx_opcode;
	__be32 qpn_ds;
	u8 signature;
	u8 stream[2]; /* of a DCI; big-endian */
	u8 fm_ce_se;
	__be32 imm; /* or a key */
};
static_assert(sizeof(struct hca_ctrl_seg) == 16);

struct hca_raddr_seg {
	__be64 raddr;
	__be32 rkey;
	__be32 rsvd;
};
static_assert(sizeof(struct hca_raddr_seg) == 16);

/* Where a datagram goes, or a request to a DCT. */
struct hca_av_seg {
	__be32 qkey; /* top bit: the QP's own; or half a DC access key, */
	__be32 key_low; /* and the other half */
	__be32 dqp;
	u8 stat_rate_sl;
	u8 fl_mlid;
	__be16 udp_sport;
	u8 rsvd1[4];
	u8 rmac[6];
	u8 tclass;
	u8 hop_limit;
	__be32 grh_gid_fl; /* flag, GID index, flow label */
	u8 rgid[16];
};
static_assert(sizeof(struct hca_av_seg) == 48);

enum {
	HCA_AV_QKEY_OWN = 1U << 31,
	HCA_AV_EXTENDED = 1U << 31, /* in dqp: what is behind is there, too */
	HCA_AV_GRH = 1 << 30,
	HCA_AV_GID_SHIFT = 20,
	HCA_AV_FLOW_MASK = 0xfffff,
};

/* What a frame begins with, and what is to be done to it. */
struct hca_eth_seg {
	u8 rsvd0[4];
	u8 cs_flags;
	u8 rsvd1;
	__be16 mss;
	u8 rsvd2[4];
	__be16 inline_len;
	u8 data[2]; /* of the frame, and more behind */
};
static_assert(sizeof(struct hca_eth_seg) == 16);

enum {
	HCA_ETH_L3_CSUM = 1 << 6,
	HCA_ETH_L4_CSUM = 1 << 7,
};

struct hca_xrc_seg {
	__be32 srqn;
	u8 rsvd[12];
};
static_assert(sizeof(struct hca_xrc_seg) == 16);

struct hca_atomic_seg {
	__be64 swap_add;
	__be64 compare;
};
static_assert(sizeof(struct hca_atomic_seg) == 16);

struct hca_data_seg {
	__be32 byte_count; /* 0 stands for 2 GiB */
	__be32 lkey;
	__be64 addr;
};
static_assert(sizeof(struct hca_data_seg) == 16);

/* In front of each request of a shared receive queue. */
struct hca_srq_next_seg {
	u8 rsvd0[2];
	__be16 next; /* in the order of use */
	u8 signature;
	u8 rsvd1[11];
};
static_assert(sizeof(struct hca_srq_next_seg) == 16);

/* Changing what a key stands for. */
struct hca_umr_seg {
	u8 flags;
	u8 rsvd0[3];
	__be16 klm_octowords;
	__be16 translation_offset;
	__be64 mkey_mask;
	u8 rsvd1[32];
};
static_assert(sizeof(struct hca_umr_seg) == 48);

struct hca_mkey_seg {
	u8 free;
	u8 rsvd0;
	u8 access;
	u8 sf;
	__be32 qpn_key;
	__be32 rsvd1;
	__be32 flags_pd;
	__be64 start;
	__be64 len;
	__be32 bsf_octowords;
	u8 rsvd2[16];
	__be32 translation_octowords;
	u8 rsvd3[3];
	u8 log_page_size;
	u8 rsvd4[4];
};
static_assert(sizeof(struct hca_mkey_seg) == 64);
static_assert(offsetof(struct hca_mkey_seg, log_page_size) == 59);

/* A part of the memory that a key stands for; of no length: none. */
struct hca_klm_seg {
	__be32 byte_count;
	__be32 key;
	__be64 addr;
};
static_assert(sizeof(struct hca_klm_seg) == 16);

/* In place of the first part: those behind it are parts of a block, which
 * is there so many times. */
struct hca_repeat_seg {
	__be32 block_len;
	__be32 op;
	__be32 count;
	__be16 rsvd;
	__be16 num;
};
static_assert(sizeof(struct hca_repeat_seg) == 16);

enum { HCA_REPEAT_OP = 0x400 };

struct hca_stride_seg {
	__be16 stride; /* from one block's part to the next one's */
	__be16 byte_count;
	__be32 key;
	__be64 addr;
};
static_assert(sizeof(struct hca_stride_seg) == 16);

enum {
	HCA_UMR_INLINE = 1 << 7,
	HCA_UMR_CHECK_FREE = 1 << 5,
	HCA_UMR_CHECK_QPN = 1 << 3,

	HCA_MKEY_FREE = 1 << 6,

	HCA_MKEY_LOCAL_READ = 1 << 2,
	HCA_MKEY_LOCAL_WRITE = 1 << 3,
	HCA_MKEY_REMOTE_READ = 1 << 4,
	HCA_MKEY_REMOTE_WRITE = 1 << 5,
	HCA_MKEY_ATOMIC = 1 << 6,
};

enum hca_cqe_opcode {
	HCA_CQE_REQ = 0,
	HCA_CQE_RESP_WR_IMM = 1,
	HCA_CQE_RESP_SEND = 2,
	HCA_CQE_RESP_SEND_IMM = 3,
	HCA_CQE_RESP_SEND_INV = 4,
	HCA_CQE_RESIZE = 5, /* the last one in an old ring */
	HCA_CQE_REQ_ERR = 13,
	HCA_CQE_RESP_ERR = 14,
	HCA_CQE_INVALID = 15, /* no completion yet */
};

enum hca_syndrome {
	HCA_SYN_LOCAL_LENGTH = 0x01,
	HCA_SYN_LOCAL_QP_OP = 0x02,
	HCA_SYN_LOCAL_PROT = 0x04,
	HCA_SYN_FLUSH = 0x05,
	HCA_SYN_MW_BIND = 0x06,
	HCA_SYN_REMOTE_INVALID = 0x12,
	HCA_SYN_REMOTE_ACCESS = 0x13,
	HCA_SYN_REMOTE_OP = 0x14,
	HCA_SYN_RETRY_EXC = 0x15,
	HCA_SYN_RNR_EXC = 0x16,
};

struct hca_cqe {
	u8 rsvd0[2];
	__be16 wqe_id; /* of a receive of several frames */
	u8 rsvd4[8];
	__be32 rss_hash;
	u8 rsvd1[8];
	__be32 flags_rqpn; /* sender of a datagram */
	u8 hds_ip_ext; /* of a frame: what is right in it, */
	u8 l4_hdr_type; /* what it is, */
	__be16 vlan_info; /* and the tag that was taken out */
	__be32 srqn_uidx;
	__be32 imm; /* or the key that was invalidated */
	u8 rsvd2[4];
	__be32 byte_cnt;
	union {
		__be64 timestamp; /* unless it is an error */
		struct {
			u8 rsvd3[6];
			u8 vendor_syndrome;
			u8 syndrome;
		};
	};
	__be32 opcode_qpn; /* of a frame: the tag of its flow */
	__be16 wqe_counter;
	u8 signature;
	u8 op_own; /* written last */
};
static_assert(sizeof(struct hca_cqe) == 64);
static_assert(offsetof(struct hca_cqe, rss_hash) == 12);
static_assert(offsetof(struct hca_cqe, hds_ip_ext) == 28);
static_assert(offsetof(struct hca_cqe, byte_cnt) == 44);
static_assert(offsetof(struct hca_cqe, opcode_qpn) == 56);

enum {
	HCA_CQE_GRH = 1 << 28, /* in flags_rqpn: a header before the data, */
	HCA_CQE_IPV6 = 1 << 24, /* which is of this kind */
	HCA_CQE_IPV4 = 2 << 24,
	HCA_CQE_OWNER = 0x1,
	HCA_CQE_SOLICITED = 0x2,
	HCA_CQE_INLINE_32 = 0x4, /* data at its start, */
	HCA_CQE_INLINE_64 = 0x8, /* or in the half before it */

	HCA_CQE_L2_OK = 1 << 0, /* in hds_ip_ext */
	HCA_CQE_L3_OK = 1 << 1,
	HCA_CQE_L4_OK = 1 << 2,

	HCA_CQE_VLAN_STRIPPED = 1 << 0, /* in l4_hdr_type */
	HCA_CQE_L3_IPV6 = 1 << 2,
	HCA_CQE_L3_IPV4 = 2 << 2,
	HCA_CQE_L4_TCP = 1 << 4,
	HCA_CQE_L4_UDP = 2 << 4,
};

/* Doorbell records: two big-endian words; an SRQ has one, as HCA_DB_RECV. */
enum { HCA_DB_RECV = 0, HCA_DB_SEND = 1 };
enum { HCA_DB_CQ_CI = 0, HCA_DB_CQ_ARM = 1 };

enum {
	HCA_CI_MASK = 0xffffff,
	HCA_ARM_SOLICITED = 1 << 24,
	HCA_ARM_SEQUENCE = 1 << 28, /* makes it another word */
};

#endif
