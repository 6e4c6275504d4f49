/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef TESTBUF_H
#define TESTBUF_H

struct dentry;

/*
 * Creates /dev/softhca_testbuf and, in debugfs_dir, counters over all its
 * buffers: testbuf_live, testbuf_moves, testbuf_violations. Who removes
 * debugfs_dir removes them too.
 */
int testbuf_init(struct dentry *debugfs_dir);
/* No buffer is left then: each holds a reference to the module. */
void testbuf_exit(void);

#endif
