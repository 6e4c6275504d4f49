// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Devices, memory regions and queue pairs of the two ends. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pp.h"

#define ACCESS                                             \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | \
	 IBV_ACCESS_REMOTE_WRITE)
#define QUEUE_DEPTH 4

int pp_fail(struct pp_result *result, enum pp_status status, int code,
	    const char *format, ...)
{
	va_list args;

	result->status = status;
	result->error.code = code;
	va_start(args, format);
	vsnprintf(result->error.text, sizeof(result->error.text), format, args);
	va_end(args);
	return -1;
}

static struct ibv_device *find_device(struct ibv_device **list,
				      const char *name)
{
	int i;

	for (i = 0; list[i]; i++)
		if (!name || !strcmp(ibv_get_device_name(list[i]), name))
			return list[i];
	return NULL;
}

static struct ibv_context *open_named(const char *name,
				      struct pp_result *result)
{
	struct ibv_context *context = NULL;
	struct ibv_device **list;
	struct ibv_device *device;

	list = ibv_get_device_list(NULL);
	if (!list) {
		pp_fail(result, PP_FAILED, errno, "list of RDMA devices: %s",
			strerror(errno));
		return NULL;
	}
	device = find_device(list, name);
	if (device)
		context = ibv_open_device(device);
	if (!device)
		pp_fail(result, PP_FAILED, ENODEV, "no RDMA device%s%s",
			name ? " is called " : "", name ? name : "");
	else if (!context)
		pp_fail(result, PP_FAILED, errno, "cannot open %s: %s",
			ibv_get_device_name(device), strerror(errno));
	ibv_free_device_list(list);
	return context;
}

static bool is_ipv4_mapped(const union ibv_gid *gid)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(gid->raw, prefix, sizeof(prefix));
}

static bool is_link_local(const union ibv_gid *gid)
{
	return gid->raw[0] == 0xfe && (gid->raw[1] & 0xc0) == 0x80;
}

/* The higher the better: RoCE v2 first, and what can be routed. */
static int rate_gid(const struct ibv_gid_entry *entry)
{
	int rate = 1;

	if (entry->gid_type == IBV_GID_TYPE_ROCE_V2)
		rate += 4;
	if (is_ipv4_mapped(&entry->gid))
		return rate + 2;
	return is_link_local(&entry->gid) ? rate : rate + 1;
}

/* -1 if the port has no address at all. */
static int choose_gid_index(struct pp_device *device)
{
	struct ibv_gid_entry entry;
	int best = -1, best_rate = 0;
	int i, rate;

	for (i = 0; i < device->port.gid_tbl_len; i++) {
		if (ibv_query_gid_ex(device->context, device->ib_port, i,
				     &entry, 0))
			continue;
		rate = rate_gid(&entry);
		if (rate > best_rate) {
			best_rate = rate;
			best = i;
		}
	}
	return best;
}

static int query_gid(struct pp_device *device, int wanted,
		     struct pp_result *result)
{
	int index = wanted < 0 ? choose_gid_index(device) : wanted;

	if (index < 0)
		return pp_fail(
			result, PP_FAILED, ENODATA,
			"port %u has no GID: give its network interface an address",
			device->ib_port);
	if (ibv_query_gid(device->context, device->ib_port, index,
			  &device->gid))
		return pp_fail(result, PP_FAILED, errno, "GID %d: %s", index,
			       strerror(errno));
	device->gid_index = index;
	result->gid_index = index;
	return 0;
}

static int query_port(struct pp_device *device, struct pp_result *result)
{
	int ret;

	ret = ibv_query_device(device->context, &device->attr);
	if (ret)
		return pp_fail(result, PP_FAILED, ret, "query of device: %s",
			       strerror(ret));
	ret = ibv_query_port(device->context, device->ib_port, &device->port);
	if (ret)
		return pp_fail(result, PP_FAILED, ret, "query of port %u: %s",
			       device->ib_port, strerror(ret));
	if (device->port.state != IBV_PORT_ACTIVE)
		return pp_fail(result, PP_FAILED, ENETDOWN, "port %u is %s",
			       device->ib_port,
			       ibv_port_state_str(device->port.state));
	return 0;
}

int pp_open_device(struct pp_device *device, const struct pp_options *options,
		   struct pp_result *result)
{
	memset(device, 0, sizeof(*device));
	device->ib_port = options->ib_port;
	device->context = open_named(options->device, result);
	if (!device->context)
		return -1;
	snprintf(result->device, sizeof(result->device), "%s",
		 ibv_get_device_name(device->context->device));
	if (query_port(device, result) ||
	    query_gid(device, options->gid_index, result))
		goto close;
	device->pd = ibv_alloc_pd(device->context);
	if (device->pd)
		return 0;
	pp_fail(result, PP_FAILED, errno, "protection domain: %s",
		strerror(errno));
close:
	pp_close_device(device);
	return -1;
}

void pp_close_device(struct pp_device *device)
{
	if (device->pd)
		ibv_dealloc_pd(device->pd);
	if (device->context)
		ibv_close_device(device->context);
	memset(device, 0, sizeof(*device));
}

/* A page behind the region is for the canary. */
static int alloc_buf(struct pp_end *end, const struct pp_options *options,
		     struct pp_result *result)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct dmabuf_error error;
	size_t size;

	if (__builtin_add_overflow(options->offset, options->size, &size) ||
	    __builtin_add_overflow(size, page, &size))
		return pp_fail(result, PP_FAILED, EINVAL,
			       "offset and size are too large");
	end->buf = dmabuf_alloc(options->exporter, size, &error);
	if (!end->buf)
		return pp_fail(result, PP_FAILED, error.code, "%s", error.text);
	return 0;
}

