// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "devx_file.h"

/*
 * DEVX: events. A subscription is to one kind of event, of an object or of the
 * device, and ends with its file or its object; what has been told by then stays
 * to be read.
 */

struct hca_devx_sub {
	struct list_head obj_entry; /* of the object, or the device */
	struct list_head file_entry;
	struct hca_devx_file *file;
	struct eventfd_ctx *eventfd; /* counts instead of being told */
	struct hca_record *record; /* without data: not read yet */
	u64 cookie;
	u8 type;
};

enum { MAX_TYPES = 255 }; /* in one request */

static void free_sub_locked(struct hca_devx_sub *sub)
{
	if (sub->record)
		sub->record->sub = NULL;
	if (sub->eventfd)
		eventfd_ctx_put(sub->eventfd);
	list_del(&sub->obj_entry);
	list_del(&sub->file_entry);
	kfree(sub);
}

/* The next event is worth a record again. */
void hca_sub_told_locked(struct hca_devx_sub *sub)
{
	sub->record = NULL;
}

/* The object is gone. */
void hca_devx_forget(struct hca_devx_obj *obj)
{
	struct hca_devx_sub *sub, *next;

	mutex_lock(&hca_file_mutex);
	list_for_each_entry_safe (sub, next, &obj->subs, obj_entry)
		free_sub_locked(sub);
	mutex_unlock(&hca_file_mutex);
}

/* ---- Telling ----------------------------------------------------------------- */

/* Events without data come once, until they are read. */
static void tell_locked(struct hca_devx_sub *sub, const struct mlx5_eqe *eqe)
{
	struct hca_devx_file *file = sub->file;
	size_t len = file->omit_data ? 0 : sizeof(*eqe);
	struct hca_record *record;

	if (sub->record)
		return;
	record = hca_record_new(sub->cookie, len);
	if (!record) {
		hca_file_lose_locked(file);
		return;
	}
	memcpy(record->data + sizeof(sub->cookie), eqe, len);
	if (!hca_file_add_locked(file, record)) {
		hca_file_lose_locked(file);
		kfree(record);
	} else if (file->omit_data) {
		record->sub = sub;
		sub->record = record;
	}
}

static void raise(struct hca_dev *dev, struct list_head *subs,
		  const struct mlx5_eqe *eqe)
{
	struct hca_devx_sub *sub;

	mutex_lock(&hca_file_mutex);
	list_for_each_entry (sub, subs, obj_entry) {
		if (sub->type != eqe->type)
			continue;
		hca_count(dev, HCA_STAT_DEVX_EVENTS, 1);
		if (sub->eventfd)
			eventfd_signal(sub->eventfd);
		else
			tell_locked(sub, eqe);
	}
	mutex_unlock(&hca_file_mutex);
}

void hca_devx_completion(struct ib_cq *cq, void *ctx)
{
	struct hca_devx_obj *obj = ctx;
	struct mlx5_eqe eqe = { .type = MLX5_EVENT_TYPE_COMP };

	eqe.data.comp.cqn = cpu_to_be32(obj->number);
	raise(obj->dev, &obj->subs, &eqe);
}

static int type_of(enum ib_event_type type)
{
	switch (type) {
	case IB_EVENT_CQ_ERR:
		return MLX5_EVENT_TYPE_CQ_ERROR;
	case IB_EVENT_QP_FATAL:
		return MLX5_EVENT_TYPE_WQ_CATAS_ERROR;
	case IB_EVENT_QP_REQ_ERR:
		return MLX5_EVENT_TYPE_WQ_INVAL_REQ_ERROR;
	case IB_EVENT_QP_ACCESS_ERR:
		return MLX5_EVENT_TYPE_WQ_ACCESS_ERROR;
	case IB_EVENT_SQ_DRAINED:
		return MLX5_EVENT_TYPE_SQ_DRAINED;
	case IB_EVENT_QP_LAST_WQE_REACHED:
		return MLX5_EVENT_TYPE_SRQ_LAST_WQE;
	case IB_EVENT_SRQ_LIMIT_REACHED:
		return MLX5_EVENT_TYPE_SRQ_RQ_LIMIT;
	case IB_EVENT_SRQ_ERR:
		return MLX5_EVENT_TYPE_SRQ_CATAS_ERROR;
	default:
		return -EINVAL;
	}
}

/* What is told of the verbs' queues, of one that a command has made. */
void hca_devx_event(struct ib_event *event, void *ctx)
{
	struct hca_devx_obj *obj = ctx;
	int type = type_of(event->event);
	struct mlx5_eqe eqe = {};

	if (WARN_ON_ONCE(type < 0))
		return;
	eqe.type = type;
	if (type == MLX5_EVENT_TYPE_CQ_ERROR)
		eqe.data.cq_err.cqn = cpu_to_be32(obj->number);
	else
		eqe.data.qp_srq.qp_srq_n = cpu_to_be32(obj->number);
	raise(obj->dev, &obj->subs, &eqe);
}

