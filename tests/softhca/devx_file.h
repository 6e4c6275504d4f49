/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_DEVX_FILE_H
#define SOFTHCA_DEVX_FILE_H

/* DEVX: files that programs read records from; see devx_file.c. */
#include <linux/list.h>
#include <linux/wait.h>

#include "devx.h"

struct hca_devx_sub;

/* One is read at a time, whole. */
struct hca_record {
	struct list_head entry;
	struct hca_devx_sub *sub; /* which has no other until this is read */
	size_t len;
	u8 data[]; /* a number of the program's choice comes first */
};

struct hca_devx_file {
	struct ib_uobject uobject; /* first: what the core allocates */
	wait_queue_head_t wait;
	struct list_head records;
	size_t bytes; /* of them */
	int too_short; /* the error of a read with too little room */
	bool overflow; /* some did not fit */
	bool gone; /* so is the device */
	/* Of one of events: */
	bool omit_data;
	struct list_head subs;
};

/* Of all files, their records and subscriptions. Taken under hca_mutex. */
extern struct mutex hca_file_mutex;

static inline struct hca_devx_file *hca_file_of(struct ib_uobject *uobject)
{
	return container_of(uobject, struct hca_devx_file, uobject);
}

void hca_file_init(struct hca_devx_file *file, int too_short);
struct hca_record *hca_record_new(u64 name, size_t len);
int hca_file_add(struct hca_devx_file *file, struct hca_record *record);
bool hca_file_add_locked(struct hca_devx_file *file, struct hca_record *record);
void hca_file_lose_locked(struct hca_devx_file *file);
void hca_file_end_locked(struct hca_devx_file *file);
void hca_sub_told_locked(struct hca_devx_sub *sub);

extern const struct file_operations hca_file_ops;

#endif
