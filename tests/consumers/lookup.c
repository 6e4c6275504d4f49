// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* What the consumers that load the library themselves have in common. */
#include <dlfcn.h>
#include <stdio.h>

#include "consumers.h"

void *consumer_open_library(const char *const *names)
{
	void *library = NULL;

	for (; *names && !library; names++)
		library = dlopen(*names, RTLD_NOW);
	return library;
}

void *consumer_find(void *library, const struct consumer_symbol *symbol)
{
	if (symbol->version)
		return dlvsym(library, symbol->name, symbol->version);
	return dlsym(library, symbol->name);
}

bool consumer_has_all(void *library, const struct consumer_symbol *symbols,
		      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (symbols[i].optional || consumer_find(library, &symbols[i]))
			continue;
		fprintf(stderr, "missing: %s@%s\n", symbols[i].name,
			symbols[i].version ? symbols[i].version : "any");
		return false;
	}
	return true;
}

int consumer_fill(struct consumer_verbs *verbs, void *library,
		  const char *version)
{
	struct consumer_symbol symbol = { .version = version };

#define FIND(call, type, args)                                    \
	symbol.name = #call;                                      \
	*(void **)&verbs->call = consumer_find(library, &symbol); \
	if (!verbs->call)                                         \
		return -1;
	CONSUMER_VERBS(FIND)
#undef FIND
	symbol.name = "ibv_reg_dmabuf_mr";
	symbol.version = version ? "IBVERBS_1.12" : NULL;
	*(void **)&verbs->ibv_reg_dmabuf_mr = consumer_find(library, &symbol);
	return 0;
}