enum { PORT_SHIFT = 4 };

void hca_devx_port_event(struct hca_dev *dev, bool up)
{
	struct mlx5_eqe eqe = {
		.type = MLX5_EVENT_TYPE_PORT_CHANGE,
		.sub_type = up ? MLX5_PORT_CHANGE_SUBTYPE_ACTIVE
			       : MLX5_PORT_CHANGE_SUBTYPE_DOWN,
		.data.port.port = 1 << PORT_SHIFT,
	};

	raise(dev, &dev->devx_subs, &eqe);
}

/* ---- Subscribing ------------------------------------------------------------- */

/* What queues have, some of which never happens here. */
static bool is_of_queue(u16 type)
{
	switch (type) {
	case MLX5_EVENT_TYPE_PATH_MIG:
	case MLX5_EVENT_TYPE_COMM_EST:
	case MLX5_EVENT_TYPE_SQ_DRAINED:
	case MLX5_EVENT_TYPE_SRQ_LAST_WQE:
	case MLX5_EVENT_TYPE_WQ_CATAS_ERROR:
	case MLX5_EVENT_TYPE_PATH_MIG_FAILED:
	case MLX5_EVENT_TYPE_WQ_INVAL_REQ_ERROR:
	case MLX5_EVENT_TYPE_WQ_ACCESS_ERROR:
	case MLX5_EVENT_TYPE_DCT_DRAINED:
	case MLX5_EVENT_TYPE_DCT_KEY_VIOLATION:
		return true;
	default:
		return false;
	}
}

static bool has_event(const struct hca_devx_obj *obj, u16 type)
{
	if (!obj)
		return type == MLX5_EVENT_TYPE_PORT_CHANGE;
	switch (obj->kind) {
	case HCA_DEVX_CQ:
		return type == MLX5_EVENT_TYPE_COMP ||
		       type == MLX5_EVENT_TYPE_CQ_ERROR;
	case HCA_DEVX_QP:
	case HCA_DEVX_DCT:
		return is_of_queue(type);
	case HCA_DEVX_RMP:
		return type == MLX5_EVENT_TYPE_SRQ_RQ_LIMIT ||
		       type == MLX5_EVENT_TYPE_SRQ_CATAS_ERROR;
	default:
		return false;
	}
}

struct subscription {
	struct hca_devx_file *file;
	struct hca_devx_obj *obj; /* NULL: of the device */
	struct hca_dev *dev;
	const u16 *types;
	u32 num;
	u64 cookie;
	int eventfd; /* -1: none */
};

static int read_optional(struct subscription *s,
			 struct uverbs_attr_bundle *attrs)
{
	int ret = 0;

	s->eventfd = -1;
	if (uverbs_attr_is_valid(attrs,
				 MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_COOKIE))
		ret = uverbs_copy_from(
			&s->cookie, attrs,
			MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_COOKIE);
	if (!ret && uverbs_attr_is_valid(
			    attrs, MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_FD_NUM))
		ret = uverbs_copy_from(
			&s->eventfd, attrs,
			MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_FD_NUM);
	if (uverbs_attr_is_valid(attrs,
				 MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_OBJ_HANDLE))
		s->obj = uverbs_attr_get_obj(
			attrs, MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_OBJ_HANDLE);
	return ret;
}

static int read_types(struct subscription *s, struct uverbs_attr_bundle *attrs)
{
	u16 id = MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_TYPE_NUM_LIST;
	int i, n = uverbs_attr_ptr_get_array_size(attrs, id, sizeof(u16));

	if (n < 0)
		return n;
	if (n > MAX_TYPES)
		return -EINVAL;
	s->types = uverbs_attr_get_alloced_ptr(attrs, id);
	s->num = n;
	for (i = 0; i < n; i++)
		if (!has_event(s->obj, s->types[i]))
			return -EINVAL;
	return 0;
}

static struct hca_devx_sub *new_sub(const struct subscription *s, u16 type)
{
	struct hca_devx_sub *sub;
	int ret;

	sub = kzalloc(sizeof(*sub), GFP_KERNEL_ACCOUNT);
	if (!sub)
		return ERR_PTR(-ENOMEM);
	sub->file = s->file;
	sub->cookie = s->cookie;
	sub->type = type;
	if (s->eventfd >= 0) {
		sub->eventfd = eventfd_ctx_fdget(s->eventfd);
		ret = PTR_ERR_OR_ZERO(sub->eventfd);
		if (ret) {
			kfree(sub);
			return ERR_PTR(ret);
		}
	}
	return sub;
}

/* All of them, or none. */
static int subscribe_locked(const struct subscription *s)
{
	struct list_head *subs = s->obj ? &s->obj->subs : &s->dev->devx_subs;
	struct hca_devx_sub *sub;
	u32 i, made;

	if (s->file->gone)
		return -EIO;
	for (made = 0; made < s->num; made++) {
		sub = new_sub(s, s->types[made]);
		if (IS_ERR(sub))
			break;
		list_add_tail(&sub->obj_entry, subs);
		list_add_tail(&sub->file_entry, &s->file->subs);
	}
	if (made == s->num)
		return 0;
	for (i = 0; i < made; i++)
		free_sub_locked(list_last_entry(
			&s->file->subs, struct hca_devx_sub, file_entry));
	return PTR_ERR(sub);
}

