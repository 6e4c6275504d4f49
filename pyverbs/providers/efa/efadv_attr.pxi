# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of efadv.pyx for what is asked of devices, and what they answer.


cdef class EfaDVDeviceAttr(PyverbsObject):
    """What a device can do."""
    cdef efa.efadv_device_attr attr

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @property
    def max_sq_wr(self):
        return self.attr.max_sq_wr

    @property
    def max_rq_wr(self):
        return self.attr.max_rq_wr

    @property
    def max_sq_sge(self):
        return self.attr.max_sq_sge

    @property
    def max_rq_sge(self):
        return self.attr.max_rq_sge

    @property
    def inline_buf_size(self):
        """In bytes."""
        return self.attr.inline_buf_size

    @property
    def inline_buf_size_ex(self):
        """In bytes, in a request of the larger size."""
        return self.attr.inline_buf_size_ex

    @property
    def device_caps(self):
        """EFADV_DEVICE_ATTR_CAPS_ flags: see dev_cap_to_str()."""
        return self.attr.device_caps

    @property
    def max_rdma_size(self):
        """How many bytes one RDMA request moves at most."""
        return self.attr.max_rdma_size


cdef class EfaDVSQDepthAttr(PyverbsObject):
    """What the requests of a send queue are to hold.

    flags: EFADV_SQ_DEPTH_ATTR_; max_inline_data in bytes.
    """
    cdef efa.efadv_sq_depth_attr attr

    def __init__(self, comp_mask=0, flags=0, max_send_sge=0, max_rdma_sge=0,
                 max_inline_data=0):
        self.attr.comp_mask = comp_mask
        self.attr.flags = flags
        self.attr.max_send_sge = max_send_sge
        self.attr.max_rdma_sge = max_rdma_sge
        self.attr.max_inline_data = max_inline_data

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def flags(self):
        return self.attr.flags

    @flags.setter
    def flags(self, val):
        self.attr.flags = val

    @property
    def max_send_sge(self):
        return self.attr.max_send_sge

    @max_send_sge.setter
    def max_send_sge(self, val):
        self.attr.max_send_sge = val

    @property
    def max_rdma_sge(self):
        return self.attr.max_rdma_sge

    @max_rdma_sge.setter
    def max_rdma_sge(self, val):
        self.attr.max_rdma_sge = val

    @property
    def max_inline_data(self):
        return self.attr.max_inline_data

    @max_inline_data.setter
    def max_inline_data(self, val):
        self.attr.max_inline_data = val


cdef class EfaDVRQDepthAttr(PyverbsObject):
    """What the requests of a receive queue are to hold."""
    cdef efa.efadv_rq_depth_attr attr

    def __init__(self, comp_mask=0, max_recv_sge=0):
        self.attr.comp_mask = comp_mask
        self.attr.max_recv_sge = max_recv_sge

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def max_recv_sge(self):
        return self.attr.max_recv_sge

    @max_recv_sge.setter
    def max_recv_sge(self, val):
        self.attr.max_recv_sge = val


cdef class EfaDVAHAttr(PyverbsObject):
    """What completions call an address handle."""
    cdef efa.efadv_ah_attr attr

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @property
    def ahn(self):
        """Its number."""
        return self.attr.ahn


cdef class EfaDVMRAttr(PyverbsObject):
    """The interconnects by which a device reaches an MR.

    ic_id_validity (EFADV_MR_ATTR_VALIDITY_) says which of the others count.
    """
    cdef efa.efadv_mr_attr attr

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @property
    def ic_id_validity(self):
        return self.attr.ic_id_validity

    @property
    def recv_ic_id(self):
        """Of what is received into it."""
        return self.attr.recv_ic_id

    @property
    def rdma_read_ic_id(self):
        """Of RDMA reads of others."""
        return self.attr.rdma_read_ic_id

    @property
    def rdma_recv_ic_id(self):
        """Of RDMA writes of others."""
        return self.attr.rdma_recv_ic_id


cdef class EfaQPInitAttr(PyverbsObject):
    """What an SRDQPEx has more.

    driver_qp_type: EFADV_QP_DRIVER_TYPE_SRD, the default. flags: EFADV_QP_FLAGS_.
    wr_flags: EFADV_WR_EX_, the setters that requests will need.
    """
    cdef efa.efadv_qp_init_attr attr

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @property
    def driver_qp_type(self):
        return self.attr.driver_qp_type

    @driver_qp_type.setter
    def driver_qp_type(self, val):
        self.attr.driver_qp_type = val

    @property
    def flags(self):
        return self.attr.flags

    @flags.setter
    def flags(self, val):
        self.attr.flags = val

    @property
    def sl(self):
        """The service level."""
        return self.attr.sl

    @sl.setter
    def sl(self, val):
        self.attr.sl = val

    @property
    def wr_flags(self):
        return self.attr.wr_flags

    @wr_flags.setter
    def wr_flags(self, val):
        self.attr.wr_flags = val


cdef class EfaDVCQInitAttr(PyverbsObject):
    """What an EfaCQ has more. wc_flags (EFADV_WC_EX_): what will be read."""
    cdef efa.efadv_cq_init_attr attr

    def __init__(self, wc_flags=0):
        self.attr.wc_flags = wc_flags

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @property
    def wc_flags(self):
        return self.attr.wc_flags

    @wc_flags.setter
    def wc_flags(self, val):
        self.attr.wc_flags = val


cdef place(efa.efadv_memory_location *where, uintptr_t addr):
    where.ptr = <unsigned char *>addr
    where.type = efa.EFADV_MEMORY_LOCATION_VA


cdef class EfaCompCntrInitAttr(PyverbsObject):
    """What an EfaCompCntr has more: counters in memory of the caller's.

    flags: EFADV_COMP_CNTR_INIT_, which the two calls below set.
    """
    cdef efa.efadv_comp_cntr_init_attr attr

    def set_comp_ext_mem_va(self, uintptr_t addr):
        """Count what succeeded in the 8 bytes at addr."""
        self.attr.flags |= efa.EFADV_COMP_CNTR_INIT_WITH_COMP_EXTERNAL_MEM
        place(&self.attr.comp_cntr_ext_mem, addr)

    def set_err_ext_mem_va(self, uintptr_t addr):
        """Count what failed in the 8 bytes at addr."""
        self.attr.flags |= efa.EFADV_COMP_CNTR_INIT_WITH_ERR_EXTERNAL_MEM
        place(&self.attr.err_cntr_ext_mem, addr)

    @property
    def flags(self):
        return self.attr.flags
