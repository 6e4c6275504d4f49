/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_DEVX_H
#define SOFTHCA_DEVX_H

/* Commands of the device, by the names and places of the kernel's headers. */
#include <linux/mlx5/device.h>
#include <linux/unaligned.h>

#include "uapi.h"

/* A command of a program, and room for any answer to it, filled with zeros. */
struct hca_devx_cmd {
	struct hca_ctx *ctx;
	const u8 *in;
	size_t len;
	u8 *out;
};

enum hca_devx_kind {
	HCA_DEVX_PD,
	HCA_DEVX_MKEY,
	HCA_DEVX_CQ,
	HCA_DEVX_QP,
	HCA_DEVX_DCT,
	HCA_DEVX_RMP,
};

/* What a command has made. */
struct hca_devx_obj {
	struct hca_dev *dev;
	enum hca_devx_kind kind;
	u32 number;
	void *what; /* hca_mkey, hca_cq, hca_qp or hca_srq; a PD has none */
	struct list_head subs; /* to its events */
};

/* Event queues by completion vector. */
enum { HCA_FIRST_EQN = 16 };

/* All commands begin alike, and all answers. */
static inline u16 hca_devx_opcode(const u8 *in)
{
	return MLX5_GET(alloc_pd_in, in, opcode);
}

/* Of the object that a command is about. */
static inline u32 hca_devx_number(const u8 *in)
{
	return get_unaligned_be32(in + 8) & 0xffffff;
}

/* The device will not do it, and says why. */
static inline int hca_devx_refuse(u8 *out, u8 status)
{
	MLX5_SET(alloc_pd_out, out, status, status);
	return -EREMOTEIO;
}

/* Errors of our own: those that are the command's fault become an answer. */
static inline int hca_devx_result(u8 *out, int ret)
{
	if (ret == -EINVAL)
		return hca_devx_refuse(out, MLX5_CMD_STAT_BAD_PARAM_ERR);
	return ret;
}

/* devx_caps.c */
int hca_devx_query_caps(const struct hca_dev *dev, const u8 *in, u8 *out);
void hca_devx_query_lag(const struct hca_dev *dev, u8 *out);

/* devx_queue.c */
int hca_devx_run_create(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd);
int hca_devx_run_query(struct ib_uobject *uobject, struct hca_devx_cmd *cmd);
int hca_devx_run_modify(struct ib_uobject *uobject, struct hca_devx_cmd *cmd);
int hca_devx_destroy(struct hca_devx_obj *obj);
struct hca_pd *hca_devx_find_pd_locked(struct hca_ctx *ctx, u32 pdn);
struct hca_cq *hca_devx_find_cq_locked(struct hca_ctx *ctx, u32 cqn);
struct hca_srq *hca_devx_find_srq_locked(struct hca_ctx *ctx, u32 srqn);
int hca_devx_record(struct hca_ctx *ctx, u32 id, u64 offset,
		    struct hca_ring *db);

/* devx_cq.c */
int hca_devx_create_cq(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd);
int hca_devx_modify_cq(void *cq, struct hca_devx_cmd *cmd);
int hca_devx_query_cq(void *cq, struct hca_devx_cmd *cmd);
int hca_devx_destroy_cq(struct hca_devx_obj *obj);

/* devx_qp.c */
int hca_devx_create_qp(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd);
int hca_devx_create_dct(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd);
int hca_devx_destroy_qp(struct hca_devx_obj *obj);

/* devx_qp_state.c */
int hca_devx_modify_qp(void *qp, struct hca_devx_cmd *cmd);
int hca_devx_query_qp(void *qp, struct hca_devx_cmd *cmd);
int hca_devx_query_dct(void *qp, struct hca_devx_cmd *cmd);

/* devx_rmp.c */
int hca_devx_create_rmp(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd);
int hca_devx_modify_rmp(void *srq, struct hca_devx_cmd *cmd);
int hca_devx_query_rmp(void *srq, struct hca_devx_cmd *cmd);
int hca_devx_destroy_rmp(struct hca_devx_obj *obj);

/* devx_event.c */
void hca_devx_completion(struct ib_cq *cq, void *obj);
void hca_devx_event(struct ib_event *event, void *obj);
void hca_devx_forget(struct hca_devx_obj *obj);

#endif
