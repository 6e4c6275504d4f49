// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "devx_file.h"

/*
 * DEVX: files that programs read, one record at a time: events, and answers to
 * commands. What does not fit is lost, which the next read of events says.
 */

DEFINE_MUTEX(hca_file_mutex);

enum { MAX_BYTES = 1 << 20 }; /* of records that nobody reads */

void hca_file_init(struct hca_devx_file *file, int too_short)
{
	init_waitqueue_head(&file->wait);
	INIT_LIST_HEAD(&file->records);
	INIT_LIST_HEAD(&file->subs);
	file->too_short = too_short;
}

/* With room for len bytes behind the name. */
struct hca_record *hca_record_new(u64 name, size_t len)
{
	struct hca_record *record;

	record = kzalloc(struct_size(record, data, sizeof(name) + len),
			 GFP_KERNEL_ACCOUNT);
	if (!record)
		return NULL;
	record->len = sizeof(name) + len;
	memcpy(record->data, &name, sizeof(name));
	return record;
}

/* Whether the file has it now. */
bool hca_file_add_locked(struct hca_devx_file *file, struct hca_record *record)
{
	if (file->gone || file->bytes + record->len > MAX_BYTES)
		return false;
	list_add_tail(&record->entry, &file->records);
	file->bytes += record->len;
	wake_up(&file->wait);
	return true;
}

/* The next read says that there was more. */
void hca_file_lose_locked(struct hca_devx_file *file)
{
	file->overflow = true;
	wake_up(&file->wait);
}

int hca_file_add(struct hca_devx_file *file, struct hca_record *record)
{
	bool added;

	mutex_lock(&hca_file_mutex);
	added = hca_file_add_locked(file, record);
	mutex_unlock(&hca_file_mutex);
	return added ? 0 : -EAGAIN;
}

static void take_locked(struct hca_devx_file *file, struct hca_record *record)
{
	list_del(&record->entry);
	file->bytes -= record->len;
	if (record->sub)
		hca_sub_told_locked(record->sub);
}

/* Nothing comes any more, and nobody is to wait for it. */
void hca_file_end_locked(struct hca_devx_file *file)
{
	struct hca_record *record, *next;

	file->gone = true;
	list_for_each_entry_safe (record, next, &file->records, entry) {
		take_locked(file, record);
		kfree(record);
	}
	wake_up(&file->wait);
}

/* ---- Reading ----------------------------------------------------------------- */

/* Without the lock: whoever acts on it looks again. */
static bool has_news(struct hca_devx_file *file)
{
	return READ_ONCE(file->gone) || READ_ONCE(file->overflow) ||
	       !list_empty_careful(&file->records);
}

/* The next record; NULL: there is none. */
static struct hca_record *take_record(struct hca_devx_file *file, size_t room)
{
	struct hca_record *record;
	int ret = 0;

	mutex_lock(&hca_file_mutex);
	record = list_first_entry_or_null(&file->records, struct hca_record,
					  entry);
	if (file->gone)
		ret = -EIO;
	else if (file->overflow)
		ret = -EOVERFLOW;
	else if (record && record->len > room)
		ret = file->too_short;
	else if (record)
		take_locked(file, record);
	if (ret == -EOVERFLOW)
		file->overflow = false;
	mutex_unlock(&hca_file_mutex);
	return ret ? ERR_PTR(ret) : record;
}

static struct hca_record *wait_for_record(struct hca_devx_file *file,
					  bool may_wait, size_t room)
{
	struct hca_record *record;

	while (!(record = take_record(file, room))) {
		if (!may_wait)
			return ERR_PTR(-EAGAIN);
		if (wait_event_interruptible(file->wait, has_news(file)))
			return ERR_PTR(-ERESTARTSYS);
	}
	return record;
}

static ssize_t file_read(struct file *filp, char __user *buf, size_t room,
			 loff_t *pos)
{
	struct hca_record *record =
		wait_for_record(hca_file_of(filp->private_data),
				!(filp->f_flags & O_NONBLOCK), room);
	ssize_t ret;

	if (IS_ERR(record))
		return PTR_ERR(record);
	ret = copy_to_user(buf, record->data, record->len) ? -EFAULT
							   : record->len;
	kfree(record);
	return ret;
}

static __poll_t file_poll(struct file *filp, struct poll_table_struct *table)
{
	struct hca_devx_file *file = hca_file_of(filp->private_data);
	__poll_t events = 0;

	poll_wait(filp, &file->wait, table);
	if (has_news(file))
		events |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(file->gone))
		events |= EPOLLRDHUP;
	return events;
}

const struct file_operations hca_file_ops = {
	.owner = THIS_MODULE,
	.read = file_read,
	.poll = file_poll,
	.release = uverbs_uobject_fd_release,
};

/* ---- Of answers -------------------------------------------------------------- */

static int UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_ASYNC_CMD_FD_ALLOC)(
	struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject = uverbs_attr_get_uobject(
		attrs, MLX5_IB_ATTR_DEVX_ASYNC_CMD_FD_ALLOC_HANDLE);

	hca_file_init(hca_file_of(uobject), -ENOSPC);
	return 0;
}

static void destroy_cmd_file(struct ib_uobject *uobject,
			     enum rdma_remove_reason why)
{
	mutex_lock(&hca_file_mutex);
	hca_file_end_locked(hca_file_of(uobject));
	mutex_unlock(&hca_file_mutex);
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_DEVX_ASYNC_CMD_FD_ALLOC,
	UVERBS_ATTR_FD(MLX5_IB_ATTR_DEVX_ASYNC_CMD_FD_ALLOC_HANDLE,
		       MLX5_IB_OBJECT_DEVX_ASYNC_CMD_FD, UVERBS_ACCESS_NEW,
		       UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(
	MLX5_IB_OBJECT_DEVX_ASYNC_CMD_FD,
	UVERBS_TYPE_ALLOC_FD(sizeof(struct hca_devx_file), destroy_cmd_file,
			     &hca_file_ops, "[devx_async_cmd]", O_RDONLY),
	&UVERBS_METHOD(MLX5_IB_METHOD_DEVX_ASYNC_CMD_FD_ALLOC));

const struct uapi_definition hca_cmd_file_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_DEVX_ASYNC_CMD_FD,
				      UAPI_DEF_IS_OBJ_SUPPORTED(hca_is_newer)),
	{},
};