static int register_region(struct pp_end *end, struct pp_result *result)
{
	enum pp_status status = PP_FAILED;
	int code;

	end->mr = ibv_reg_dmabuf_mr(end->device->pd, end->offset, end->size,
				    end->iova, end->buf->fd, ACCESS);
	if (end->mr)
		return 0;
	code = errno;
	if (code == EOPNOTSUPP || code == EPROTONOSUPPORT)
		status = PP_NO_IMPORT;
	return pp_fail(result, status, code,
		       "%s cannot import the dma-buf of %s: %s", result->device,
		       end->buf->name, strerror(code));
}

static int create_queues(struct pp_end *end, struct pp_result *result)
{
	struct ibv_qp_init_attr init = {
		.cap.max_send_wr = QUEUE_DEPTH,
		.cap.max_recv_wr = QUEUE_DEPTH,
		.cap.max_send_sge = 1,
		.cap.max_recv_sge = 1,
		.qp_type = IBV_QPT_RC,
	};

	end->cq = ibv_create_cq(end->device->context, 2 * QUEUE_DEPTH, NULL,
				NULL, 0);
	if (!end->cq)
		return pp_fail(result, PP_FAILED, errno, "completion queue: %s",
			       strerror(errno));
	init.send_cq = end->cq;
	init.recv_cq = end->cq;
	end->qp = ibv_create_qp(end->device->pd, &init);
	if (!end->qp)
		return pp_fail(result, PP_FAILED, errno, "queue pair: %s",
			       strerror(errno));
	return 0;
}

static int to_init(struct pp_end *end)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = end->device->ib_port,
		.qp_access_flags = ACCESS,
	};

	return ibv_modify_qp(end->qp, &attr,
			     IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				     IBV_QP_ACCESS_FLAGS);
}

static uint32_t random_psn(unsigned int side)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_nsec * 31 + getpid() + side) & 0xffffff;
}

int pp_create_end(struct pp_end *end, struct pp_device *device,
		  unsigned int side, const struct pp_options *options,
		  struct pp_result *result)
{
	int ret;

	memset(end, 0, sizeof(*end));
	end->device = device;
	end->op = options->op;
	end->side = side;
	end->size = options->size;
	end->offset = options->offset;
	end->iova = options->iova_given ? options->iova : options->offset;
	end->psn = random_psn(side);
	end->tcp_fd = -1;
	if (alloc_buf(end, options, result) || register_region(end, result) ||
	    create_queues(end, result))
		goto destroy;
	ret = to_init(end);
	if (!ret)
		return 0;
	pp_fail(result, PP_FAILED, ret, "queue pair to INIT: %s",
		strerror(ret));
destroy:
	pp_destroy_end(end);
	return -1;
}

void pp_destroy_end(struct pp_end *end)
{
	if (end->qp)
		ibv_destroy_qp(end->qp);
	if (end->cq)
		ibv_destroy_cq(end->cq);
	if (end->mr)
		ibv_dereg_mr(end->mr);
	dmabuf_free(end->buf);
	memset(end, 0, sizeof(*end));
}

void pp_describe_end(const struct pp_end *end, const struct pp_options *options,
		     struct pp_peer *self)
{
	memset(self, 0, sizeof(*self));
	self->qpn = end->qp->qp_num;
	self->psn = end->psn;
	self->rkey = end->mr->rkey;
	self->lid = end->device->port.lid;
	self->iova = end->iova;
	self->gid = end->device->gid;
	self->size = options->size;
	self->iterations = options->iterations;
	self->op = options->op;
}

static void fill_path(const struct pp_end *end, struct ibv_ah_attr *ah)
{
	struct pp_device *device = end->device;

	ah->port_num = device->ib_port;
	ah->dlid = end->peer.lid;
	if (device->port.link_layer != IBV_LINK_LAYER_ETHERNET && end->peer.lid)
		return;
	ah->is_global = 1;
	ah->grh.dgid = end->peer.gid;
	ah->grh.sgid_index = device->gid_index;
	ah->grh.hop_limit = 64;
}

static int to_rtr(struct pp_end *end)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = end->device->port.active_mtu,
		.dest_qp_num = end->peer.qpn,
		.rq_psn = end->peer.psn,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
	};

	fill_path(end, &attr.ah_attr);
	return ibv_modify_qp(end->qp, &attr,
			     IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
				     IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
				     IBV_QP_MAX_DEST_RD_ATOMIC |
				     IBV_QP_MIN_RNR_TIMER);
}

static int to_rts(struct pp_end *end)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.sq_psn = end->psn,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic = 1,
	};

	return ibv_modify_qp(end->qp, &attr,
			     IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT |
				     IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				     IBV_QP_MAX_QP_RD_ATOMIC);
}

int pp_connect_end(struct pp_end *end, struct pp_result *result)
{
	int ret;

	ret = to_rtr(end);
	if (ret)
		return pp_fail(result, PP_FAILED, ret,
			       "queue pair to RTR (GID index %u): %s",
			       end->device->gid_index, strerror(ret));
	ret = to_rts(end);
	if (ret)
		return pp_fail(result, PP_FAILED, ret, "queue pair to RTS: %s",
			       strerror(ret));
	return 0;
}
