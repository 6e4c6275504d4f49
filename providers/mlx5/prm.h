/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What the device reads and writes: work queue entries, completion queue
 * entries, doorbell records and registers. The layouts are those of the
 * "Ethernet Adapters Programming Manual" (PRM), which also are public in
 * <infiniband/mlx5dv.h>; table names are given where the PRM has one.
 * Everything on the wire is big-endian.
 */
#ifndef MLX5_PRM_H
#define MLX5_PRM_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

/* ---- Work queue entries -------------------------------------------------- */

enum {
	PRM_SEG_SIZE = 16, /* unit of a WQE, counted by DS */
	PRM_BLOCK_SIZE = 64, /* unit of a send queue (WQEBB) */
	PRM_SEGS_PER_BLOCK = PRM_BLOCK_SIZE / PRM_SEG_SIZE,
	PRM_MAX_DS = 63, /* DS has 6 bits */
};

/* PRM "Send WQE opcodes" */
enum {
	PRM_OP_SEND_INVAL = 0x01,
	PRM_OP_RDMA_WRITE = 0x08,
	PRM_OP_RDMA_WRITE_IMM = 0x09,
	PRM_OP_SEND = 0x0a,
	PRM_OP_SEND_IMM = 0x0b,
	PRM_OP_TSO = 0x0e,
	PRM_OP_RDMA_READ = 0x10,
	PRM_OP_ATOMIC_CS = 0x11,
	PRM_OP_ATOMIC_FA = 0x12,
	PRM_OP_UMR = 0x25,
};

/* PRM "Control segment": fence mode in bits 7:5, CE in 3:2, SE in bit 1. */
enum {
	PRM_CTRL_FENCE = 4 << 5,
	PRM_CTRL_SMALL_FENCE = 1 << 5, /* waits for changes of keys alone */
	PRM_CTRL_CQ_UPDATE = 2 << 2,
	PRM_CTRL_SOLICITED = 1 << 1,
};

/* In fm_ce_se: which of a DCI's streams. */
#define PRM_CTRL_STREAM_SHIFT 8

struct prm_ctrl_seg {
	__be32 idx_opcode; /* opmod 31:24, first block 23:8, opcode 7:0 */
	__be32 qpn_ds; /* QP number 31:8, size in segments 5:0 */
	__be32 fm_ce_se; /* signature 31:24, stream 23:8, flags 7:0 */
	__be32 imm;
};

/* PRM "Remote address segment" */
struct prm_raddr_seg {
	__be64 addr;
	__be32 rkey;
	__be32 reserved;
};

/* PRM "Atomic segment", for 8 bytes */
struct prm_atomic_seg {
	__be64 swap_add;
	__be64 compare;
};

/* PRM "XRC segment" */
struct prm_xrc_seg {
	__be32 srqn;
	__be32 reserved[3];
};

/* PRM "Address vector": where a datagram goes. */
struct prm_av_seg {
	__be32 qkey;
	__be32 reserved4;
	__be32 dqpn; /* PRM_AV_EXTENDED, QP number 23:0 */
	uint8_t rate_sl; /* static rate 7:4, SL 3:0 (RoCE: priority 3:1) */
	uint8_t path_bits;
	__be16 rlid; /* RoCE v2: the UDP source port */
	uint8_t reserved16[4];
	uint8_t rmac[6]; /* RoCE */
	uint8_t tclass;
	uint8_t hop_limit;
	__be32 grh_gid_fl; /* PRM_AV_GRH, GID index 27:20, flow label 19:0 */
	uint8_t rgid[16];
};

#define PRM_AV_EXTENDED (1u << 31)
#define PRM_AV_GRH (1u << 30)
#define PRM_AV_GID_INDEX_SHIFT 20

/*
 * PRM "Memory pointer data segment". A byte count of 0 stands for 2^31, so an
 * empty segment must not be written at all.
 */
struct prm_data_seg {
	__be32 byte_count;
	__be32 lkey;
	__be64 addr;
};

