/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* How fast a port is as a whole: what its width and speed cannot always say. */
#include "driver.h"

VERBS_EXPORT
int ibv_query_port_speed(struct ibv_context *context, uint32_t port_num,
			 uint64_t *port_speed)
{
	if (!context || !port_speed)
		return verbs_err(EINVAL);
	return verbs_ops(context)->query_port_speed(context, port_num,
						    port_speed);
}

/* A kernel without the method is a device that cannot tell. */
VERBS_EXPORT
int ibv_cmd_query_port_speed(struct ibv_context *context, uint32_t port_num,
			     uint64_t *port_speed)
{
	struct verbs_attrs attrs;
	uint64_t speed = 0;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_DEVICE,
		   UVERBS_METHOD_QUERY_PORT_SPEED);
	/* CONST_IN: eight bytes. */
	attr_in_u64(&attrs, UVERBS_ATTR_QUERY_PORT_SPEED_PORT_NUM, port_num);
	attr_out(&attrs, UVERBS_ATTR_QUERY_PORT_SPEED_RESP, &speed,
		 sizeof(speed));
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return verbs_no_method(ret);
	*port_speed = speed;
	return 0;
}
