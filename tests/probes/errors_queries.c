/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What a context is asked, and calls that need one and have none. */
#include <errno.h>

#include "errors.h"

static long query_device(struct world *w)
{
	struct ibv_device_attr attr;

	return ibv_query_device(w->context, &attr);
}

CALL(device_null, ibv_query_device(NULL, NULL))

static long query_device_ex(struct world *w, uint32_t comp_mask)
{
	struct ibv_query_device_ex_input input = { .comp_mask = comp_mask };
	struct ibv_device_attr_ex attr;

	return ibv_query_device_ex(w->context, &input, &attr);
}

CALL(device_ex_good, query_device_ex(w, 0))
CALL(device_ex_bad_mask, query_device_ex(w, 1))

static long query_port(struct world *w, uint8_t port)
{
	struct ibv_port_attr attr;

	return ibv_query_port(w->context, port, &attr);
}

CALL(port_0, query_port(w, 0))
CALL(port_1, query_port(w, 1))
CALL(port_9, query_port(w, 9))

static long query_gid(struct world *w, uint8_t port, int index)
{
	union ibv_gid gid;

	return ibv_query_gid(w->context, port, index, &gid);
}

CALL(gid_free, query_gid(w, 1, 30))
CALL(gid_minus_1, query_gid(w, 1, -1))
CALL(gid_9999, query_gid(w, 1, 9999))
CALL(gid_port_0, query_gid(w, 0, 0))
CALL(gid_port_9, query_gid(w, 9, 0))

static long query_gid_ex(struct world *w, uint32_t port, uint32_t index,
			 uint32_t flags)
{
	struct ibv_gid_entry entry;

	return ibv_query_gid_ex(w->context, port, index, &entry, flags);
}

CALL(gid_ex_free, query_gid_ex(w, 1, 30, 0))
CALL(gid_ex_9999, query_gid_ex(w, 1, 9999, 0))
CALL(gid_ex_port_9, query_gid_ex(w, 9, 0, 0))
CALL(gid_ex_flags, query_gid_ex(w, 1, 0, 1))

static long query_gid_table(struct world *w, size_t max, uint32_t flags)
{
	struct ibv_gid_entry entries[64];

	return ibv_query_gid_table(w->context, entries, max, flags) < 0 ? -errno
									: 0;
}

CALL(gid_table_good, query_gid_table(w, 64, 0))
CALL(gid_table_small, query_gid_table(w, 1, 0))
CALL(gid_table_flags, query_gid_table(w, 64, 1))

static long query_pkey(struct world *w, uint8_t port, int index)
{
	__be16 pkey;

	return ibv_query_pkey(w->context, port, index, &pkey);
}

CALL(pkey_0, query_pkey(w, 1, 0))
CALL(pkey_minus_1, query_pkey(w, 1, -1))
CALL(pkey_9999, query_pkey(w, 1, 9999))
CALL(pkey_port_9, query_pkey(w, 9, 0))
CALL(pkey_index_good, ibv_get_pkey_index(w->context, 1, 0xffff))
CALL(pkey_index_absent, ibv_get_pkey_index(w->context, 1, 0x3412))
CALL(pkey_index_port_9, ibv_get_pkey_index(w->context, 9, 0xffff))

/* ---- Of what is not there ----------------------------------------------------- */

static long gid_ex_null(struct world *w)
{
	struct ibv_gid_entry entry;

	return ibv_query_gid_ex(NULL, 1, 0, &entry, 0);
}

static long gid_table_null(struct world *w)
{
	struct ibv_gid_entry entry;

	return ibv_query_gid_table(NULL, &entry, 1, 0);
}

CALL(gid_null, ibv_query_gid(w->context, 1, 0, NULL))
CALL(pkey_null, ibv_query_pkey(w->context, 1, 0, NULL))
CALL(pkey_index_null, ibv_get_pkey_index(NULL, 1, 0xffff))
CALL(event_null, ibv_get_async_event(NULL, NULL))
CALL(event_ack_null, (ibv_ack_async_event(NULL), 0))

static long event_ack_nothing(struct world *w)
{
	struct ibv_async_event event = { .event_type = IBV_EVENT_QP_FATAL };

	ibv_ack_async_event(&event);
	return 0;
}

CALL(cq_event_ack_null, (ibv_ack_cq_events(NULL, 1), 0))

static long cq_event_null(struct world *w)
{
	struct ibv_cq *cq;
	void *context;

	return ibv_get_cq_event(NULL, &cq, &context);
}