/* PRM "Ethernet segment": headers may begin in it, and go on behind. */
struct prm_eth_seg {
	uint8_t reserved0[4];
	uint8_t csum;
	uint8_t reserved5;
	__be16 mss;
	uint8_t reserved8[4];
	__be16 header_len;
	uint8_t header[2];
};

/* Checksums that the device fills in. */
enum {
	PRM_ETH_L3_CSUM = 1 << 6,
	PRM_ETH_L4_CSUM = 1 << 7,
};

#define PRM_MAX_DATA_LEN (1u << 31)
#define PRM_ATOMIC_LEN 8

/* In place of the byte count: data follows (PRM "Inline data segment"). */
#define PRM_INLINE_SEG (1u << 31)

/*
 * PRM "UMR control segment": a change of a memory key. What changes stands in
 * the mask, what it becomes in the context segment behind this one, and what
 * memory it is of in as many octowords behind that.
 */
struct prm_umr_ctrl_seg {
	uint8_t flags;
	uint8_t reserved1[3];
	__be16 klm_octowords;
	__be16 translation_offset;
	__be64 mkey_mask;
	uint8_t reserved16[32];
};

enum {
	PRM_UMR_INLINE = 1 << 7,
	PRM_UMR_CHECK_FREE = 1 << 5,
	PRM_UMR_TRANSLATION_OFFSET = 1 << 4,
	PRM_UMR_CHECK_QPN = 1 << 3,
};

enum {
	PRM_MKEY_MASK_LEN = 1 << 0,
	PRM_MKEY_MASK_START = 1 << 6,
	PRM_MKEY_MASK_KEY = 1 << 13,
	PRM_MKEY_MASK_QPN = 1 << 14,
	PRM_MKEY_MASK_LOCAL_WRITE = 1 << 18,
	PRM_MKEY_MASK_REMOTE_READ = 1 << 19,
	PRM_MKEY_MASK_REMOTE_WRITE = 1 << 20,
	PRM_MKEY_MASK_ATOMIC = 1 << 21,
	PRM_MKEY_MASK_FREE = 1 << 29,
};

/* PRM "Memory key context segment" */
struct prm_mkey_seg {
	uint8_t free;
	uint8_t reserved1;
	uint8_t access;
	uint8_t reserved3;
	__be32 qpn_key; /* QP number 31:8, the key's low byte 7:0 */
	__be32 reserved8;
	__be32 flags_pd;
	__be64 start;
	__be64 len;
	uint8_t reserved32[20];
	__be32 parts; /* how many it can have */
	uint8_t reserved56[8];
};

enum {
	PRM_MKEY_FREE = 1 << 6,
};

/* In access, of a key that is made. */
enum {
	PRM_MKEY_OF_PARTS = 2, /* each with its length (KLM) */
	PRM_MKEY_LOCAL_READ = 1 << 2,
	PRM_MKEY_BY_REQUESTS = 1 << 7, /* they may change it */
};

#define PRM_MKEY_REMOTE_INVALIDATE (1u << 24) /* in flags_pd */

enum {
	PRM_MKEY_LOCAL_WRITE = 1 << 3,
	PRM_MKEY_REMOTE_READ = 1 << 4,
	PRM_MKEY_REMOTE_WRITE = 1 << 5,
	PRM_MKEY_ATOMIC = 1 << 6,
};

#define PRM_MKEY_ANY_QPN 0xffffffu

/*
 * In place of the first part of a key: those behind it are the parts of a block,
 * and the key stands for that block so many times.
 */
struct prm_repeat_seg {
	__be32 block_len;
	__be32 op;
	__be32 count;
	__be16 reserved;
	__be16 num_parts;
};

#define PRM_REPEAT_OP 0x400

/* A part of a block, stride bytes further in the next one. */
struct prm_stride_seg {
	__be16 stride;
	__be16 byte_count;
	__be32 lkey;
	__be64 addr;
};

