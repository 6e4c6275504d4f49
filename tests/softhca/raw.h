/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_RAW_H
#define SOFTHCA_RAW_H

/* Ethernet frames: queues that they go into, and flows that send them there. */
#include <linux/if_ether.h>
#include <linux/skbuff.h>
#include <rdma/ib_verbs.h>
#include <rdma/mlx5-abi.h>

#include "softhca.h"

enum {
	HCA_MAX_WQ = 1 << 14,
	HCA_LOG_MAX_RWQ_TABLE = 9,
	HCA_MAX_RWQ_TABLES = 1 << 12,
	HCA_MAX_FLOWS = 1 << 12,
	HCA_MAX_COUNTERS = 1 << 12,
	HCA_FLOW_PRIORITIES = 16,
	HCA_RSS_KEY_LEN = 40,
	HCA_MAX_TSO = 32 << 10, /* bytes behind the headers */
	HCA_MIN_MSS = 64, /* or one request would be too many frames */
	HCA_MAX_TAG = 0xffffff,
	/* Of receives that take several frames: bytes of a stride, and strides. */
	HCA_LOG_MIN_STRIDE = 6,
	HCA_LOG_MAX_STRIDE = 13,
	HCA_LOG_MIN_STRIDES = 3,
	HCA_LOG_MAX_STRIDES = 16,
};

/* ---- Frames ------------------------------------------------------------------ */

/* What flows compare: of a frame, or what a flow wants, or which bits of it. */
struct hca_fields {
	u8 dmac[ETH_ALEN];
	u8 smac[ETH_ALEN];
	__be16 type; /* behind a VLAN tag, if there is one */
	__be16 vlan;
	u8 tagged;
	u8 version; /* of IP */
	u8 proto;
	u8 tos;
	u8 src[16]; /* of IPv4 the first four bytes */
	u8 dst[16];
	__be32 label;
	__be16 sport;
	__be16 dport;
	u8 l4; /* the protocol again, if the ports are there */
} __packed;

struct hca_frame {
	struct sk_buff *skb; /* all of it in one piece, from the MAC on */
	struct hca_fields fields;
	u8 cqe_ok; /* as in a completion */
	u8 cqe_types;
};

void hca_parse_frame(struct hca_frame *frame, struct sk_buff *skb);

/* How an RSS QP chooses among its WQs. */
struct hca_rss {
	struct ib_rwq_ind_table *table;
	u64 fields; /* enum mlx5_rx_hash_fields */
	u8 key[HCA_RSS_KEY_LEN];
};

/* What it can be made of. */
enum {
	HCA_RSS_IPV4 = MLX5_RX_HASH_SRC_IPV4 | MLX5_RX_HASH_DST_IPV4,
	HCA_RSS_IPV6 = MLX5_RX_HASH_SRC_IPV6 | MLX5_RX_HASH_DST_IPV6,
	HCA_RSS_TCP = MLX5_RX_HASH_SRC_PORT_TCP | MLX5_RX_HASH_DST_PORT_TCP,
	HCA_RSS_UDP = MLX5_RX_HASH_SRC_PORT_UDP | MLX5_RX_HASH_DST_PORT_UDP,
	HCA_RSS_FIELDS =
		HCA_RSS_IPV4 | HCA_RSS_IPV6 | HCA_RSS_TCP | HCA_RSS_UDP,
};

u32 hca_hash_frame(const struct hca_rss *rss, const struct hca_fields *fields);

/* ---- Receive queues of frames ------------------------------------------------ */

struct hca_wq;

/* How a receive is divided; see striding.c. */
struct hca_strides {
	bool on;
	u8 log_len;
	u8 log_num;
	u8 pad; /* bytes before a frame */
	u32 used; /* of the next receive */
};

int hca_strides_read(struct hca_strides *s,
		     const struct mlx5_ib_create_wq *cmd);
u32 hca_strides_for(const struct hca_strides *s, u32 len);
bool hca_strides_can_hold(const struct hca_strides *s, u32 len);
bool hca_strides_left_for(const struct hca_strides *s, u32 len);
u64 hca_strides_pos(const struct hca_strides *s);
bool hca_strides_take(struct hca_strides *s, struct hca_cqe *cqe, u16 wqe_id);
void hca_strides_fill(struct hca_strides *s, struct hca_cqe *cqe, u16 wqe_id);

