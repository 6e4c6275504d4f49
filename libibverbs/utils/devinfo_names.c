// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <inttypes.h>
#include <stdio.h>

#include "devinfo.h"

const char *name_of(uint64_t value, const struct name *names, unsigned int num,
		    const char *unknown)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (names[i].value == value)
			return names[i].text;
	}
	return unknown;
}

uint64_t print_flags(uint64_t flags, const struct name *names, unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (flags & names[i].value)
			printf("\t\t\t\t\t%s\n", names[i].text);
		flags &= ~names[i].value;
	}
	return flags;
}

void print_unknown(uint64_t flags)
{
	if (flags)
		printf("\t\t\t\t\tUnknown flags: 0x%" PRIX64 "\n", flags);
}
