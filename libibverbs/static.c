/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Static linking. A program built with RDMA_STATIC_PROVIDERS has the providers
 * that this macro names linked in, and its first ibv_get_device_list() hands
 * them over here. In libibverbs.a only: a shared library loads its providers.
 */
#include <stdarg.h>

#include "internal.h"

/* verbs.h declares it where the macro is defined. */
void ibv_static_providers(void *unused, ...);

/* What fills up the list of those that do not name so many. */
const struct verbs_provider verbs_provider_none;

static void add_all(const struct verbs_provider *const *list)
{
	for (; *list; list++)
		provider_add(*list);
}

void ibv_static_providers(void *unused, ...)
{
	const struct verbs_provider *provider;
	va_list list;

	va_start(list, unused);
	while ((provider = va_arg(list, const struct verbs_provider *))) {
		if (provider->all)
			add_all(provider->all);
		else if (provider != &verbs_provider_none)
			provider_add(provider);
	}
	va_end(list);
}
