// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * perftest: no probe, the registration itself tells. The newest call comes first,
 * and the older one after those errors of it that mean it is not there.
 */
#include <dlfcn.h>
#include <errno.h>

#include "consumers.h"

/* Younger than the oldest library this runs on. */
static struct ibv_mr *(*reg_mr_ex)(struct ibv_pd *, struct ibv_mr_init_attr *);

static int look_up(struct consumer_verbs *verbs)
{
	CONSUMER_VERBS(CONSUMER_TAKE)
	verbs->ibv_reg_dmabuf_mr = ibv_reg_dmabuf_mr;
	*(void **)&reg_mr_ex =
		dlvsym(RTLD_DEFAULT, "ibv_reg_mr_ex", "IBVERBS_1.15");
	return 0;
}

static bool is_missing(int code)
{
	return code == EOPNOTSUPP || code == EPROTONOSUPPORT || code == EIO;
}

static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct consumer_buffer *buf, uint64_t *iova)
{
	struct ibv_mr_init_attr attr = {
		.length = buf->length,
		.access = CONSUMER_REMOTE_ACCESS,
		.comp_mask = IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_IOVA |
			     IBV_REG_MR_MASK_FD_OFFSET,
		.iova = (uintptr_t)buf->addr,
		.fd = buf->fd,
		.fd_offset = buf->offset,
	};
	struct ibv_mr *mr = NULL;

	*iova = attr.iova;
	errno = EOPNOTSUPP;
	if (reg_mr_ex)
		mr = reg_mr_ex(pd, &attr);
	if (!mr && is_missing(errno))
		mr = verbs->ibv_reg_dmabuf_mr(pd, buf->offset, buf->length,
					      *iova, buf->fd,
					      CONSUMER_REMOTE_ACCESS);
	return mr;
}

static enum consumer_answer try_buffer(const struct consumer_verbs *verbs,
				       struct ibv_pd *pd,
				       const struct dmabuf_buf *dmabuf)
{
	struct consumer_buffer buf = {
		.fd = dmabuf->fd,
		.addr = dmabuf->map,
		.length = dmabuf->size,
	};
	struct ibv_mr *mr;
	uint64_t iova;

	mr = reg(verbs, pd, &buf, &iova);
	if (mr)
		return consumer_drop_trial(verbs, mr);
	/* Its message names the missing support for this one only. */
	return errno == EOPNOTSUPP ? CONSUMER_NOT_SUPPORTED : CONSUMER_ERROR;
}

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	return consumer_probe_buffer(verbs, context, CONSUMER_PAGE, try_buffer);
}

int main(int argc, char **argv)
{
	static const struct consumer perftest = {
		.name = "perftest",
		.look_up = look_up,
		.probe = probe,
		.reg = reg,
	};

	return consumer_main(&perftest, argc, argv);
}
