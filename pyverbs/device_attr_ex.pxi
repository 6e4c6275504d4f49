# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of device.pyx for what extended queries take and return.


cdef class QueryDeviceExInput(PyverbsObject):
    """What query_device_ex() is asked; there is nothing to choose yet."""

    def __init__(self, comp_mask=0):
        self.input.comp_mask = comp_mask


cdef class ODPCaps(PyverbsObject):
    """Memory on demand: ibv_odp_general_caps, and of each transport
    ibv_odp_transport_cap_bits."""

    @property
    def general_caps(self):
        return self.caps.general_caps

    @property
    def rc_odp_caps(self):
        return self.caps.per_transport_caps.rc_odp_caps

    @property
    def uc_odp_caps(self):
        return self.caps.per_transport_caps.uc_odp_caps

    @property
    def ud_odp_caps(self):
        return self.caps.per_transport_caps.ud_odp_caps

    @property
    def xrc_odp_caps(self):
        return self.xrc_caps


cdef class TSOCaps(PyverbsObject):
    """Segmentation of packets. supported_qpts: a bit for each ibv_qp_type."""

    @property
    def max_tso(self):
        """In bytes; 0: none."""
        return self.caps.max_tso

    @property
    def supported_qpts(self):
        return self.caps.supported_qpts


cdef class RSSCaps(PyverbsObject):
    """How packets can be spread over WQs."""

    @property
    def supported_qpts(self):
        return self.caps.supported_qpts

    @property
    def max_rwq_indirection_tables(self):
        return self.caps.max_rwq_indirection_tables

    @property
    def max_rwq_indirection_table_size(self):
        return self.caps.max_rwq_indirection_table_size

    @property
    def rx_hash_fields_mask(self):
        return self.caps.rx_hash_fields_mask

    @property
    def rx_hash_function(self):
        return self.caps.rx_hash_function


cdef class PacketPacingCaps(PyverbsObject):
    """Between which rates, in kbit/s, a QP can be held."""

    @property
    def qp_rate_limit_min(self):
        return self.caps.qp_rate_limit_min

    @property
    def qp_rate_limit_max(self):
        """0: it cannot be."""
        return self.caps.qp_rate_limit_max

    @property
    def supported_qpts(self):
        return self.caps.supported_qpts


cdef class TMCaps(PyverbsObject):
    """What tag matching can do. flags: ibv_tm_cap_flags."""

    @property
    def max_rndv_hdr_size(self):
        return self.caps.max_rndv_hdr_size

    @property
    def max_num_tags(self):
        return self.caps.max_num_tags

    @property
    def flags(self):
        return self.caps.flags

    @property
    def max_ops(self):
        return self.caps.max_ops

    @property
    def max_sge(self):
        return self.caps.max_sge


cdef class CQModerationCaps(PyverbsObject):
    """How long events of a CQ can be held back."""

    @property
    def max_cq_count(self):
        return self.caps.max_cq_count

    @property
    def max_cq_period(self):
        """In microseconds."""
        return self.caps.max_cq_period


cdef class PCIAtomicCaps(PyverbsObject):
    """Atomics to memory over PCI: ibv_pci_atomic_op_size for each."""

    @property
    def fetch_add(self):
        return self.caps.fetch_add

    @property
    def swap(self):
        return self.caps.swap

    @property
    def compare_swap(self):
        return self.caps.compare_swap


cdef class DeviceAttrEx(PyverbsObject):
    """What a device can do, as query_device_ex() found it."""

    @property
    def orig_attr(self):
        """What query_device() finds, a DeviceAttr."""
        cdef DeviceAttr attr = DeviceAttr()

        attr.dev_attr = self.dev_attr.orig_attr
        return attr

    @property
    def odp_caps(self):
        cdef ODPCaps caps = ODPCaps()

        caps.caps = self.dev_attr.odp_caps
        caps.xrc_caps = self.dev_attr.xrc_odp_caps
        return caps

    @property
    def tso_caps(self):
        cdef TSOCaps caps = TSOCaps()

        caps.caps = self.dev_attr.tso_caps
        return caps

    @property
    def rss_caps(self):
        cdef RSSCaps caps = RSSCaps()

        caps.caps = self.dev_attr.rss_caps
        return caps

    @property
    def packet_pacing_caps(self):
        cdef PacketPacingCaps caps = PacketPacingCaps()

        caps.caps = self.dev_attr.packet_pacing_caps
        return caps

    @property
    def tm_caps(self):
        cdef TMCaps caps = TMCaps()

        caps.caps = self.dev_attr.tm_caps
        return caps

    @property
    def cq_mod_caps(self):
        cdef CQModerationCaps caps = CQModerationCaps()

        caps.caps = self.dev_attr.cq_mod_caps
        return caps

    @property
    def pci_atomic_caps(self):
        cdef PCIAtomicCaps caps = PCIAtomicCaps()

        caps.caps = self.dev_attr.pci_atomic_caps
        return caps

    @property
    def comp_mask(self):
        return self.dev_attr.comp_mask

    @property
    def completion_timestamp_mask(self):
        """The bits that a timestamp has; 0: there are none."""
        return self.dev_attr.completion_timestamp_mask

    @property
    def hca_core_clock(self):
        """In kHz."""
        return self.dev_attr.hca_core_clock

    @property
    def device_cap_flags_ex(self):
        return self.dev_attr.device_cap_flags_ex

    @property
    def max_wq_type_rq(self):
        return self.dev_attr.max_wq_type_rq

    @property
    def raw_packet_caps(self):
        """ibv_raw_packet_caps."""
        return self.dev_attr.raw_packet_caps

    @property
    def max_dm_size(self):
        """In bytes; 0: no device memory."""
        return self.dev_attr.max_dm_size

    @property
    def phys_port_cnt_ex(self):
        """Also where there are more than 255."""
        return self.dev_attr.phys_port_cnt_ex
