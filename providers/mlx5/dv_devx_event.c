/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* DEVX: events, and answers that come later. Both are read from a file. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "dv_devx.h"

struct event_channel {
	struct mlx5dv_devx_event_channel dv; /* first: what programs hold */
	struct ibv_context *context;
};

/* ---- Events ---------------------------------------------------------------- */

static int cmd_alloc_event_file(struct event_channel *channel, uint32_t flags)
{
	struct ib_uverbs_attr *fd;
	struct verbs_attrs attrs;
	int err;

	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_ASYNC_EVENT_FD,
		   MLX5_IB_METHOD_DEVX_ASYNC_EVENT_FD_ALLOC);
	fd = attr_new_obj(&attrs,
			  MLX5_IB_ATTR_DEVX_ASYNC_EVENT_FD_ALLOC_HANDLE);
	attr_in_u32(&attrs, MLX5_IB_ATTR_DEVX_ASYNC_EVENT_FD_ALLOC_FLAGS,
		    flags);
	err = verbs_ioctl(channel->context, &attrs);
	channel->dv.fd = (int)fd->data_s64;
	return err;
}

VERBS_EXPORT struct mlx5dv_devx_event_channel *mlx5dv_devx_create_event_channel(
	struct ibv_context *context,
	enum mlx5dv_devx_create_event_channel_flags flags)
{
	struct event_channel *channel;

	if (!is_mlx5(context))
		return verbs_null(EOPNOTSUPP);
	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return NULL;
	channel->context = context;
	if (cmd_alloc_event_file(channel, flags)) {
		verbs_free_keep_errno(channel);
		return NULL;
	}
	return &channel->dv;
}

VERBS_EXPORT void mlx5dv_devx_destroy_event_channel(
	struct mlx5dv_devx_event_channel *event_channel)
{
	close(event_channel->fd);
	free(event_channel);
}

/* Without an object: of the device. */
static void begin_subscribe(struct verbs_attrs *attrs,
			    const struct mlx5dv_devx_event_channel *channel,
			    const struct mlx5dv_devx_obj *obj,
			    const uint16_t *events, uint16_t events_sz)
{
	attrs_init(attrs, MLX5_IB_OBJECT_DEVX,
		   MLX5_IB_METHOD_DEVX_SUBSCRIBE_EVENT);
	attr_in_fd(attrs, MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_FD_HANDLE,
		   channel->fd);
	if (obj)
		attr_in_obj(attrs, MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_OBJ_HANDLE,
			    obj->handle);
	attr_in(attrs, MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_TYPE_NUM_LIST, events,
		events_sz);
}

VERBS_EXPORT int mlx5dv_devx_subscribe_devx_event(
	struct mlx5dv_devx_event_channel *event_channel,
	struct mlx5dv_devx_obj *obj, uint16_t events_sz, uint16_t events_num[],
	uint64_t cookie)
{
	struct event_channel *channel = (struct event_channel *)event_channel;
	struct verbs_attrs attrs;

	begin_subscribe(&attrs, event_channel, obj, events_num, events_sz);
	attr_in_u64(&attrs, MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_COOKIE, cookie);
	return verbs_ioctl(channel->context, &attrs);
}

VERBS_EXPORT int mlx5dv_devx_subscribe_devx_event_fd(
	struct mlx5dv_devx_event_channel *event_channel, int fd,
	struct mlx5dv_devx_obj *obj, uint16_t event_num)
{
	struct event_channel *channel = (struct event_channel *)event_channel;
	struct verbs_attrs attrs;

	begin_subscribe(&attrs, event_channel, obj, &event_num,
			sizeof(event_num));
	attr_in_u32(&attrs, MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_FD_NUM,
		    (uint32_t)fd);
	return verbs_ioctl(channel->context, &attrs);
}

/* Returns the number of bytes, at least those of a header, or -1. */
static ssize_t read_record(int fd, void *buf, size_t len, size_t min)
{
	ssize_t n = read(fd, buf, len);

	if (n >= 0 && (size_t)n < min) {
		errno = EINVAL;
		return -1;
	}
	return n;
}

VERBS_EXPORT ssize_t mlx5dv_devx_get_event(
	struct mlx5dv_devx_event_channel *event_channel,
	struct mlx5dv_devx_async_event_hdr *event_data, size_t event_resp_len)
{
	return read_record(event_channel->fd, event_data, event_resp_len,
			   sizeof(*event_data));
}

/* ---- Answers ------------------------------------------------------------------ */

static int cmd_alloc_command_file(struct ibv_context *context, int *file)
{
	struct ib_uverbs_attr *fd;
	struct verbs_attrs attrs;
	int err;

	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_ASYNC_CMD_FD,
		   MLX5_IB_METHOD_DEVX_ASYNC_CMD_FD_ALLOC);
	fd = attr_new_obj(&attrs, MLX5_IB_ATTR_DEVX_ASYNC_CMD_FD_ALLOC_HANDLE);
	err = verbs_ioctl(context, &attrs);
	*file = (int)fd->data_s64;
	return err;
}

VERBS_EXPORT struct mlx5dv_devx_cmd_comp *
mlx5dv_devx_create_cmd_comp(struct ibv_context *context)
{
	struct mlx5dv_devx_cmd_comp *comp;

	if (!is_mlx5(context))
		return verbs_null(EOPNOTSUPP);
	comp = calloc(1, sizeof(*comp));
	if (!comp)
		return NULL;
	if (cmd_alloc_command_file(context, &comp->fd)) {
		verbs_free_keep_errno(comp);
		return NULL;
	}
	return comp;
}

VERBS_EXPORT void
mlx5dv_devx_destroy_cmd_comp(struct mlx5dv_devx_cmd_comp *cmd_comp)
{
	close(cmd_comp->fd);
	free(cmd_comp);
}

VERBS_EXPORT int
mlx5dv_devx_obj_query_async(struct mlx5dv_devx_obj *obj, const void *in,
			    size_t inlen, size_t outlen, uint64_t wr_id,
			    struct mlx5dv_devx_cmd_comp *cmd_comp)
{
	struct verbs_attrs attrs;

	if (inlen > UINT16_MAX || outlen > UINT16_MAX)
		return verbs_err(EINVAL);
	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_OBJ,
		   MLX5_IB_METHOD_DEVX_OBJ_ASYNC_QUERY);
	attr_in_obj(&attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_HANDLE,
		    obj->handle);
	attr_in(&attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_CMD_IN, in, inlen);
	attr_in_fd(&attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_FD, cmd_comp->fd);
	attr_in_u64(&attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_WR_ID, wr_id);
	/* The kernel's CONST_IN attributes have eight bytes. */
	attr_in_u64(&attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_OUT_LEN, outlen);
	return verbs_ioctl(obj->context, &attrs);
}

VERBS_EXPORT int
mlx5dv_devx_get_async_cmd_comp(struct mlx5dv_devx_cmd_comp *cmd_comp,
			       struct mlx5dv_devx_async_cmd_hdr *cmd_resp,
			       size_t cmd_resp_len)
{
	ssize_t n = read_record(cmd_comp->fd, cmd_resp, cmd_resp_len,
				sizeof(*cmd_resp));

	return n < 0 ? errno : 0;
}
