// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pingpong.h"

/* What every byte holds but the first of each page. */
#define FILL 0x7b

static size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static size_t header_len(const struct pingpong *pp)
{
	return pp->kind->type == IBV_QPT_UD ? GRH_LEN : 0;
}

static void fill(struct pingpong *pp)
{
	uint8_t *payload = pp->buf + header_len(pp);
	size_t i;

	memset(pp->buf, FILL, pp->buf_len);
	for (i = 0; pp->options.check && i < pp->options.size; i += page_size())
		payload[i] = 0;
}

static bool has_odp(const struct pingpong *pp,
		    const struct ibv_device_attr_ex *attr)
{
	uint32_t needed = pp->kind->odp_needed;
	uint32_t has = pp->kind->xrc
			       ? attr->xrc_odp_caps
			       : attr->odp_caps.per_transport_caps.rc_odp_caps;

	return attr->odp_caps.general_caps & IBV_ODP_SUPPORT &&
	       (has & needed) == needed;
}

/* What the options ask of the device. */
static int check_device(struct pingpong *pp)
{
	const struct pingpong_options *options = &pp->options;
	struct ibv_device_attr_ex attr;

	if (!options->odp && !options->timestamps && !options->device_memory)
		return 0;
	if (ibv_query_device_ex(pp->context, NULL, &attr))
		fprintf(stderr, "Couldn't query device for its features\n");
	else if (options->odp && !has_odp(pp, &attr))
		fprintf(stderr,
			"The device isn't ODP capable or does not support %s with ODP\n",
			pp->kind->odp_operations);
	else if (options->implicit_odp &&
		 !(attr.odp_caps.general_caps & IBV_ODP_SUPPORT_IMPLICIT))
		fprintf(stderr, "The device doesn't support implicit ODP\n");
	else if (options->timestamps && !attr.completion_timestamp_mask)
		fprintf(stderr,
			"The device isn't completion timestamp capable\n");
	else if (options->device_memory && !attr.max_dm_size)
		fprintf(stderr, "Device doesn't support dm allocation\n");
	else if (options->device_memory && attr.max_dm_size < options->size)
		fprintf(stderr, "Device memory is insufficient\n");
	else
		return 0;
	return -1;
}

static struct ibv_mr *register_dm(struct pingpong *pp)
{
	struct ibv_alloc_dm_attr attr = { .length = pp->buf_len };

	pp->dm = ibv_alloc_dm(pp->context, &attr);
	if (!pp->dm) {
		fprintf(stderr, "Dev mem allocation failed\n");
		return NULL;
	}
	if (ibv_memcpy_to_dm(pp->dm, 0, pp->buf, pp->buf_len)) {
		fprintf(stderr, "Copy to dm buffer failed\n");
		return NULL;
	}
	return ibv_reg_dm_mr(pp->pd, pp->dm, 0, pp->buf_len,
			     IBV_ACCESS_ZERO_BASED | IBV_ACCESS_LOCAL_WRITE);
}

static struct ibv_mr *register_buf(struct pingpong *pp)
{
	int access = IBV_ACCESS_LOCAL_WRITE;

	if (pp->options.odp)
		access |= IBV_ACCESS_ON_DEMAND;
	if (pp->options.implicit_odp)
		return ibv_reg_mr(pp->pd, NULL, SIZE_MAX, access);
	if (pp->buf_handle)
		return ibv_reg_buf_mr(pp->pd, pp->buf_handle, pp->buf,
				      pp->buf_len, access);
	return ibv_reg_mr(pp->pd, pp->buf, pp->buf_len, access);
}

/* A hint: what it does not do, the first access does. */
static void prefetch(struct pingpong *pp)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)pp->buf,
		.length = pp->buf_len,
		.lkey = pp->mr->lkey,
	};
	int ret;

	ret = ibv_advise_mr(pp->pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
			    IB_UVERBS_ADVISE_MR_FLAG_FLUSH, &sge, 1);
	if (ret)
		fprintf(stderr, "Couldn't prefetch MR(%d). Continue anyway\n",
			ret);
}

/* Whole pages of its own, which memory on demand needs. */
static int allocate(struct pingpong *pp)
{
	if (pp->options.allow_unprotected)
		pp->buf = ibv_alloc_buf(pp->pd, pp->buf_len, &pp->buf_handle);
	else if (posix_memalign((void **)&pp->buf, page_size(), pp->buf_len))
		pp->buf = NULL;
	if (pp->buf)
		return 0;
	fprintf(stderr, "Couldn't allocate work buf.\n");
	return -1;
}

int pingpong_register(struct pingpong *pp)
{
	if (check_device(pp))
		return -1;
	pp->buf_len = pp->options.size + header_len(pp);
	if (allocate(pp))
		return -1;
	fill(pp);
	pp->mr = pp->options.device_memory ? register_dm(pp) : register_buf(pp);
	if (!pp->mr) {
		fprintf(stderr, "Couldn't register MR\n");
		return -1;
	}
	if (pp->options.prefetch)
		prefetch(pp);
	return 0;
}

void pingpong_deregister(struct pingpong *pp)
{
	if (pp->mr && ibv_dereg_mr(pp->mr))
		fprintf(stderr, "Couldn't deregister MR\n");
	if (pp->dm && ibv_free_dm(pp->dm))
		fprintf(stderr, "Couldn't free DM\n");
	if (pp->buf_handle)
		ibv_free_buf(pp->buf_handle);
	else
		free(pp->buf);
}

uint64_t pingpong_payload(const struct pingpong *pp)
{
	return (pp->dm ? 0 : (uintptr_t)pp->buf) + header_len(pp);
}

int pingpong_check(struct pingpong *pp)
{
	const uint8_t *payload = pp->buf + header_len(pp);
	size_t i;

	if (!pp->options.check)
		return 0;
	if (pp->dm && ibv_memcpy_from_dm(pp->buf, pp->dm, 0, pp->buf_len)) {
		fprintf(stderr, "Copy from DM buffer failed\n");
		return -1;
	}
	for (i = 0; i < pp->options.size; i += page_size()) {
		if (payload[i])
			printf("invalid data in page %zu\n", i / page_size());
	}
	return 0;
}
