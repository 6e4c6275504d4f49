// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/swiotlb.h>
#include <net/addrconf.h>
#include <rdma/ib_addr.h>
#include <rdma/mlx5-abi.h>

#include "softhca.h"
#include "testbuf.h"

/* The module, its RDMA devices, and the verbs that say what they are. */

static char *modes = "dynamic,pinned,revocable";
module_param(modes, charp, 0444);
MODULE_PARM_DESC(modes, "One device per word: how it imports dma-bufs (dynamic, pinned, revocable)");

const char *const hca_mode_names[HCA_NUM_MODES] = {
	[HCA_MODE_DYNAMIC] = "dynamic",
	[HCA_MODE_PINNED] = "pinned",
	[HCA_MODE_REVOCABLE] = "revocable",
};

static struct hca_dev *devices[HCA_MAX_DEVICES];
static int num_devices;
static DEFINE_IDA(pdns);

static int hca_query_device(struct ib_device *ib, struct ib_device_attr *attr,
			    struct ib_udata *udata)
{
	memset(attr, 0, sizeof(*attr));
	attr->fw_ver = 1ULL << 32;
	attr->sys_image_guid = ib->node_guid;
	attr->max_mr_size = ~0ULL;
	attr->page_size_cap = PAGE_MASK & U32_MAX;
	/* As a ConnectX-7, for programs that look. */
	attr->vendor_id = 0x02c9;
	attr->vendor_part_id = 4129;
	attr->max_qp = HCA_MAX_QP;
	attr->max_qp_wr = HCA_MAX_WR;
	attr->device_cap_flags = IB_DEVICE_RC_RNR_NAK_GEN |
				 IB_DEVICE_PORT_ACTIVE_EVENT |
				 IB_DEVICE_SYS_IMAGE_GUID;
	attr->max_send_sge = HCA_MAX_SGE;
	attr->max_recv_sge = HCA_MAX_SGE;
	attr->max_sge_rd = HCA_MAX_SGE;
	attr->max_cq = HCA_MAX_CQ;
	attr->max_cqe = HCA_MAX_CQE - 1;
	attr->max_mr = HCA_MAX_MR;
	attr->max_pd = HCA_MAX_PD;
	attr->max_qp_rd_atom = HCA_MAX_RD_ATOMIC;
	attr->max_qp_init_rd_atom = HCA_MAX_RD_ATOMIC;
	attr->max_res_rd_atom = HCA_MAX_RD_ATOMIC * HCA_MAX_QP;
	attr->atomic_cap = IB_ATOMIC_HCA;
	attr->max_pkeys = 1;
	attr->local_ca_ack_delay = 16;
	return 0;
}

static void hca_get_fw_str(struct ib_device *ib, char *str)
{
	snprintf(str, IB_FW_VERSION_NAME_MAX, "1.0.0");
}

static int hca_query_port(struct ib_device *ib, u32 port,
			  struct ib_port_attr *attr)
{
	struct net_device *ndev = to_hca(ib)->ndev;
	bool up = netif_running(ndev) && netif_carrier_ok(ndev);

	attr->state = up ? IB_PORT_ACTIVE : IB_PORT_DOWN;
	attr->phys_state = up ? IB_PORT_PHYS_STATE_LINK_UP :
				IB_PORT_PHYS_STATE_DISABLED;
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = iboe_get_mtu(ndev->mtu);
	attr->gid_tbl_len = HCA_GID_TABLE_LEN;
	attr->ip_gids = true;
	attr->max_msg_sz = HCA_MAX_MSG;
	attr->pkey_tbl_len = 1;
	attr->max_vl_num = 1;
	attr->active_width = IB_WIDTH_4X;
	attr->active_speed = IB_SPEED_EDR;
	return 0;
}

static int hca_port_immutable(struct ib_device *ib, u32 port,
			      struct ib_port_immutable *immutable)
{
	/* No management datagrams: nothing here to answer them. */
	immutable->core_cap_flags = RDMA_CORE_CAP_PROT_ROCE_UDP_ENCAP |
				    RDMA_CORE_CAP_ETH_AH;
	immutable->gid_tbl_len = HCA_GID_TABLE_LEN;
	immutable->pkey_tbl_len = 1;
	return 0;
}

