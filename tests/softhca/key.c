// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include "softhca.h"

/*
 * The keys of a device. All changes are made under hca_mutex, which therefore
 * keeps what a key stands for alive.
 */

enum {
	HCA_KEY_MIN = 0x10,
	HCA_KEY_MAX = 0xfffffe,
};

/* Makes it known under a key of its own. */
int hca_key_publish_locked(struct hca_dev *dev, struct hca_key *key)
{
	u32 idx;
	int ret;

	ret = xa_alloc_cyclic(&dev->keys, &idx, key,
			      XA_LIMIT(HCA_KEY_MIN, HCA_KEY_MAX),
			      &dev->next_key, GFP_KERNEL);
	/* A new low byte, so that a stale key finds nothing. */
	if (ret >= 0)
		key->key = idx << 8 | dev->key_seq++;
	return ret < 0 ? ret : 0;
}

int hca_key_publish(struct hca_dev *dev, struct hca_key *key)
{
	int ret;

	mutex_lock(&hca_mutex);
	ret = hca_key_publish_locked(dev, key);
	mutex_unlock(&hca_mutex);
	return ret;
}

/* The engine is through with it when this returns. */
void hca_key_remove(struct hca_dev *dev, struct hca_key *key)
{
	mutex_lock(&hca_mutex);
	xa_erase(&dev->keys, key->key >> 8);
	mutex_unlock(&hca_mutex);
}

/* Under hca_mutex. */
struct hca_key *hca_key_find(struct hca_dev *dev, u32 key)
{
	struct hca_key *found = xa_load(&dev->keys, key >> 8);

	return found && found->key == key ? found : NULL;
}

/* What the context of a key in a command or request allows. */
int hca_key_access(u8 bits)
{
	int access = 0;

	if (bits & HCA_MKEY_LOCAL_WRITE)
		access |= IB_ACCESS_LOCAL_WRITE;
	if (bits & HCA_MKEY_REMOTE_READ)
		access |= IB_ACCESS_REMOTE_READ;
	if (bits & HCA_MKEY_REMOTE_WRITE)
		access |= IB_ACCESS_REMOTE_WRITE;
	if (bits & HCA_MKEY_ATOMIC)
		access |= IB_ACCESS_REMOTE_ATOMIC;
	return access;
}
