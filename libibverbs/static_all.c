/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * RDMA_STATIC_PROVIDERS=all. A file of its own: whoever refers to it has all of
 * them linked in.
 */
#include "driver.h"

extern const struct verbs_provider verbs_provider_all;
extern const struct verbs_provider verbs_provider_mlx5;
extern const struct verbs_provider verbs_provider_rxe;

static const struct verbs_provider *const providers[] = {
	&verbs_provider_mlx5,
	&verbs_provider_rxe,
	NULL,
};

const struct verbs_provider verbs_provider_all = { .all = providers };
