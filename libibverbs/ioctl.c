/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <errno.h>
#include <sys/ioctl.h>

#include <rdma/ib_user_verbs.h>

#include "driver.h"

static uint32_t driver_id_of(struct ibv_context *context)
{
	return to_vctx(context)->priv->driver_id;
}

VERBS_EXPORT
int verbs_ioctl(struct ibv_context *context, struct verbs_attrs *attrs)
{
	struct ib_uverbs_ioctl_hdr *hdr = &attrs->hdr;

	hdr->length = sizeof(*hdr) + hdr->num_attrs * sizeof(attrs->attr[0]);
	hdr->driver_id = driver_id_of(context);
	if (ioctl(context->cmd_fd, RDMA_VERBS_IOCTL, hdr))
		return errno;
	return 0;
}

void verbs_write_cmd_attrs(struct verbs_attrs *attrs, uint32_t command,
			   const void *req, size_t req_len, void *resp,
			   size_t resp_len, const struct verbs_udata *udata)
{
	attrs_init(attrs, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
	attr_in(attrs, UVERBS_ATTR_CORE_IN, req, req_len);
	if (resp_len)
		attr_out(attrs, UVERBS_ATTR_CORE_OUT, resp, resp_len);
	/* CONST_IN: always eight bytes. */
	attr_in_u64(attrs, UVERBS_ATTR_WRITE_CMD, command);
	attr_udata(attrs, udata);
}

VERBS_EXPORT
int verbs_write_cmd(struct ibv_context *context, uint32_t command,
		    const void *req, size_t req_len, void *resp,
		    size_t resp_len, const struct verbs_udata *udata)
{
	struct verbs_attrs attrs;

	verbs_write_cmd_attrs(&attrs, command, req, req_len, resp, resp_len,
			      udata);
	return verbs_ioctl(context, &attrs);
}
