/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The way into the kernel: build the attributes of one uverbs method on the
 * stack, then hand them to verbs_ioctl(), the only caller of ioctl(2).
 *
 * Wire format: <rdma/rdma_user_ioctl_cmds.h>. A value of up to 8 bytes travels
 * inside its attribute, a longer one by pointer; every output by pointer.
 */
#ifndef VERBS_IOCTL_H
#define VERBS_IOCTL_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/rdma_user_ioctl_cmds.h>

struct ibv_context;

/* QP_CREATE, the largest method, has 15 attributes and two of the driver. */
#define VERBS_MAX_ATTRS 24

struct verbs_attrs {
	struct ib_uverbs_ioctl_hdr hdr;
	struct ib_uverbs_attr attr[VERBS_MAX_ATTRS];
};

/*
 * What a provider exchanges with its own kernel driver beside the core
 * request and response. Either half may be absent (length 0).
 */
struct verbs_udata {
	const void *in;
	size_t in_len;
	void *out;
	size_t out_len;
};

static inline void attrs_init(struct verbs_attrs *attrs, uint16_t object_id,
			      uint16_t method_id)
{
	memset(&attrs->hdr, 0, sizeof(attrs->hdr));
	attrs->hdr.object_id = object_id;
	attrs->hdr.method_id = method_id;
}

static inline struct ib_uverbs_attr *attr_add(struct verbs_attrs *attrs,
					      uint16_t id, size_t len,
					      uint64_t data)
{
	struct ib_uverbs_attr *attr;

	assert(attrs->hdr.num_attrs < VERBS_MAX_ATTRS);
	assert(len <= UINT16_MAX);
	attr = &attrs->attr[attrs->hdr.num_attrs++];
	attr->attr_id = id;
	attr->len = len;
	attr->flags = UVERBS_ATTR_F_MANDATORY;
	attr->attr_data.reserved = 0;
	attr->data = data;
	return attr;
}

/* A kernel that does not know an optional attribute ignores it. */
static inline void attr_set_optional(struct ib_uverbs_attr *attr)
{
	attr->flags &= ~UVERBS_ATTR_F_MANDATORY;
}

static inline struct ib_uverbs_attr *attr_in(struct verbs_attrs *attrs,
					     uint16_t id, const void *buf,
					     size_t len)
{
	uint64_t data = 0;

	if (len > sizeof(data))
		return attr_add(attrs, id, len, (uintptr_t)buf);
	if (len)
		memcpy(&data, buf, len);
	return attr_add(attrs, id, len, data);
}

static inline struct ib_uverbs_attr *attr_in_u32(struct verbs_attrs *attrs,
						 uint16_t id, uint32_t value)
{
	return attr_in(attrs, id, &value, sizeof(value));
}

static inline struct ib_uverbs_attr *attr_in_u64(struct verbs_attrs *attrs,
						 uint16_t id, uint64_t value)
{
	return attr_add(attrs, id, sizeof(value), value);
}

/* The kernel's ENUM_IN attributes carry the choice in elem_id. */
static inline struct ib_uverbs_attr *attr_in_enum(struct verbs_attrs *attrs,
						  uint16_t id, uint8_t elem)
{
	struct ib_uverbs_attr *attr = attr_add(attrs, id, 0, 0);

	attr->attr_data.enum_data.elem_id = elem;
	return attr;
}

/* An existing object of the context, by its handle. */
static inline struct ib_uverbs_attr *attr_in_obj(struct verbs_attrs *attrs,
						 uint16_t id, uint32_t handle)
{
	return attr_add(attrs, id, 0, handle);
}

/* An uverbs object that is a file (completion channel, event file). */
static inline struct ib_uverbs_attr *attr_in_fd(struct verbs_attrs *attrs,
						uint16_t id, int fd)
{
	struct ib_uverbs_attr *attr = attr_add(attrs, id, 0, 0);

	attr->data_s64 = fd;
	return attr;
}

static inline struct ib_uverbs_attr *attr_out(struct verbs_attrs *attrs,
					      uint16_t id, void *buf,
					      size_t len)
{
	return attr_add(attrs, id, len, (uintptr_t)buf);
}

/* Zeroed first: a memory checker does not see what the kernel writes. */
static inline struct ib_uverbs_attr *attr_out_u32(struct verbs_attrs *attrs,
						  uint16_t id, uint32_t *value)
{
	*value = 0;
	return attr_out(attrs, id, value, sizeof(*value));
}

/*
 * The object (or, for file objects, the fd) that the method creates; its
 * handle is in ->data (fd: ->data_s64) of what is returned here, once
 * verbs_ioctl() has succeeded.
 */
static inline struct ib_uverbs_attr *attr_new_obj(struct verbs_attrs *attrs,
						  uint16_t id)
{
	return attr_add(attrs, id, 0, 0);
}

/* The driver's half of request and response; udata may be NULL. */
static inline void attr_udata(struct verbs_attrs *attrs,
			      const struct verbs_udata *udata)
{
	if (!udata)
		return;
	if (udata->in_len)
		attr_in(attrs, UVERBS_ATTR_UHW_IN, udata->in, udata->in_len);
	if (udata->out_len)
		attr_out(attrs, UVERBS_ATTR_UHW_OUT, udata->out,
			 udata->out_len);
}

/*
 * Sends the method to the kernel. Returns 0, or a positive errno value with
 * errno set to the same: EPROTONOSUPPORT for a method or mandatory attribute
 * that this kernel lacks, otherwise what the kernel's handler said.
 */
int verbs_ioctl(struct ibv_context *context, struct verbs_attrs *attrs);

/*
 * Sends a command of the old write() interface (IB_USER_VERBS_CMD_*, the
 * extended ones with IB_USER_VERBS_CMD_FLAG_EXTENDED) through
 * UVERBS_METHOD_INVOKE_WRITE. req and resp are the core structs without
 * header; resp may be NULL with resp_len 0. Returns as verbs_ioctl().
 */
int verbs_write_cmd(struct ibv_context *context, uint32_t command,
		    const void *req, size_t req_len, void *resp,
		    size_t resp_len, const struct verbs_udata *udata);

/*
 * The attributes of that command, for whoever adds to them or (unit tests)
 * looks at them.
 */
void verbs_write_cmd_attrs(struct verbs_attrs *attrs, uint32_t command,
			   const void *req, size_t req_len, void *resp,
			   size_t resp_len, const struct verbs_udata *udata);

#endif