static enum rdma_link_layer hca_link_layer(struct ib_device *ib, u32 port)
{
	return IB_LINK_LAYER_ETHERNET;
}

static int hca_query_pkey(struct ib_device *ib, u32 port, u16 index, u16 *pkey)
{
	if (index)
		return -EINVAL;
	*pkey = 0xffff;
	return 0;
}

/* Without these two there is no GID table; the core keeps all that is in it. */
static int hca_add_gid(const struct ib_gid_attr *attr, void **context)
{
	return 0;
}

static int hca_del_gid(const struct ib_gid_attr *attr, void **context)
{
	return 0;
}

static int hca_alloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibpd->device);
	struct mlx5_ib_alloc_pd_resp resp = {};
	struct hca_pd *pd = to_hpd(ibpd);
	int ret;

	if (!hca_obj_get(dev, HCA_OBJ_PDS, HCA_MAX_PD))
		return -ENOMEM;
	ret = ida_alloc_range(&pdns, 1, 0xffffff, GFP_KERNEL);
	if (ret < 0)
		goto put_count;
	pd->pdn = ret;
	resp.pdn = pd->pdn;
	ret = ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
	if (ret)
		goto free_number;
	return 0;

free_number:
	ida_free(&pdns, pd->pdn);
put_count:
	hca_obj_put(dev, HCA_OBJ_PDS);
	return ret;
}

static int hca_dealloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	ida_free(&pdns, to_hpd(ibpd)->pdn);
	hca_obj_put(to_hca(ibpd->device), HCA_OBJ_PDS);
	return 0;
}

/* Kernel users find no data path and stay away; uverbs needs none. */
static const struct ib_device_ops hca_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_MLX5,
	.uverbs_abi_ver = MLX5_IB_UVERBS_ABI_VERSION,

	.query_device = hca_query_device,
	.get_dev_fw_str = hca_get_fw_str,
	.query_port = hca_query_port,
	.get_port_immutable = hca_port_immutable,
	.get_link_layer = hca_link_layer,
	.query_pkey = hca_query_pkey,
	.add_gid = hca_add_gid,
	.del_gid = hca_del_gid,
	.alloc_ucontext = hca_alloc_ucontext,
	.dealloc_ucontext = hca_dealloc_ucontext,
	.mmap = hca_mmap,
	.alloc_pd = hca_alloc_pd,
	.dealloc_pd = hca_dealloc_pd,
	.dereg_mr = hca_dereg_mr,
	.destroy_cq = hca_destroy_cq,
	.create_qp = hca_create_qp,
	.modify_qp = hca_modify_qp,
	.query_qp = hca_query_qp,
	.destroy_qp = hca_destroy_qp,

	INIT_RDMA_OBJ_SIZE(ib_ucontext, hca_ctx, ib),
	INIT_RDMA_OBJ_SIZE(ib_pd, hca_pd, ib),
	INIT_RDMA_OBJ_SIZE(ib_cq, hca_cq, ib),
	INIT_RDMA_OBJ_SIZE(ib_qp, hca_qp, ib),
};

/* What of all devices is still in use by programs. */
int hca_count_alive(void)
{
	int alive = 0;
	int i, obj;

	for (i = 0; i < num_devices; i++)
		for (obj = 0; obj < HCA_NUM_OBJECTS; obj++)
			if (obj != HCA_OBJ_DMABUF_MRS)
				alive += atomic_read(&devices[i]->objects[obj]);
	return alive;
}

/*
 * A parent with real DMA operations, as importing a dma-buf needs; all of
 * memory in reach, so that nothing is bounced; where everything has to be, as
 * in a confidential guest, the CPU would copy to and from the wrong pages.
 */
static struct platform_device *create_parent(int id)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_register_simple("softhca", id, NULL, 0);
	if (IS_ERR(pdev))
		return pdev;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (!ret && is_swiotlb_force_bounce(&pdev->dev))
		ret = -EOPNOTSUPP;
	if (ret) {
		platform_device_unregister(pdev);
		return ERR_PTR(ret);
	}
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	return pdev;
}