static int UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_SUBSCRIBE_EVENT)(
	struct uverbs_attr_bundle *attrs)
{
	struct hca_ctx *ctx = hca_devx_ctx_of(attrs);
	struct subscription s = {};
	int ret;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	s.dev = to_hca(ctx->ib.device);
	s.file = hca_file_of(uverbs_attr_get_uobject(
		attrs, MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_FD_HANDLE));
	ret = read_optional(&s, attrs);
	if (!ret)
		ret = read_types(&s, attrs);
	if (ret)
		return ret;
	mutex_lock(&hca_file_mutex);
	ret = subscribe_locked(&s);
	mutex_unlock(&hca_file_mutex);
	return ret;
}

/* ---- The file ---------------------------------------------------------------- */

static int UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_ASYNC_EVENT_FD_ALLOC)(
	struct uverbs_attr_bundle *attrs)
{
	struct hca_devx_file *file = hca_file_of(uverbs_attr_get_uobject(
		attrs, MLX5_IB_ATTR_DEVX_ASYNC_EVENT_FD_ALLOC_HANDLE));
	struct hca_ctx *ctx = hca_devx_ctx_of(attrs);
	u32 flags;
	int ret;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ret = uverbs_get_flags32(&flags, attrs,
				 MLX5_IB_ATTR_DEVX_ASYNC_EVENT_FD_ALLOC_FLAGS,
				 MLX5_IB_UAPI_DEVX_CR_EV_CH_FLAGS_OMIT_DATA);
	if (ret)
		return ret;
	hca_file_init(file, -EINVAL);
	file->omit_data = flags & MLX5_IB_UAPI_DEVX_CR_EV_CH_FLAGS_OMIT_DATA;
	return 0;
}

static void destroy_event_file(struct ib_uobject *uobject,
			       enum rdma_remove_reason why)
{
	struct hca_devx_file *file = hca_file_of(uobject);
	struct hca_devx_sub *sub, *next;

	mutex_lock(&hca_file_mutex);
	list_for_each_entry_safe (sub, next, &file->subs, file_entry)
		free_sub_locked(sub);
	hca_file_end_locked(file);
	mutex_unlock(&hca_file_mutex);
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_DEVX_SUBSCRIBE_EVENT,
	UVERBS_ATTR_FD(MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_FD_HANDLE,
		       MLX5_IB_OBJECT_DEVX_ASYNC_EVENT_FD, UVERBS_ACCESS_READ,
		       UA_MANDATORY),
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_OBJ_HANDLE,
			MLX5_IB_OBJECT_DEVX_OBJ, UVERBS_ACCESS_READ,
			UA_OPTIONAL),
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_TYPE_NUM_LIST,
			   UVERBS_ATTR_MIN_SIZE(sizeof(u16)), UA_MANDATORY,
			   UA_ALLOC_AND_COPY),
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_COOKIE,
			   UVERBS_ATTR_TYPE(u64), UA_OPTIONAL),
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_DEVX_SUBSCRIBE_EVENT_FD_NUM,
			   UVERBS_ATTR_TYPE(u32), UA_OPTIONAL));

ADD_UVERBS_METHODS(event_methods, MLX5_IB_OBJECT_DEVX,
		   &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_SUBSCRIBE_EVENT));

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_DEVX_ASYNC_EVENT_FD_ALLOC,
	UVERBS_ATTR_FD(MLX5_IB_ATTR_DEVX_ASYNC_EVENT_FD_ALLOC_HANDLE,
		       MLX5_IB_OBJECT_DEVX_ASYNC_EVENT_FD, UVERBS_ACCESS_NEW,
		       UA_MANDATORY),
	UVERBS_ATTR_FLAGS_IN(MLX5_IB_ATTR_DEVX_ASYNC_EVENT_FD_ALLOC_FLAGS,
			     enum mlx5_ib_uapi_devx_create_event_channel_flags,
			     UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(
	MLX5_IB_OBJECT_DEVX_ASYNC_EVENT_FD,
	UVERBS_TYPE_ALLOC_FD(sizeof(struct hca_devx_file), destroy_event_file,
			     &hca_file_ops, "[devx_async_event]", O_RDONLY),
	&UVERBS_METHOD(MLX5_IB_METHOD_DEVX_ASYNC_EVENT_FD_ALLOC));

const struct uapi_definition hca_event_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(MLX5_IB_OBJECT_DEVX, &event_methods),
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_DEVX_ASYNC_EVENT_FD,
				      UAPI_DEF_IS_OBJ_SUPPORTED(hca_is_newer)),
	{},
};