/* ---- Commands ------------------------------------------------------------ */

enum {
	PRM_CMD_QUERY_CAPS = 0x100,
	PRM_CMD_CREATE_MKEY = 0x200,
	PRM_CMD_RTS2RTS_QP = 0x505,
	PRM_CMD_QUERY_QP = 0x50b,
	PRM_CMD_QUERY_LAG = 0x842,
};

struct prm_query_caps {
	__be16 opcode;
	uint8_t reserved2[4];
	__be16 op_mod; /* a kind, and whether it is of now */
	uint8_t reserved8[8];
};

enum {
	PRM_CAPS_GENERAL = 0,
	PRM_CAPS_ODP = 2,
	PRM_CAPS_KIND_SHIFT = 1,
	PRM_CAPS_CURRENT = 1, /* not what the most is that could be set */
};

/* The answer. */
struct prm_general_caps {
	uint8_t status;
	uint8_t reserved1[51];
	uint8_t change_dci; /* bits 0x120 to 0x127 of the capabilities */
	uint8_t reserved53[5];
	uint8_t change_qp; /* bits 0x150 to 0x157 */
	uint8_t reserved59[4053];
};

#define PRM_CAPS_RESET_STREAM (1 << 5)
#define PRM_CAPS_CHANGE_UDP_SPORT (1 << 6)
#define PRM_CAPS_CHANGE_LAG_PORT (1 << 5)

/* What changes of a queue pair in RTS stands in the mask. */
struct prm_change_qp {
	__be16 opcode;
	uint8_t reserved2[6];
	__be32 qpn;
	uint8_t reserved12[4];
	__be32 options;
	uint8_t reserved20[4];
	uint8_t lag_port; /* in the low half */
	uint8_t reserved25[57];
	__be16 udp_sport;
	uint8_t reserved84[180];
	__be64 mask;
	uint8_t reserved272[2];
	__be16 stream;
	uint8_t reserved276[188];
};

#define PRM_CHANGE_STREAM (1ull << 0)
#define PRM_CHANGE_UDP_SPORT (1ull << 2)
#define PRM_OPTION_LAG_PORT (1u << 15)

/* Ports that are one. Of each byte from state on the low half counts. */
struct prm_query_lag_out {
	uint8_t status;
	uint8_t reserved1[10];
	uint8_t state; /* 0: they are not; in the lowest three bits */
	uint8_t reserved12[2];
	uint8_t port_of_2; /* which has the traffic of the second, */
	uint8_t port_of_1; /* and of the first */
};

struct prm_query_qp {
	__be16 opcode;
	uint8_t reserved2[6];
	__be32 qpn;
	uint8_t reserved12[4];
};

struct prm_query_qp_out {
	uint8_t status;
	uint8_t reserved1[23];
	uint8_t lag_port; /* in the low half; 0: none */
	uint8_t reserved25[247];
};

struct prm_create_mkey {
	__be16 opcode;
	uint8_t reserved2[14];
	struct prm_mkey_seg mkey;
	uint8_t reserved80[192];
};

struct prm_create_mkey_out {
	uint8_t status;
	uint8_t reserved1[3];
	__be32 syndrome;
	__be32 index; /* the key without its low byte */
	uint8_t reserved12[4];
};

/* What a WQE of a shared receive queue begins with. */
struct prm_srq_next_seg {
	uint8_t reserved0[2];
	__be16 next_wqe_index;
	uint8_t signature;
	uint8_t reserved5[11];
};

#define PRM_MIN_SRQ_STRIDE 32

/* lkey that ends a receive WQE with fewer segments than its stride holds. */
#define PRM_LKEY_END 0x100

/* ---- Completion queue entries -------------------------------------------- */