static int register_device(struct hca_dev *dev)
{
	struct ib_device *ib = &dev->ib;
	int ret;

	ib->node_type = RDMA_NODE_IB_CA;
	ib->phys_port_cnt = 1;
	ib->num_comp_vectors = num_possible_cpus();
	addrconf_addr_eui48((u8 *)&ib->node_guid, dev->ndev->dev_addr);
	strscpy(ib->node_desc, "softhca", sizeof(ib->node_desc));
	ib_set_device_ops(ib, &hca_ops);
	ib_set_device_ops(ib, &hca_compat_ops);
	ret = ib_device_set_netdev(ib, dev->ndev, 1);
	if (ret)
		return ret;
	ret = ib_register_device(ib, "mlx5_%d", &dev->pdev->dev);
	if (!ret)
		WRITE_ONCE(dev->registered, true);
	return ret;
}

static struct hca_dev *create_device(int id, enum hca_mode mode)
{
	struct hca_dev *dev;
	int ret = -ENOMEM;

	dev = ib_alloc_device(hca_dev, ib);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->mode = mode;
	xa_init_flags(&dev->mrs, XA_FLAGS_ALLOC);
	dev->pdev = create_parent(id);
	if (IS_ERR(dev->pdev)) {
		ret = PTR_ERR(dev->pdev);
		goto free_dev;
	}
	dev->ib.dev.parent = &dev->pdev->dev;
	dev->ndev = hca_netdev_create(dev);
	if (IS_ERR(dev->ndev)) {
		ret = PTR_ERR(dev->ndev);
		goto unregister_parent;
	}
	ret = register_device(dev);
	if (ret)
		goto destroy_netdev;
	hca_netdev_up(dev->ndev);
	hca_debugfs_add(dev);
	return dev;

destroy_netdev:
	hca_netdev_destroy(dev->ndev);
unregister_parent:
	platform_device_unregister(dev->pdev);
free_dev:
	ib_dealloc_device(&dev->ib);
	return ERR_PTR(ret);
}

static void destroy_device(struct hca_dev *dev)
{
	struct platform_device *pdev = dev->pdev;
	struct net_device *ndev = dev->ndev;

	WRITE_ONCE(dev->registered, false);
	ib_unregister_device(&dev->ib);
	xa_destroy(&dev->mrs);
	/* The network device refers to dev until it is gone. */
	hca_netdev_destroy(ndev);
	ib_dealloc_device(&dev->ib);
	platform_device_unregister(pdev);
}

static void destroy_devices(void)
{
	while (num_devices)
		destroy_device(devices[--num_devices]);
}

static int create_devices(void)
{
	char *words, *rest, *word;
	struct hca_dev *dev;
	int mode, ret = 0;

	words = kstrdup(modes, GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	rest = words;
	while (!ret && (word = strsep(&rest, ","))) {
		mode = match_string(hca_mode_names, HCA_NUM_MODES, strim(word));
		if (mode < 0 || num_devices == HCA_MAX_DEVICES) {
			ret = -EINVAL;
			break;
		}
		dev = create_device(num_devices, mode);
		ret = PTR_ERR_OR_ZERO(dev);
		if (!ret)
			devices[num_devices++] = dev;
	}
	kfree(words);
	return ret;
}

static int __init softhca_init(void)
{
	int ret;

	ret = testbuf_init(hca_debugfs_init());
	if (ret)
		goto exit_debugfs;
	ret = hca_engine_start();
	if (ret)
		goto exit_testbuf;
	ret = create_devices();
	if (ret)
		goto destroy;
	return 0;

destroy:
	hca_debugfs_exit();
	destroy_devices();
	hca_engine_stop();
	testbuf_exit();
	return ret;
exit_testbuf:
	testbuf_exit();
exit_debugfs:
	hca_debugfs_exit();
	return ret;
}

static void __exit softhca_exit(void)
{
	/* The files go first: they read what the devices count. */
	hca_debugfs_exit();
	destroy_devices();
	hca_engine_stop();
	testbuf_exit();
}

module_init(softhca_init);
module_exit(softhca_exit);

MODULE_DESCRIPTION("RDMA device in software with the mlx5 user interface");
MODULE_AUTHOR("the rdma-dmabuf authors");
MODULE_LICENSE("GPL");
