// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * Test dma-bufs: scattered pages between guard pages, moved and revoked on
 * request, with failures to order. See softhca_testbuf.h for the commands,
 * which are here.
 */
#include <linux/debugfs.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "testbuf.h"
#include "testbuf_impl.h"

atomic_t testbuf_live;
atomic_t testbuf_moves;
atomic_t testbuf_violations;
static u32 map_pins = HCA_MAP_PINS;

/* The test buffer behind fd, with a reference for put_testbuf(). */
static struct testbuf *get_testbuf(int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);

	if (IS_ERR(dmabuf))
		return ERR_CAST(dmabuf);
	if (dmabuf->ops != &testbuf_static_ops &&
	    dmabuf->ops != &testbuf_dynamic_ops) {
		dma_buf_put(dmabuf);
		return ERR_PTR(-EINVAL);
	}
	return dmabuf->priv;
}

static void put_testbuf(struct testbuf *tb)
{
	dma_buf_put(tb->dmabuf);
}

static int check_create(const struct softhca_testbuf_create *cmd)
{
	if (!cmd->size || cmd->size > SOFTHCA_TESTBUF_MAX_SIZE)
		return -EINVAL;
	if (cmd->flags & ~(u32)SOFTHCA_TESTBUF_DYNAMIC || cmd->reserved)
		return -EINVAL;
	if (cmd->fail_attach > SOFTHCA_TESTBUF_MAX_ERRNO ||
	    cmd->fail_map > SOFTHCA_TESTBUF_MAX_ERRNO ||
	    cmd->fail_pin > SOFTHCA_TESTBUF_MAX_ERRNO)
		return -EINVAL;
	if (cmd->delay_us > SOFTHCA_TESTBUF_MAX_DELAY_US)
		return -EINVAL;
	return 0;
}

static struct testbuf *alloc_testbuf(const struct softhca_testbuf_create *cmd)
{
	struct testbuf *tb;

	tb = kzalloc(sizeof(*tb), GFP_KERNEL_ACCOUNT);
	if (!tb)
		return NULL;
	INIT_LIST_HEAD(&tb->retired);
	tb->want = *cmd;
	tb->want.size = PAGE_ALIGN(cmd->size);
	tb->set = testbuf_alloc_pages(tb->want.size >> PAGE_SHIFT);
	if (!tb->set) {
		kfree(tb);
		return NULL;
	}
	return tb;
}

/* From here on the dma-buf's release frees tb. */
static struct dma_buf *export_testbuf(struct testbuf *tb)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;

	info.ops = tb->want.flags & SOFTHCA_TESTBUF_DYNAMIC
			   ? &testbuf_dynamic_ops
			   : &testbuf_static_ops;
	info.size = tb->want.size;
	info.flags = O_RDWR | O_CLOEXEC;
	info.priv = tb;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		testbuf_free_pages(tb->set);
		kfree(tb);
		return dmabuf;
	}
	tb->dmabuf = dmabuf;
	atomic_inc(&testbuf_live);
	return dmabuf;
}

static long create_testbuf(void __user *arg)
{
	struct softhca_testbuf_create cmd;
	struct dma_buf *dmabuf;
	struct testbuf *tb;
	int ret;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	ret = check_create(&cmd);
	if (ret)
		return ret;
	tb = alloc_testbuf(&cmd);
	if (!tb)
		return -ENOMEM;
	dmabuf = export_testbuf(tb);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	cmd.fd = get_unused_fd_flags(O_CLOEXEC);
	ret = cmd.fd;
	if (ret < 0)
		goto put_dmabuf;
	ret = -EFAULT;
	if (copy_to_user(arg, &cmd, sizeof(cmd)))
		goto put_fd;
	/* Nothing fails any more: only now can others see the descriptor. */
	fd_install(cmd.fd, dmabuf->file);
	return 0;

put_fd:
	put_unused_fd(cmd.fd);
put_dmabuf:
	dma_buf_put(dmabuf);
	return ret;
}

static int check_move(const struct softhca_testbuf_move *cmd)
{
	if (cmd->flags & ~(u32)SOFTHCA_TESTBUF_MOVE_FORCE || cmd->reserved)
		return -EINVAL;
	if (cmd->interval_us > SOFTHCA_TESTBUF_MAX_INTERVAL_US)
		return -EINVAL;
	return 0;
}