/* PRM "CQE opcodes", bits 7:4 of op_own */
enum {
	PRM_CQE_REQ = 0x0,
	PRM_CQE_RESP_WRITE_IMM = 0x1,
	PRM_CQE_RESP_SEND = 0x2,
	PRM_CQE_RESP_SEND_IMM = 0x3,
	PRM_CQE_RESP_SEND_INV = 0x4,
	PRM_CQE_RESIZE = 0x5, /* the device goes on in the new ring */
	PRM_CQE_REQ_ERR = 0xd,
	PRM_CQE_RESP_ERR = 0xe,
	PRM_CQE_INVALID = 0xf,
};

#define PRM_CQE_OPCODE_SHIFT 4
#define PRM_CQE_OPCODE_MASK 0xf0
#define PRM_CQE_OWNER 1

/* In op_own, too: the data of a small message is in the entry. */
enum {
	PRM_CQE_DATA_32 = 1 << 2, /* at its start */
	PRM_CQE_DATA_64 = 1 << 3, /* in the first half of one of 128 bytes */
	PRM_CQE_DATA_MASK = PRM_CQE_DATA_32 | PRM_CQE_DATA_64,
	PRM_CQE_DATA_32_LEN = 32,
};

/* PRM "Error syndrome in CQE" */
enum {
	PRM_SYNDROME_LOCAL_LENGTH = 0x01,
	PRM_SYNDROME_LOCAL_QP_OP = 0x02,
	PRM_SYNDROME_LOCAL_PROT = 0x04,
	PRM_SYNDROME_WR_FLUSH = 0x05,
	PRM_SYNDROME_MW_BIND = 0x06,
	PRM_SYNDROME_BAD_RESP = 0x10,
	PRM_SYNDROME_LOCAL_ACCESS = 0x11,
	PRM_SYNDROME_REMOTE_INVAL_REQ = 0x12,
	PRM_SYNDROME_REMOTE_ACCESS = 0x13,
	PRM_SYNDROME_REMOTE_OP = 0x14,
	PRM_SYNDROME_RETRY_EXC = 0x15,
	PRM_SYNDROME_RNR_RETRY_EXC = 0x16,
	PRM_SYNDROME_REMOTE_ABORTED = 0x22,
};

/* In a CQE of 128 bytes this is the second half. */
struct prm_cqe {
	uint8_t reserved0[17];
	uint8_t ml_path;
	uint8_t reserved18[4];
	__be16 slid;
	__be32 flags_rqpn; /* GRH 29:28, SL 27:24, source QP 23:0 */
	uint8_t headers_ok; /* of a packet */
	uint8_t header_types; /* L4 6:4, L3 3:2, VLAN 0 */
	__be16 vlan;
	__be32 srqn_uidx;
	__be32 imm_inval;
	uint8_t reserved40[4];
	__be32 byte_cnt;
	union {
		__be64 timestamp;
		struct { /* of error CQEs */
			uint8_t reserved48[6];
			uint8_t vendor_syndrome;
			uint8_t syndrome;
		};
	};
	__be32 opcode_qpn; /* WQE's opcode 31:24, QP number 23:0 */
	__be16 wqe_counter;
	uint8_t signature;
	uint8_t op_own;
};

/* The device counts in 24 bits. */
#define PRM_MAX_CQE ((1 << 23) - 1)

#define PRM_CQE_GRH_MASK (3u << 28)

/* Checksums that are right, and the header that one of them is of. */
enum {
	PRM_CQE_L3_OK = 1 << 1,
	PRM_CQE_L4_OK = 1 << 2,
	PRM_CQE_L3_TYPE_MASK = 3 << 2,
	PRM_CQE_L3_IPV4 = 2 << 2,
};
#define PRM_NUM_24(be) (be32toh(be) & 0xffffff)

/* ---- Doorbells ------------------------------------------------------------- */

/* Words of a doorbell record. */
enum {
	PRM_DBREC_RECV = 0, /* queue pair: receives posted, 16 bits */
	PRM_DBREC_SEND = 1, /* queue pair: send blocks posted, 16 bits */
	PRM_DBREC_CI = 0, /* CQ: completions consumed, 24 bits */
	PRM_DBREC_ARM = 1, /* CQ: sn 29:28, solicited 24, consumed 23:0 */
};

