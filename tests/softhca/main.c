// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci_ids.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include "softhca.h"
#include "testbuf.h"

/* The module and what each of its devices is made of. */

static char *modes = "dynamic,pinned,revocable";
module_param(modes, charp, 0444);
MODULE_PARM_DESC(
	modes,
	"One device per word: how it imports dma-bufs (dynamic, pinned, revocable)");

const char *const hca_mode_names[HCA_NUM_MODES] = {
	[HCA_MODE_DYNAMIC] = "dynamic",
	[HCA_MODE_PINNED] = "pinned",
	[HCA_MODE_REVOCABLE] = "revocable",
};

static struct platform_device *parents[HCA_MAX_DEVICES];
static int num_parents;

/* What of all devices is still in use by programs. */
int hca_count_alive(void)
{
	struct hca_dev *dev;
	int alive = 0;
	int obj;

	mutex_lock(&hca_mutex);
	list_for_each_entry (dev, &hca_devs, entry)
		for (obj = 0; obj < HCA_NUM_OBJECTS; obj++)
			if (obj != HCA_OBJ_DMABUF_MRS)
				alive += atomic_read(&dev->objects[obj]);
	mutex_unlock(&hca_mutex);
	return alive;
}

/*
 * A parent with real DMA operations, as importing a dma-buf needs; all of
 * memory in reach, so that nothing is bounced; where everything has to be, as
 * in a confidential guest, the CPU would copy to and from the wrong pages.
 */
static int prepare_parent(struct device *parent)
{
	int ret;

	ret = dma_set_mask_and_coherent(parent, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	if (is_swiotlb_force_bounce(parent))
		return -EOPNOTSUPP;
	dma_set_max_seg_size(parent, UINT_MAX);
	return 0;
}

static int create_device(struct platform_device *pdev, enum hca_mode mode)
{
	struct hca_dev *dev;
	int ret;

	dev = ib_alloc_device(hca_dev, ib);
	if (!dev)
		return -ENOMEM;
	dev->mode = mode;
	dev->pdev = pdev;
	dev->ib.dev.parent = &pdev->dev;
	xa_init_flags(&dev->keys, XA_FLAGS_ALLOC);
	INIT_LIST_HEAD(&dev->devx_subs);
	dev->ndev = hca_netdev_create(dev);
	if (IS_ERR(dev->ndev)) {
		ret = PTR_ERR(dev->ndev);
		goto free_dev;
	}
	ret = hca_register_device(dev);
	if (ret)
		goto destroy_netdev;
	hca_netdev_up(dev->ndev);
	hca_debugfs_add(dev);
	platform_set_drvdata(pdev, dev);
	return 0;

destroy_netdev:
	hca_netdev_destroy(dev->ndev);
free_dev:
	ib_dealloc_device(&dev->ib);
	return ret;
}

static void destroy_device(struct hca_dev *dev)
{
	struct net_device *ndev = dev->ndev;

	hca_debugfs_del(dev);
	hca_unregister_device(dev);
	xa_destroy(&dev->keys);
	/* The network device refers to dev until it is gone. */
	hca_netdev_destroy(ndev);
	ib_dealloc_device(&dev->ib);
}

/* Devices come and go as real ones do, by the driver's bind and unbind. */
static int softhca_probe(struct platform_device *pdev)
{
	const enum hca_mode *mode = dev_get_platdata(&pdev->dev);
	int ret;

	ret = prepare_parent(&pdev->dev);
	return ret ? ret : create_device(pdev, *mode);
}

static void softhca_remove(struct platform_device *pdev)
{
	destroy_device(platform_get_drvdata(pdev));
}

/* By these of a PCI device programs look up what they know of a model. */
static ssize_t vendor_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "0x%04x\n", PCI_VENDOR_ID_MELLANOX);
}

static ssize_t device_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "0x%04x\n", HCA_PART_ID);
}

static DEVICE_ATTR_RO(vendor);
static DEVICE_ATTR_RO(device);

static struct attribute *softhca_attrs[] = {
	&dev_attr_vendor.attr,
	&dev_attr_device.attr,
	NULL,
};
ATTRIBUTE_GROUPS(softhca);

static struct platform_driver softhca_driver = {
	.probe = softhca_probe,
	.remove = softhca_remove,
	.driver = {
		.name = "softhca",
		.dev_groups = softhca_groups,
	},
};

static void destroy_parents(void)
{
	while (num_parents)
		platform_device_unregister(parents[--num_parents]);
}

static int create_parent(enum hca_mode mode)
{
	struct platform_device *pdev;

	pdev = platform_device_register_data(NULL, "softhca", num_parents,
					     &mode, sizeof(mode));
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	parents[num_parents++] = pdev;
	/* Why its probing failed is in the kernel's log. */
	return platform_get_drvdata(pdev) ? 0 : -ENODEV;
}

static int create_parents(void)
{
	char *words, *rest, *word;
	int mode, ret = 0;

	words = kstrdup(modes, GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	rest = words;
	while (!ret && (word = strsep(&rest, ","))) {
		mode = match_string(hca_mode_names, HCA_NUM_MODES, strim(word));
		if (mode < 0 || num_parents == HCA_MAX_DEVICES)
			ret = -EINVAL;
		else
			ret = create_parent(mode);
	}
	kfree(words);
	return ret;
}

static int __init softhca_init(void)
{
	struct dentry *root = hca_debugfs_init();
	int ret;

	ret = hca_clock_init(root);
	if (ret)
		goto exit_debugfs;
	ret = testbuf_init(root);
	if (ret)
		goto exit_clock;
	ret = hca_engine_start();
	if (ret)
		goto exit_testbuf;
	ret = platform_driver_register(&softhca_driver);
	if (ret)
		goto stop_engine;
	ret = create_parents();
	if (ret)
		goto destroy;
	return 0;

destroy:
	destroy_parents();
	platform_driver_unregister(&softhca_driver);
stop_engine:
	hca_engine_stop();
exit_testbuf:
	testbuf_exit();
exit_clock:
	hca_clock_exit();
exit_debugfs:
	hca_debugfs_exit();
	return ret;
}

static void __exit softhca_exit(void)
{
	destroy_parents();
	platform_driver_unregister(&softhca_driver);
	hca_engine_stop();
	testbuf_exit();
	hca_clock_exit();
	hca_debugfs_exit();
}

module_init(softhca_init);
module_exit(softhca_exit);

MODULE_DESCRIPTION("RDMA device in software with the mlx5 user interface");
MODULE_AUTHOR("the rdma-dmabuf authors");
MODULE_LICENSE("GPL");