CALL(in_order_null, ibv_query_qp_data_in_order(NULL, IBV_WR_SEND, 0))
CALL(ece_null, ibv_query_ece(w->qp, NULL))
CALL(set_ece_null, ibv_set_ece(w->qp, NULL))

const struct error_case query_cases[] = {
	{ "query.device", ANSWER_STATUS, query_device, NULL, NULL },
	{ "query.device_null", ANSWER_STATUS, device_null, NULL, NULL },
	{ "query.device_ex", ANSWER_STATUS, device_ex_good, NULL, NULL },
	{ "query.device_ex_bad_mask", ANSWER_STATUS, device_ex_bad_mask, NULL,
	  NULL },
	{ "query.port_0", ANSWER_STATUS, port_0, NULL, NULL },
	{ "query.port_1", ANSWER_STATUS, port_1, NULL, NULL },
	{ "query.port_9", ANSWER_STATUS, port_9, NULL, NULL },
	{ "query.gid_free", ANSWER_NUMBER, gid_free, NULL, NULL },
	{ "query.gid_minus_1", ANSWER_NUMBER, gid_minus_1, NULL, NULL },
	{ "query.gid_9999", ANSWER_NUMBER, gid_9999, NULL, NULL },
	{ "query.gid_port_0", ANSWER_NUMBER, gid_port_0, NULL, NULL },
	{ "query.gid_port_9", ANSWER_NUMBER, gid_port_9, NULL, NULL },
	{ "query.gid_ex_free", ANSWER_STATUS, gid_ex_free, NULL, NULL },
	{ "query.gid_ex_9999", ANSWER_STATUS, gid_ex_9999, NULL, NULL },
	{ "query.gid_ex_port_9", ANSWER_STATUS, gid_ex_port_9, NULL, NULL },
	{ "query.gid_ex_flags", ANSWER_STATUS, gid_ex_flags, NULL, NULL },
	{ "query.gid_table", ANSWER_NUMBER, gid_table_good, NULL, NULL },
	{ "query.gid_table_small", ANSWER_NUMBER, gid_table_small, NULL, NULL },
	{ "query.gid_table_flags", ANSWER_NUMBER, gid_table_flags, NULL, NULL },
	{ "query.pkey", ANSWER_NUMBER, pkey_0, NULL, NULL },
	{ "query.pkey_minus_1", ANSWER_NUMBER, pkey_minus_1, NULL, NULL },
	{ "query.pkey_9999", ANSWER_NUMBER, pkey_9999, NULL, NULL },
	{ "query.pkey_port_9", ANSWER_NUMBER, pkey_port_9, NULL, NULL },
	{ "query.pkey_index", ANSWER_NUMBER, pkey_index_good, NULL, NULL },
	{ "query.pkey_index_absent", ANSWER_NUMBER, pkey_index_absent, NULL,
	  NULL },
	{ "query.pkey_index_port_9", ANSWER_NUMBER, pkey_index_port_9, NULL,
	  NULL },
	{ "query.gid_null", ANSWER_NUMBER, gid_null, NULL, NULL },
	{ "query.gid_ex_null", ANSWER_STATUS, gid_ex_null, NULL, NULL },
	{ "query.gid_table_null", ANSWER_NUMBER, gid_table_null, NULL, NULL },
	{ "query.pkey_null", ANSWER_NUMBER, pkey_null, NULL, NULL },
	{ "query.pkey_index_null", ANSWER_NUMBER, pkey_index_null, NULL, NULL },
	{ "query.event_null", ANSWER_NUMBER, event_null, NULL, NULL },
	{ "query.event_ack_null", ANSWER_NUMBER, event_ack_null, NULL, NULL },
	{ "query.event_ack_nothing", ANSWER_NUMBER, event_ack_nothing, NULL,
	  NULL },
	{ "query.cq_event_null", ANSWER_NUMBER, cq_event_null, NULL, NULL },
	{ "query.cq_event_ack_null", ANSWER_NUMBER, cq_event_ack_null, NULL,
	  NULL },
	{ "query.in_order_null", ANSWER_NUMBER, in_order_null, NULL, NULL },
	{ "query.ece_null", ANSWER_STATUS, ece_null, NULL, NULL },
	{ "query.set_ece_null", ANSWER_STATUS, set_ece_null, NULL, NULL },
};
const size_t num_query_cases = NUM_OF(query_cases);