/* Of a raw packet QP, or a WQ. */
struct hca_rxq {
	struct list_head entry; /* all of them */
	struct hca_dev *dev;
	struct hca_pd *pd;
	struct hca_cq *cq;
	struct hca_qp *qp; /* whose it is, or */
	struct hca_wq *wq;
	struct hca_ring ring;
	struct hca_ring db;
	u32 uidx;
	u32 num;
	u32 shift;
	u16 ci;
	enum ib_wq_state state;
	bool strip_vlan;
	struct hca_strides strides;
	bool stuck; /* its CQ broke */
	struct hca_recv recv;
	struct sk_buff_head frames; /* for it, while a buffer is not ready */
	u64 wait_until;
	u64 err_poll;
};

/* Where a queue is, as a program says. */
struct hca_rxq_layout {
	u64 buf_addr;
	u64 db_addr;
	u32 count;
	u32 shift;
	u32 uidx;
};

int hca_rxq_create(struct hca_rxq *q, struct hca_dev *dev,
		   const struct hca_rxq_layout *layout);
void hca_rxq_destroy(struct hca_rxq *q);
void hca_rxq_set_state_locked(struct hca_rxq *q, enum ib_wq_state state);
void hca_rxq_add_frame_locked(struct hca_rxq *q, const struct hca_frame *frame,
			      u32 tag, u32 hash);
bool hca_rxqs_run_locked(u64 *next);

/* ---- Work queues --------------------------------------------------------------- */

struct hca_wq {
	struct ib_wq ib;
	struct hca_rxq rxq;
};

struct hca_rwq_table {
	struct ib_rwq_ind_table ib;
};

static inline struct hca_wq *to_hwq(struct ib_wq *ib)
{
	return container_of(ib, struct hca_wq, ib);
}

struct ib_wq *hca_create_wq(struct ib_pd *pd, struct ib_wq_init_attr *attr,
			    struct ib_udata *udata);
int hca_modify_wq(struct ib_wq *ibwq, struct ib_wq_attr *attr, u32 mask,
		  struct ib_udata *udata);
int hca_destroy_wq(struct ib_wq *ibwq, struct ib_udata *udata);
int hca_create_rwq_table(struct ib_rwq_ind_table *table,
			 struct ib_rwq_ind_table_init_attr *attr,
			 struct ib_udata *udata);
int hca_destroy_rwq_table(struct ib_rwq_ind_table *table);
void hca_wq_failed_locked(struct hca_wq *wq);

/* ---- Raw packet QPs ------------------------------------------------------------ */

struct mlx5_ib_create_qp_resp;

int hca_raw_check(const struct ib_qp_init_attr *attr, struct ib_udata *udata);
int hca_raw_create(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		   const struct mlx5_ib_create_qp *cmd);
void hca_raw_destroy(struct hca_qp *qp);
void hca_raw_describe(const struct hca_qp *qp,
		      struct mlx5_ib_create_qp_resp *resp);
int hca_rss_create(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		   struct ib_udata *udata);
void hca_raw_set_state_locked(struct hca_qp *qp);
void hca_raw_take_locked(struct hca_qp *qp, const struct hca_frame *frame,
			 u32 tag);
int hca_raw_parse(struct hca_op *op, size_t *pos);
int hca_raw_check_length(const struct hca_qp *qp);
enum hca_step hca_run_raw(struct hca_qp *qp, long *budget);

/* ---- Flows and counters -------------------------------------------------------- */

struct hca_counters {
	struct ib_counters ib;
	u64 packets;
	u64 bytes;
	u32 flows; /* that it counts for */
	/* What is wanted where, as the first flow said. */
	struct mlx5_ib_flow_counters_desc *descs;
	u32 num_descs;
	u32 size; /* of the array that is read into */
};

struct ib_flow *hca_create_flow(struct ib_qp *ibqp, struct ib_flow_attr *attr,
				struct ib_udata *udata);
int hca_destroy_flow(struct ib_flow *ibflow);
bool hca_steer_locked(struct hca_dev *dev, const struct hca_frame *frame);
void hca_sniff_locked(struct hca_dev *dev, const struct hca_frame *frame);

int hca_create_counters(struct ib_counters *ibcounters,
			struct uverbs_attr_bundle *attrs);
int hca_destroy_counters(struct ib_counters *ibcounters);
int hca_read_counters(struct ib_counters *ibcounters,
		      struct ib_counters_read_attr *attr,
		      struct uverbs_attr_bundle *attrs);
int hca_counters_bind(struct ib_counters *ibcounters, struct ib_udata *udata);
void hca_counters_unbind(struct ib_counters *ibcounters);

/* ---- The wire ------------------------------------------------------------------ */

void hca_wire_init(struct hca_dev *dev);
void hca_wire_exit(struct hca_dev *dev);
void hca_wire_send(struct hca_dev *dev, struct sk_buff *skb);
bool hca_wire_busy(const struct hca_dev *dev);
bool hca_wires_run_locked(void);

#endif
