/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <stdarg.h>
#include <stdlib.h>

#include "fake_kernel.h"
#include "internal.h"

struct answer {
	uint16_t object; /* whose methods are meant; 0: all */
	uint16_t id;
	int is_handle;
	uint64_t handle;
	unsigned char bytes[FAKE_MAX_PAYLOAD];
	size_t len;
};

struct fake_call fake;

static struct answer answers[8];
static int num_answers;
static int fail_with;

static struct verbs_ex_private priv;
static struct verbs_device device = { .num_ports = 1 };
static struct verbs_context vctx;

struct ibv_context *fake_context(void)
{
	priv = (struct verbs_ex_private){
		.ops = &verbs_default_ops,
		.core_support = IB_UVERBS_CORE_SUPPORT_OPTIONAL_MR_ACCESS,
		.driver_id = RDMA_DRIVER_MLX5,
	};
	vctx.priv = &priv;
	vctx.sz = sizeof(vctx);
	vctx.context.abi_compat = __VERBS_ABI_IS_EXTENDED;
	vctx.context.cmd_fd = 77;
	vctx.context.device = &device.device;
	pthread_mutex_init(&vctx.context.mutex, NULL);
	return &vctx.context;
}

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	num_answers = 0;
	fail_with = 0;
}

void fake_fail(int err)
{
	fail_with = err;
}

void fake_answer_handle(uint16_t id, uint64_t handle)
{
	answers[num_answers++] = (struct answer){
		.id = id,
		.is_handle = 1,
		.handle = handle,
	};
}

void fake_answer_object(uint16_t object, uint16_t id, const void *bytes,
			size_t len)
{
	struct answer *a = &answers[num_answers++];

	*a = (struct answer){ .object = object, .id = id, .len = len };
	memcpy(a->bytes, bytes, len);
}

void fake_answer_bytes(uint16_t id, const void *bytes, size_t len)
{
	fake_answer_object(0, id, bytes, len);
}

const struct fake_attr *fake_nth(int n)
{
	if (n >= fake.hdr.num_attrs)
		abort();
	return &fake.attr[n];
}

static bool is_meant(const struct answer *a, const struct ib_uverbs_attr *attr)
{
	return a->id == attr->attr_id &&
	       (!a->object || a->object == fake.hdr.object_id);
}

/* Another method's input may have the same id: it is too short for the answer. */
static const struct answer *answer_to(const struct ib_uverbs_attr *attr)
{
	int i;

	for (i = 0; i < num_answers; i++)
		if (is_meant(&answers[i], attr) &&
		    (answers[i].is_handle || attr->len >= answers[i].len))
			return &answers[i];
	return NULL;
}

static void record(const struct ib_uverbs_ioctl_hdr *hdr)
{
	struct fake_attr *attr;
	int i;

	fake.hdr = *hdr;
	for (i = 0; i < hdr->num_attrs; i++) {
		attr = &fake.attr[i];
		attr->raw = hdr->attrs[i];
		if (attr->raw.len > 8 && attr->raw.len <= FAKE_MAX_PAYLOAD &&
		    !answer_to(&attr->raw))
			memcpy(attr->payload, (void *)(uintptr_t)attr->raw.data,
			       attr->raw.len);
	}
}

static void respond(struct ib_uverbs_ioctl_hdr *hdr)
{
	const struct answer *a;
	int i;

	for (i = 0; i < hdr->num_attrs; i++) {
		a = answer_to(&hdr->attrs[i]);
		if (!a)
			continue;
		if (a->is_handle)
			hdr->attrs[i].data = a->handle;
		else
			memcpy((void *)(uintptr_t)hdr->attrs[i].data, a->bytes,
			       a->len);
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct ib_uverbs_ioctl_hdr *hdr;
	va_list args;

	va_start(args, request);
	hdr = va_arg(args, struct ib_uverbs_ioctl_hdr *);
	va_end(args);
	fake.calls++;
	fake.fd = fd;
	fake.request = request;
	record(hdr);
	if (fail_with) {
		errno = fail_with;
		return -1;
	}
	respond(hdr);
	return 0;
}
