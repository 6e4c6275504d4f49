/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Providers: which shared object serves which kernel driver, and loading it.
 * Only the provider of a device that is there is ever opened.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include <rdma/ib_user_ioctl_verbs.h>

#include "internal.h"

#define STR(x) #x
#define XSTR(x) STR(x)

struct driver_name {
	uint32_t driver_id;
	const char *name;
};

static const struct driver_name driver_names[] = {
	{ RDMA_DRIVER_MLX5, "mlx5" },
	{ RDMA_DRIVER_RXE, "rxe" },
};

struct loaded {
	uint32_t driver_id;
	const struct verbs_provider *provider; /* NULL: tried and failed */
	struct verbs_ops ops;
	struct loaded *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct loaded *loaded_list;

static const char *name_of(uint32_t driver_id)
{
	size_t i;

	for (i = 0; i < sizeof(driver_names) / sizeof(driver_names[0]); i++)
		if (driver_names[i].driver_id == driver_id)
			return driver_names[i].name;
	return NULL;
}

static void warn(const char *name, const char *reason)
{
	if (getenv("IBV_SHOW_WARNINGS"))
		fprintf(stderr, "libibverbs: provider %s: %s\n", name, reason);
}

/*
 * The shared objects lie in the folder libibverbs/ beside this library,
 * wherever that is. Not $ORIGIN: the loader would take that from whoever
 * wraps dlopen(3), as sanitizers and profilers do.
 */
static void *open_object(const char *name)
{
	char path[PATH_MAX];
	const char *end;
	Dl_info self;

	if (!dladdr(open_object, &self))
		return NULL;
	end = strrchr(self.dli_fname, '/');
	if (!end ||
	    snprintf(path, sizeof(path),
		     "%.*s/libibverbs/lib%s-prv" XSTR(VERBS_PROVIDER_ABI) ".so",
		     (int)(end - self.dli_fname), self.dli_fname,
		     name) >= (int)sizeof(path))
		return NULL;
	return dlopen(path, RTLD_NOW);
}

static const struct verbs_provider *open_provider(const char *name)
{
	const struct verbs_provider *provider;
	void *handle = open_object(name);
	char symbol[64];

	if (!handle) {
		const char *reason = dlerror();

		warn(name, reason ? reason : "no path to it");
		return NULL;
	}
	snprintf(symbol, sizeof(symbol), "verbs_provider_%s", name);
	provider = dlsym(handle, symbol);
	if (!provider || provider->abi != VERBS_PROVIDER_ABI) {
		warn(name, "built for another libibverbs");
		dlclose(handle);
		return NULL;
	}
	return provider;
}

void ops_complete(struct verbs_ops *dst, const struct verbs_ops *src)
{
	size_t n = sizeof(*dst) / sizeof(void *);
	void *slot, *def;
	size_t i;

	/* All members are function pointers, which POSIX lets be void *. */
	for (i = 0; i < n; i++) {
		memcpy(&slot, (const char *)src + i * sizeof(slot),
		       sizeof(slot));
		memcpy(&def, (const char *)&verbs_default_ops + i * sizeof(def),
		       sizeof(def));
		if (!slot)
			slot = def;
		memcpy((char *)dst + i * sizeof(slot), &slot, sizeof(slot));
	}
}

/* provider: NULL for one that could not be loaded and is not tried again. */
static struct loaded *add_locked(uint32_t driver_id,
				 const struct verbs_provider *provider)
{
	struct loaded *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->driver_id = driver_id;
	entry->provider = provider;
	if (provider)
		ops_complete(&entry->ops, &provider->ops);
	entry->next = loaded_list;
	loaded_list = entry;
	return entry;
}

static struct loaded *find_locked(uint32_t driver_id)
{
	struct loaded *entry;

	for (entry = loaded_list; entry; entry = entry->next)
		if (entry->driver_id == driver_id)
			break;
	return entry;
}

const struct verbs_provider *provider_find(uint32_t driver_id, uint32_t abi)
{
	const struct verbs_provider *provider = NULL;
	const char *name = name_of(driver_id);
	struct loaded *entry;

	if (!name)
		return NULL;
	pthread_mutex_lock(&lock);
	entry = find_locked(driver_id);
	if (!entry)
		entry = add_locked(driver_id, open_provider(name));
	if (entry)
		provider = entry->provider;
	pthread_mutex_unlock(&lock);
	if (provider && (abi < provider->min_kernel_abi ||
			 abi > provider->max_kernel_abi)) {
		warn(name, "does not speak this kernel driver's ABI");
		return NULL;
	}
	return provider;
}

void provider_add(const struct verbs_provider *provider)
{
	pthread_mutex_lock(&lock);
	if (!find_locked(provider->driver_id))
		add_locked(provider->driver_id, provider);
	pthread_mutex_unlock(&lock);
}

const struct verbs_ops *provider_ops(const struct verbs_provider *provider)
{
	const struct loaded *entry;

	pthread_mutex_lock(&lock);
	entry = find_locked(provider->driver_id);
	pthread_mutex_unlock(&lock);
	return &entry->ops;
}
