// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* The ways to find out about support that several consumers share. */
#include <errno.h>

#include "consumers.h"
#include "dmabuf_error.h"

enum consumer_answer consumer_judge_errno(int code)
{
	if (code == EOPNOTSUPP || code == EPROTONOSUPPORT)
		return CONSUMER_NOT_SUPPORTED;
	return CONSUMER_SUPPORTED;
}

enum consumer_answer consumer_probe_errno(const struct consumer_verbs *verbs,
					  struct ibv_context *context)
{
	struct ibv_pd *pd = verbs->ibv_alloc_pd(context);
	int code = EOPNOTSUPP;

	if (!pd)
		return CONSUMER_ERROR;
	if (verbs->ibv_reg_dmabuf_mr) {
		verbs->ibv_reg_dmabuf_mr(pd, 0, 0, 0, -1, 0);
		code = errno;
	}
	return verbs->ibv_dealloc_pd(pd) ? CONSUMER_ERROR
					 : consumer_judge_errno(code);
}

enum consumer_answer consumer_probe_buffer(const struct consumer_verbs *verbs,
					   struct ibv_context *context,
					   size_t size, consumer_try try)
{
	enum consumer_answer answer = CONSUMER_ERROR;
	struct dmabuf_error error;
	struct dmabuf_buf *buf;
	struct ibv_pd *pd;

	buf = dmabuf_alloc("udmabuf", size, &error);
	if (!buf)
		return CONSUMER_ERROR;
	pd = verbs->ibv_alloc_pd(context);
	if (pd) {
		answer = try(verbs, pd, buf);
		if (verbs->ibv_dealloc_pd(pd))
			answer = CONSUMER_ERROR;
	}
	dmabuf_free(buf);
	return answer;
}

enum consumer_answer consumer_drop_trial(const struct consumer_verbs *verbs,
					 struct ibv_mr *mr)
{
	return verbs->ibv_dereg_mr(mr) ? CONSUMER_ERROR : CONSUMER_SUPPORTED;
}

struct ibv_mr *consumer_reg_at_address(const struct consumer_verbs *verbs,
				       struct ibv_pd *pd,
				       const struct consumer_buffer *buf,
				       uint64_t *iova)
{
	*iova = (uintptr_t)buf->addr;
	return verbs->ibv_reg_dmabuf_mr(pd, buf->offset, buf->length, *iova,
					buf->fd, CONSUMER_REMOTE_ACCESS);
}
