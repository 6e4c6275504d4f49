/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef UTILS_DEVINFO_H
#define UTILS_DEVINFO_H

#include <stdint.h>

#include <infiniband/verbs.h>

/* A value's name, or a bit's. */
struct name {
	uint64_t value;
	const char *text;
};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* devinfo_names.c. The name of value, or unknown. */
const char *name_of(uint64_t value, const struct name *names, unsigned int num,
		    const char *unknown);
/* A line for each bit of flags that has a name; returns those without. */
uint64_t print_flags(uint64_t flags, const struct name *names,
		     unsigned int num);
void print_unknown(uint64_t flags);

/* devinfo_device.c: all of attr that concerns the device itself. */
void print_device(struct ibv_context *context,
		  const struct ibv_device_attr_ex *attr);
void print_device_limits(struct ibv_context *context,
			 const struct ibv_device_attr_ex *attr);

/* devinfo_caps.c: what the device can do beyond those limits. */
void print_odp_caps(const struct ibv_device_attr_ex *attr);
void print_extended_caps(const struct ibv_device_attr_ex *attr);

/* devinfo_port.c: 0, or the exit code after having told what failed. */
int print_port(struct ibv_context *context, uint32_t port, int verbose);

#endif