#define PRM_ARM_SN_SHIFT 28
#define PRM_ARM_SOLICITED (1u << 24)

/* PRM "UAR page format" */
enum {
	PRM_UAR_SIZE = 4096,
	PRM_UAR_CQ_ARM = 0x20,
	PRM_UAR_BFREG = 0x800,
	PRM_BFREGS_PER_UAR = 4, /* as numbered by the kernel */
	PRM_USABLE_BFREGS_PER_UAR = 2, /* the others are for fast path only */
};

_Static_assert(sizeof(struct prm_ctrl_seg) == PRM_SEG_SIZE, "ctrl segment");
_Static_assert(sizeof(struct prm_raddr_seg) == PRM_SEG_SIZE, "raddr segment");
_Static_assert(sizeof(struct prm_atomic_seg) == PRM_SEG_SIZE, "atomic segment");
_Static_assert(sizeof(struct prm_data_seg) == PRM_SEG_SIZE, "data segment");
_Static_assert(sizeof(struct prm_eth_seg) == PRM_SEG_SIZE, "Ethernet segment");
_Static_assert(offsetof(struct prm_eth_seg, header_len) == 12, "Ethernet");
_Static_assert(sizeof(struct prm_xrc_seg) == PRM_SEG_SIZE, "XRC segment");
_Static_assert(sizeof(struct prm_umr_ctrl_seg) == 3 * PRM_SEG_SIZE, "UMR");
_Static_assert(sizeof(struct prm_mkey_seg) == PRM_BLOCK_SIZE, "mkey context");
_Static_assert(offsetof(struct prm_mkey_seg, start) == 16, "mkey context");
_Static_assert(offsetof(struct prm_mkey_seg, parts) == 52, "mkey context");
_Static_assert(sizeof(struct prm_repeat_seg) == PRM_SEG_SIZE, "repeat");
_Static_assert(sizeof(struct prm_stride_seg) == PRM_SEG_SIZE, "stride");
_Static_assert(sizeof(struct prm_create_mkey) == 272, "CREATE_MKEY");
_Static_assert(sizeof(struct prm_query_caps) == 16, "QUERY_HCA_CAP");
_Static_assert(sizeof(struct prm_general_caps) == 4112, "capabilities");
_Static_assert(sizeof(struct prm_change_qp) == 464, "RTS2RTS_QP");
_Static_assert(sizeof(struct prm_query_lag_out) == 16, "QUERY_LAG");
_Static_assert(sizeof(struct prm_query_qp_out) == 272, "QUERY_QP");
_Static_assert(sizeof(struct prm_srq_next_seg) == PRM_SEG_SIZE, "SRQ next");
_Static_assert(sizeof(struct prm_av_seg) == 3 * PRM_SEG_SIZE, "AV");
_Static_assert(offsetof(struct prm_av_seg, rate_sl) == 12, "AV");
_Static_assert(offsetof(struct prm_av_seg, rmac) == 20, "AV");
_Static_assert(offsetof(struct prm_av_seg, grh_gid_fl) == 28, "AV");
_Static_assert(sizeof(struct prm_cqe) == 64, "CQE");
_Static_assert(offsetof(struct prm_cqe, flags_rqpn) == 24, "CQE");
_Static_assert(offsetof(struct prm_cqe, vlan) == 30, "CQE");
_Static_assert(offsetof(struct prm_cqe, srqn_uidx) == 32, "CQE");
_Static_assert(offsetof(struct prm_cqe, byte_cnt) == 44, "CQE");
_Static_assert(offsetof(struct prm_cqe, vendor_syndrome) == 54, "CQE");
_Static_assert(offsetof(struct prm_cqe, opcode_qpn) == 56, "CQE");
_Static_assert(offsetof(struct prm_cqe, op_own) == 63, "CQE");

#endif