static long move_testbuf(void __user *arg)
{
	struct softhca_testbuf_move cmd;
	struct testbuf *tb;
	int ret;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	ret = check_move(&cmd);
	if (ret)
		return ret;
	tb = get_testbuf(cmd.fd);
	if (IS_ERR(tb))
		return PTR_ERR(tb);
	ret = -EOPNOTSUPP;
	if (tb->want.flags & SOFTHCA_TESTBUF_DYNAMIC)
		ret = testbuf_move_series(tb, &cmd);
	else
		cmd.moved = 0;
	put_testbuf(tb);
	if (copy_to_user(arg, &cmd, sizeof(cmd)))
		return -EFAULT;
	return ret;
}

static long revoke_testbuf(void __user *arg)
{
	struct softhca_testbuf_revoke cmd;
	struct testbuf *tb;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	if (cmd.reserved)
		return -EINVAL;
	tb = get_testbuf(cmd.fd);
	if (IS_ERR(tb))
		return PTR_ERR(tb);
	dma_resv_lock(tb->dmabuf->resv, NULL);
	if (!tb->stats.revoked) {
		tb->stats.revoked = 1;
		testbuf_notify_importers(tb);
	}
	dma_resv_unlock(tb->dmabuf->resv);
	put_testbuf(tb);
	return 0;
}

static long check_guards(void __user *arg)
{
	struct softhca_testbuf_guards cmd;
	struct guard_finding found;
	struct testbuf *tb;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	tb = get_testbuf(cmd.fd);
	if (IS_ERR(tb))
		return PTR_ERR(tb);
	dma_resv_lock(tb->dmabuf->resv, NULL);
	testbuf_check_guards(tb->set, &found);
	dma_resv_unlock(tb->dmabuf->resv);
	put_testbuf(tb);
	cmd.bad_bytes = found.bad_bytes;
	cmd.guarded_page = found.first_page;
	cmd.position = found.first_position;
	cmd.expected = TESTBUF_GUARD_BYTE;
	cmd.got = found.bad_bytes ? found.first_got : TESTBUF_GUARD_BYTE;
	return copy_to_user(arg, &cmd, sizeof(cmd)) ? -EFAULT : 0;
}

static long get_stats(void __user *arg)
{
	struct softhca_testbuf_stats cmd;
	struct testbuf *tb;
	int fd;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	fd = cmd.fd;
	tb = get_testbuf(fd);
	if (IS_ERR(tb))
		return PTR_ERR(tb);
	dma_resv_lock(tb->dmabuf->resv, NULL);
	cmd = tb->stats;
	dma_resv_unlock(tb->dmabuf->resv);
	put_testbuf(tb);
	cmd.fd = fd;
	return copy_to_user(arg, &cmd, sizeof(cmd)) ? -EFAULT : 0;
}

static long testbuf_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case SOFTHCA_TESTBUF_CREATE:
		return create_testbuf(p);
	case SOFTHCA_TESTBUF_MOVE:
		return move_testbuf(p);
	case SOFTHCA_TESTBUF_REVOKE:
		return revoke_testbuf(p);
	case SOFTHCA_TESTBUF_CHECK_GUARDS:
		return check_guards(p);
	case SOFTHCA_TESTBUF_STATS:
		return get_stats(p);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations testbuf_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = testbuf_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice testbuf_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "softhca_testbuf",
	.fops = &testbuf_fops,
	.mode = 0600,
};

int testbuf_init(struct dentry *debugfs_dir)
{
	debugfs_create_atomic_t("testbuf_live", 0400, debugfs_dir,
				&testbuf_live);
	debugfs_create_atomic_t("testbuf_moves", 0400, debugfs_dir,
				&testbuf_moves);
	debugfs_create_atomic_t("testbuf_violations", 0400, debugfs_dir,
				&testbuf_violations);
	debugfs_create_u32("map_pins", 0400, debugfs_dir, &map_pins);
	return misc_register(&testbuf_misc);
}

void testbuf_exit(void)
{
	misc_deregister(&testbuf_misc);
}
