// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "softhca.h"

/* /sys/kernel/debug/softhca: what is alive, what happened, what to break. */

static struct dentry *root;

static const char *const stat_names[HCA_NUM_STATS] = {
	[HCA_STAT_WQES] = "wqes",
	[HCA_STAT_BYTES] = "bytes",
	[HCA_STAT_PAGE_FAULTS] = "page_faults",
	[HCA_STAT_MOVE_NOTIFIES] = "move_notifies",
	[HCA_STAT_REVOKES] = "revokes",
	[HCA_STAT_INVALIDATIONS] = "invalidations",
	[HCA_STAT_RNR_NAKS] = "rnr_naks",
	[HCA_STAT_RETRIES] = "retries",
	[HCA_STAT_ERRORS] = "errors",
	[HCA_STAT_FLUSHED] = "flushed",
	[HCA_STAT_CQ_EVENTS] = "cq_events",
	[HCA_STAT_DROPPED] = "dropped",
	[HCA_STAT_INLINE] = "inline",
	[HCA_STAT_DEVX_QUEUES] = "devx_queues",
	[HCA_STAT_DEVX_EVENTS] = "devx_events",
};

static const char *const object_names[HCA_NUM_OBJECTS] = {
	[HCA_OBJ_CONTEXTS] = "contexts",
	[HCA_OBJ_PDS] = "pds",
	[HCA_OBJ_XRCDS] = "xrcds",
	[HCA_OBJ_AHS] = "ahs",
	[HCA_OBJ_CQS] = "cqs",
	[HCA_OBJ_SRQS] = "srqs",
	[HCA_OBJ_QPS] = "qps",
	[HCA_OBJ_MWS] = "mws",
	[HCA_OBJ_MRS] = "mrs",
	[HCA_OBJ_DMS] = "dms",
	[HCA_OBJ_UARS] = "uars",
	[HCA_OBJ_UMEMS] = "umems",
	[HCA_OBJ_DEVX_OBJS] = "devx_objs",
	[HCA_OBJ_WQS] = "wqs",
	[HCA_OBJ_RWQ_TABLES] = "rwq_tables",
	[HCA_OBJ_FLOWS] = "flows",
	[HCA_OBJ_COUNTERS] = "counters",
	[HCA_OBJ_DMABUF_MRS] = "dmabuf_mrs",
};

static int mode_show(struct seq_file *file, void *unused)
{
	struct hca_dev *dev = file->private;

	seq_printf(file, "%s\n", hca_mode_names[dev->mode]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mode);

static int stats_show(struct seq_file *file, void *unused)
{
	struct hca_dev *dev = file->private;
	int i;

	for (i = 0; i < HCA_NUM_STATS; i++)
		seq_printf(file, "%s %lld\n", stat_names[i],
			   atomic64_read(&dev->stats[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int objects_show(struct seq_file *file, void *unused)
{
	struct hca_dev *dev = file->private;
	int i;

	for (i = 0; i < HCA_NUM_OBJECTS; i++)
		seq_printf(file, "%s %d\n", object_names[i],
			   atomic_read(&dev->objects[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

static int alive_show(struct seq_file *file, void *unused)
{
	seq_printf(file, "alive %d\n", hca_count_alive());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(alive);

struct dentry *hca_debugfs_init(void)
{
	root = debugfs_create_dir("softhca", NULL);
	debugfs_create_file("alive", 0444, root, NULL, &alive_fops);
	debugfs_create_atomic_t("corrupt_copy", 0600, root, &hca_corrupt_copy);
	hca_inject_init(root);
	return root;
}

void hca_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}

void hca_debugfs_add(struct hca_dev *dev)
{
	struct dentry *dir = debugfs_create_dir(dev_name(&dev->ib.dev), root);

	debugfs_create_file("mode", 0444, dir, dev, &mode_fops);
	debugfs_create_file("stats", 0444, dir, dev, &stats_fops);
	debugfs_create_file("objects", 0444, dir, dev, &objects_fops);
	debugfs_create_u8("lag_ports", 0600, dir, &dev->lag_ports);
	dev->debugfs = dir;
}

/* Before the device goes: the files read what it counts. */
void hca_debugfs_del(struct hca_dev *dev)
{
	debugfs_remove_recursive(dev->debugfs);
}
