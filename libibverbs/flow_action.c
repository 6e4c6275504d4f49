/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Flow actions: IPsec in the device. Kernels from 6.1 on, if not before, have
 * lost the methods and answer EPROTONOSUPPORT.
 */
#include <stdlib.h>

#include "driver.h"

VERBS_EXPORT
struct ibv_flow_action *
verbs_create_flow_action_esp(struct ibv_context *context,
			     struct ibv_flow_action_esp_attr *attr)
{
	struct verbs_flow_action *action = calloc(1, sizeof(*action));

	if (!action)
		return NULL;
	if (ibv_cmd_create_flow_action_esp(context, attr, action, NULL)) {
		verbs_free_keep_errno(action);
		return NULL;
	}
	return &action->action;
}

VERBS_EXPORT
int verbs_modify_flow_action_esp(struct ibv_flow_action *action,
				 struct ibv_flow_action_esp_attr *attr)
{
	return ibv_cmd_modify_flow_action_esp(to_vflow_action(action), attr,
					      NULL);
}

VERBS_EXPORT
int verbs_destroy_flow_action(struct ibv_flow_action *action)
{
	int ret = ibv_cmd_destroy_flow_action(to_vflow_action(action));

	if (!ret)
		free(to_vflow_action(action));
	return ret;
}

/* --------------------------------------------------------- kernel commands */

/* A choice that has bytes of its own beside it. */
static void attr_choice(struct verbs_attrs *attrs, uint16_t id, uint8_t choice,
			const void *bytes, size_t len)
{
	struct ib_uverbs_attr *attr = attr_in(attrs, id, bytes, len);

	attr->attr_data.enum_data.elem_id = choice;
}

/* The attributes of both methods. Without bytes a keymat is not there. */
static void attr_esp(struct verbs_attrs *attrs,
		     const struct ibv_flow_action_esp_attr *esp)
{
	if (esp->esp_attr)
		attr_in(attrs, UVERBS_ATTR_FLOW_ACTION_ESP_ATTRS, esp->esp_attr,
			sizeof(*esp->esp_attr));
	if (esp->comp_mask & IBV_FLOW_ACTION_ESP_MASK_ESN)
		attr_in_u32(attrs, UVERBS_ATTR_FLOW_ACTION_ESP_ESN, esp->esn);
	if (esp->keymat_len)
		attr_choice(attrs, UVERBS_ATTR_FLOW_ACTION_ESP_KEYMAT,
			    esp->keymat_proto, esp->keymat_ptr,
			    esp->keymat_len);
	if (esp->replay_len || esp->replay_proto)
		attr_choice(attrs, UVERBS_ATTR_FLOW_ACTION_ESP_REPLAY,
			    esp->replay_proto, esp->replay_ptr,
			    esp->replay_len);
	if (esp->esp_encap)
		attr_in(attrs, UVERBS_ATTR_FLOW_ACTION_ESP_ENCAP,
			esp->esp_encap, sizeof(*esp->esp_encap));
}

static int check_esp(const struct ibv_flow_action_esp_attr *esp)
{
	return esp->comp_mask & ~(uint32_t)IBV_FLOW_ACTION_ESP_MASK_ESN
		       ? EOPNOTSUPP
		       : 0;
}

VERBS_EXPORT
int ibv_cmd_create_flow_action_esp(struct ibv_context *context,
				   const struct ibv_flow_action_esp_attr *esp,
				   struct verbs_flow_action *action,
				   const struct verbs_udata *udata)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	int ret = check_esp(esp);

	if (ret)
		return verbs_err(ret);
	attrs_init(&attrs, UVERBS_OBJECT_FLOW_ACTION,
		   UVERBS_METHOD_FLOW_ACTION_ESP_CREATE);
	handle =
		attr_new_obj(&attrs, UVERBS_ATTR_CREATE_FLOW_ACTION_ESP_HANDLE);
	attr_esp(&attrs, esp);
	attr_udata(&attrs, udata);
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return ret;
	action->action.context = context;
	action->handle = handle->data;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_modify_flow_action_esp(struct verbs_flow_action *action,
				   const struct ibv_flow_action_esp_attr *esp,
				   const struct verbs_udata *udata)
{
	struct verbs_attrs attrs;
	int ret = check_esp(esp);

	if (ret)
		return verbs_err(ret);
	attrs_init(&attrs, UVERBS_OBJECT_FLOW_ACTION,
		   UVERBS_METHOD_FLOW_ACTION_ESP_MODIFY);
	attr_in_obj(&attrs, UVERBS_ATTR_MODIFY_FLOW_ACTION_ESP_HANDLE,
		    action->handle);
	attr_esp(&attrs, esp);
	attr_udata(&attrs, udata);
	return verbs_ioctl(action->action.context, &attrs);
}

VERBS_EXPORT
int ibv_cmd_destroy_flow_action(struct verbs_flow_action *action)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_FLOW_ACTION,
		   UVERBS_METHOD_FLOW_ACTION_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_FLOW_ACTION_HANDLE,
		    action->handle);
	return verbs_ioctl(action->action.context, &attrs);
}
