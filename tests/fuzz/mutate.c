// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Stands in for ioctl(2) and changes what the library tells the kernel. */
#include <rdma/rdma_user_ioctl.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "noise.h"

uint32_t mutation_rate;
struct mutation_stats *mutation_stats;

/* Values at which sizes, handles and addresses tend to go wrong. */
static uint64_t odd_value(void)
{
	static const uint64_t values[] = {
		0,	    1,
		2,	    7,
		63,	    4095,
		4096,	    65535,
		1ULL << 31, (1ULL << 31) - 1,
		UINT32_MAX, 1ULL << 32,
		INT64_MAX,  UINT64_MAX - 4095,
		UINT64_MAX, 0xffff888000000000,
	};

	if (noise(4) == 0)
		return (uint64_t)random() << 33 ^ (uint64_t)random();
	return values[noise(sizeof(values) / sizeof(values[0]))];
}

/* One field of what an attribute points to, aligned as fields are. */
static void change_payload(struct ib_uverbs_attr *attr)
{
	uint32_t size = 1u << noise(4);
	uint64_t value = odd_value();
	uint8_t *data;

	if (attr->len <= sizeof(attr->data)) {
		attr->data = value;
		return;
	}
	data = (uint8_t *)(uintptr_t)attr->data;
	memcpy(data + noise(attr->len / size) * size, &value, size);
}

static void change_attr(struct ib_uverbs_attr *attr)
{
	switch (noise(8)) {
	case 0:
		attr->attr_id = (uint16_t)(noise(24) | noise(2) << 12);
		break;
	case 1:
		attr->len = (uint16_t)odd_value();
		break;
	case 2:
		attr->flags = (uint16_t)noise(4);
		break;
	case 3:
		attr->data = odd_value();
		break;
	case 4:
		attr->attr_data.reserved = (uint16_t)odd_value();
		break;
	default:
		change_payload(attr);
	}
}

static void change_header(struct ib_uverbs_ioctl_hdr *hdr)
{
	switch (noise(6)) {
	case 0:
		hdr->object_id = (uint16_t)(noise(24) | noise(2) << 12);
		break;
	case 1:
		hdr->method_id = (uint16_t)(noise(16) | noise(2) << 12);
		break;
	case 2:
		hdr->driver_id = noise(24);
		break;
	case 3:
		hdr->num_attrs = (uint16_t)noise(hdr->num_attrs + 1u);
		hdr->length =
			(uint16_t)(sizeof(*hdr) +
				   hdr->num_attrs * sizeof(hdr->attrs[0]));
		break;
	case 4:
		hdr->length = (uint16_t)odd_value();
		break;
	default:
		hdr->reserved1 = odd_value();
	}
}

static void mutate(struct ib_uverbs_ioctl_hdr *hdr)
{
	if (hdr->num_attrs == 0 || noise(8) == 0)
		change_header(hdr);
	else
		change_attr(&hdr->attrs[noise(hdr->num_attrs)]);
}

/* That of the C library is variadic; all callers here hand over a pointer. */
__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request,
						 ...)
{
	va_list args;
	void *arg;
	long ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request != RDMA_VERBS_IOCTL || !mutation_rate ||
	    noise(mutation_rate))
		return (int)syscall(SYS_ioctl, fd, request, arg);
	mutate(arg);
	ret = syscall(SYS_ioctl, fd, request, arg);
	if (ret)
		mutation_stats->refused++;
	else
		mutation_stats->accepted++;
	return (int)ret;
}
