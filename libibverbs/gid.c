/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* GID and P_Key tables. */
#include <endian.h>
#include <stdlib.h>

#include "internal.h"

/* Of calls that only errno tells why. */
static int refused(void)
{
	errno = EINVAL;
	return -1;
}

/* ------------------------------------------------------------------- GIDs */

/* The two structs have the same layout; the compiler checks it. */
_Static_assert(sizeof(struct ibv_gid_entry) ==
		       sizeof(struct ib_uverbs_gid_entry),
	       "ibv_gid_entry is the kernel's gid entry");
_Static_assert(offsetof(struct ibv_gid_entry, gid_index) ==
		       offsetof(struct ib_uverbs_gid_entry, gid_index),
	       "ibv_gid_entry is the kernel's gid entry");
_Static_assert(offsetof(struct ibv_gid_entry, gid_type) ==
		       offsetof(struct ib_uverbs_gid_entry, gid_type),
	       "ibv_gid_entry is the kernel's gid entry");

VERBS_EXPORT
int _ibv_query_gid_ex(struct ibv_context *context, uint32_t port_num,
		      uint32_t gid_index, struct ibv_gid_entry *entry,
		      uint32_t flags, size_t entry_size)
{
	struct verbs_attrs attrs;

	if (!context)
		return verbs_err(EINVAL);
	attrs_init(&attrs, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_ENTRY);
	/* Constants for the kernel, and those have eight bytes. */
	attr_in_u64(&attrs, UVERBS_ATTR_QUERY_GID_ENTRY_PORT, port_num);
	attr_in_u64(&attrs, UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX, gid_index);
	attr_in_u32(&attrs, UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS, flags);
	attr_out(&attrs, UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, entry,
		 entry_size);
	return verbs_ioctl(context, &attrs);
}

VERBS_EXPORT
ssize_t _ibv_query_gid_table(struct ibv_context *context,
			     struct ibv_gid_entry *entries, size_t max_entries,
			     uint32_t flags, size_t entry_size)
{
	/* An attribute's length is 16 bits; no table is near that size. */
	size_t fits = UINT16_MAX / entry_size;
	struct verbs_attrs attrs;
	uint64_t num = 0;
	int ret;

	if (!context)
		return -verbs_err(EINVAL);
	if (max_entries > fits)
		max_entries = fits;
	attrs_init(&attrs, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE);
	attr_in_u64(&attrs, UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE, entry_size);
	attr_in_u32(&attrs, UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, flags);
	attr_out(&attrs, UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, entries,
		 max_entries * entry_size);
	attr_out(&attrs, UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, &num,
		 sizeof(num));
	ret = verbs_ioctl(context, &attrs);
	return ret ? -ret : (ssize_t)num;
}

/*
 * A free slot of the table reads as the zero GID here; only the extended
 * call tells it from an entry (ENODATA).
 */
static int read_entry(struct ibv_context *context, uint8_t port_num, int index,
		      struct ibv_gid_entry *entry)
{
	int ret;

	memset(entry, 0, sizeof(*entry));
	ret = _ibv_query_gid_ex(context, port_num, (uint32_t)index, entry, 0,
				sizeof(*entry));
	return ret == ENODATA ? 0 : ret;
}

VERBS_EXPORT
int ibv_query_gid(struct ibv_context *context, uint8_t port_num, int index,
		  union ibv_gid *gid)
{
	struct ibv_gid_entry entry;

	if (!gid)
		return refused();
	if (read_entry(context, port_num, index, &entry))
		return -1;
	*gid = entry.gid;
	return 0;
}

VERBS_EXPORT
int ibv_query_gid_type(struct ibv_context *context, uint8_t port_num,
		       unsigned int index, unsigned int *type)
{
	struct ibv_gid_entry entry;

	if (!type)
		return refused();
	if (read_entry(context, port_num, (int)index, &entry))
		return -1;
	*type = entry.gid_type == IBV_GID_TYPE_ROCE_V2;
	return 0;
}

/* ----------------------------------------------------------------- P_Keys */

/* Neither ioctl nor netlink tells P_Keys: sysfs is the contract. */
VERBS_EXPORT
int ibv_query_pkey(struct ibv_context *context, uint8_t port_num, int index,
		   __be16 *pkey)
{
	char file[64], buf[16], *end;
	unsigned long value;

	if (!context || !pkey)
		return refused();
	snprintf(file, sizeof(file), "ports/%u/pkeys/%d", port_num, index);
	if (sysfs_read(context->device->ibdev_path, file, buf, sizeof(buf)) < 0)
		return -1;
	value = strtoul(buf, &end, 16);
	if (end == buf || *end || value > UINT16_MAX)
		return refused();
	*pkey = htobe16((uint16_t)value);
	return 0;
}

VERBS_EXPORT
int ibv_get_pkey_index(struct ibv_context *context, uint8_t port_num,
		       __be16 pkey)
{
	__be16 entry;
	int i;

	for (i = 0; !ibv_query_pkey(context, port_num, i, &entry); i++)
		if (entry == pkey)
			return i;
	return -1;
}
