# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of device.pyx for what queries return.


cdef class DeviceAttr(PyverbsObject):
    """What a device can do, as query_device() found it."""

    @property
    def fw_version(self):
        return self.dev_attr.fw_ver.decode()

    @property
    def node_guid(self):
        return self.dev_attr.node_guid

    @property
    def sys_image_guid(self):
        return self.dev_attr.sys_image_guid

    @property
    def max_mr_size(self):
        return self.dev_attr.max_mr_size

    @property
    def page_size_cap(self):
        return self.dev_attr.page_size_cap

    @property
    def vendor_id(self):
        return self.dev_attr.vendor_id

    @property
    def vendor_part_id(self):
        return self.dev_attr.vendor_part_id

    @property
    def hw_ver(self):
        return self.dev_attr.hw_ver

    @property
    def max_qp(self):
        return self.dev_attr.max_qp

    @property
    def max_qp_wr(self):
        return self.dev_attr.max_qp_wr

    @property
    def device_cap_flags(self):
        return self.dev_attr.device_cap_flags

    @property
    def max_sge(self):
        return self.dev_attr.max_sge

    @property
    def max_sge_rd(self):
        return self.dev_attr.max_sge_rd

    @property
    def max_cq(self):
        return self.dev_attr.max_cq

    @property
    def max_cqe(self):
        return self.dev_attr.max_cqe

    @property
    def max_mr(self):
        return self.dev_attr.max_mr

    @property
    def max_pd(self):
        return self.dev_attr.max_pd

    @property
    def max_qp_rd_atom(self):
        return self.dev_attr.max_qp_rd_atom

    @property
    def max_ee_rd_atom(self):
        return self.dev_attr.max_ee_rd_atom

    @property
    def max_res_rd_atom(self):
        return self.dev_attr.max_res_rd_atom

    @property
    def max_qp_init_rd_atom(self):
        return self.dev_attr.max_qp_init_rd_atom

    @property
    def max_ee_init_rd_atom(self):
        return self.dev_attr.max_ee_init_rd_atom

    @property
    def atomic_caps(self):
        return e.ibv_atomic_cap(self.dev_attr.atomic_cap)

    @property
    def max_ee(self):
        return self.dev_attr.max_ee

    @property
    def max_rdd(self):
        return self.dev_attr.max_rdd

    @property
    def max_mw(self):
        return self.dev_attr.max_mw

    @property
    def max_raw_ipv6_qps(self):
        return self.dev_attr.max_raw_ipv6_qp

    @property
    def max_raw_ethy_qp(self):
        return self.dev_attr.max_raw_ethy_qp

    @property
    def max_mcast_grp(self):
        return self.dev_attr.max_mcast_grp

    @property
    def max_mcast_qp_attach(self):
        return self.dev_attr.max_mcast_qp_attach

    @property
    def max_ah(self):
        return self.dev_attr.max_ah

    @property
    def max_fmr(self):
        return self.dev_attr.max_fmr

    @property
    def max_map_per_fmr(self):
        return self.dev_attr.max_map_per_fmr

    @property
    def max_srq(self):
        return self.dev_attr.max_srq

    @property
    def max_srq_wr(self):
        return self.dev_attr.max_srq_wr

    @property
    def max_srq_sge(self):
        return self.dev_attr.max_srq_sge

    @property
    def max_pkeys(self):
        return self.dev_attr.max_pkeys

    @property
    def local_ca_ack_delay(self):
        return self.dev_attr.local_ca_ack_delay

    @property
    def phys_port_cnt(self):
        return self.dev_attr.phys_port_cnt


cdef class PortAttr(PyverbsObject):
    """How a port is, as query_port() found it."""

    @property
    def state(self):
        return e.ibv_port_state(self.attr.state)

    @property
    def max_mtu(self):
        return e.ibv_mtu(self.attr.max_mtu)

    @property
    def active_mtu(self):
        return e.ibv_mtu(self.attr.active_mtu)

    @property
    def gid_tbl_len(self):
        return self.attr.gid_tbl_len

    @property
    def port_cap_flags(self):
        return self.attr.port_cap_flags

    @property
    def port_cap_flags2(self):
        return self.attr.port_cap_flags2

    @property
    def max_msg_sz(self):
        return self.attr.max_msg_sz

    @property
    def bad_pkey_cntr(self):
        return self.attr.bad_pkey_cntr

    @property
    def qkey_viol_cntr(self):
        return self.attr.qkey_viol_cntr

    @property
    def pkey_tbl_len(self):
        return self.attr.pkey_tbl_len

    @property
    def lid(self):
        return self.attr.lid

    @property
    def sm_lid(self):
        return self.attr.sm_lid

    @property
    def lmc(self):
        return self.attr.lmc

    @property
    def max_vl_num(self):
        return self.attr.max_vl_num

    @property
    def sm_sl(self):
        return self.attr.sm_sl

    @property
    def subnet_timeout(self):
        return self.attr.subnet_timeout

    @property
    def init_type_reply(self):
        return self.attr.init_type_reply

    @property
    def active_width(self):
        return self.attr.active_width

    @property
    def active_speed(self):
        return self.attr.active_speed

    @property
    def active_speed_ex(self):
        return self.attr.active_speed_ex

    @property
    def phys_state(self):
        return self.attr.phys_state

    @property
    def link_layer(self):
        return self.attr.link_layer

    @property
    def flags(self):
        return self.attr.flags


cdef class GIDEntry(PyverbsObject):
    """An entry of the GID table."""

    def gid_str(self):
        """The GID as text."""
        return gid_to_str(&self.entry.gid)

    @property
    def gid_subnet_prefix(self):
        """The GID's first half, as a number."""
        return int.from_bytes((<char *>self.entry.gid.raw)[:8], 'big')

    @property
    def gid_interface_id(self):
        """The GID's second half, as a number."""
        return int.from_bytes((<char *>self.entry.gid.raw)[8:16], 'big')

    @property
    def gid_index(self):
        return self.entry.gid_index

    @property
    def port_num(self):
        return self.entry.port_num

    @property
    def gid_type(self):
        return self.entry.gid_type

    @property
    def ndev_ifindex(self):
        """The network device's index, 0 without one."""
        return self.entry.ndev_ifindex


cdef class CompCntrCaps(PyverbsObject):
    """What the device's completion counters can do."""

    @property
    def max_counters(self):
        return self.caps.max_counters

    @property
    def max_value(self):
        return self.caps.max_value

    @property
    def supported_qp_attach_ops(self):
        """ibv_qp_attach_comp_cntr_op."""
        return self.caps.supported_qp_attach_ops
