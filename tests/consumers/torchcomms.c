// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * torchcomms: NCCL's rule, a longer list of symbols, and three of those at the
 * library's very first version. It looks up completion events there, and does
 * not wait for any here: in the stock library that version is for programs with
 * the structs of its time.
 */
#include "mlx5.h"

#define MUST(name, version)                     \
	{                                       \
		name, "IBVERBS_" version, false \
	}
#define MAY(name, version)                     \
	{                                      \
		name, "IBVERBS_" version, true \
	}

static const struct consumer_symbol symbols[] = {
	MUST("ibv_get_device_list", "1.1"),
	MUST("ibv_free_device_list", "1.1"),
	MUST("ibv_get_device_name", "1.1"),
	MUST("ibv_open_device", "1.1"),
	MUST("ibv_close_device", "1.1"),
	MUST("ibv_query_device", "1.1"),
	MUST("ibv_query_port", "1.1"),
	MUST("ibv_query_gid", "1.1"),
	MUST("ibv_query_qp", "1.1"),
	MUST("ibv_query_srq", "1.1"),
	MUST("ibv_alloc_pd", "1.1"),
	MUST("ibv_dealloc_pd", "1.1"),
	MUST("ibv_reg_mr", "1.1"),
	MUST("ibv_dereg_mr", "1.1"),
	MUST("ibv_create_comp_channel", "1.0"),
	MUST("ibv_destroy_comp_channel", "1.0"),
	MUST("ibv_get_cq_event", "1.0"),
	MUST("ibv_ack_cq_events", "1.0"),
	MUST("ibv_create_cq", "1.1"),
	MUST("ibv_destroy_cq", "1.1"),
	MUST("ibv_create_qp", "1.1"),
	MUST("ibv_modify_qp", "1.1"),
	MUST("ibv_destroy_qp", "1.1"),
	MUST("ibv_create_srq", "1.1"),
	MUST("ibv_modify_srq", "1.1"),
	MUST("ibv_destroy_srq", "1.1"),
	MUST("ibv_create_ah", "1.1"),
	MUST("ibv_destroy_ah", "1.1"),
	MUST("ibv_get_async_event", "1.1"),
	MUST("ibv_ack_async_event", "1.1"),
	MUST("ibv_fork_init", "1.1"),
	MUST("ibv_event_type_str", "1.1"),
	MUST("ibv_wc_status_str", "1.1"),
	MUST("ibv_rate_to_mbps", "1.1"),
	MUST("ibv_rate_to_mult", "1.0"),
	MAY("ibv_qp_to_qp_ex", "1.6"),
	MAY("ibv_reg_mr_iova2", "1.8"),
	MAY("ibv_query_ece", "1.10"),
	MAY("ibv_set_ece", "1.10"),
	MAY("ibv_is_fork_initialized", "1.13"),
	MAY("ibv_reg_dmabuf_mr", "1.12"),
};

static int look_up(struct consumer_verbs *verbs)
{
	static const char *const names[] = { "libibverbs.so.1", NULL };
	void *library = consumer_open_library(names);

	if (!library || !consumer_has_all(library, symbols,
					  sizeof(symbols) / sizeof(*symbols)))
		return -1;
	return consumer_fill(verbs, library, "IBVERBS_1.1");
}

/* Plain support counts; whether data direct is there changes the call only. */
static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	enum consumer_answer answer = consumer_probe_errno(verbs, context);
	struct consumer_mlx5 mlx5 = { 0 };

	if (answer != CONSUMER_SUPPORTED || consumer_load_mlx5(&mlx5))
		return answer;
	if (consumer_probe_data_direct(&mlx5, verbs, context) == CONSUMER_ERROR)
		return CONSUMER_ERROR;
	return answer;
}

int main(int argc, char **argv)
{
	static const struct consumer torchcomms = {
		.name = "torchcomms",
		.look_up = look_up,
		.probe = probe,
		.reg = consumer_reg_at_address,
		.exports_pages = true,
	};

	return consumer_main(&torchcomms, argc, argv);
}
