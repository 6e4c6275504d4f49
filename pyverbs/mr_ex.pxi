# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of mr.pyx for calls newer than rdma-core 58: DMA handles, buffers of
# the provider's, and registration of either.


cdef class DmaHandleInitAttr(PyverbsObject):
    """What a DMAHandle is to say. comp_mask: ibv_dmah_init_attr_mask."""

    def __init__(self, comp_mask=0, cpu_id=0, ph=0, tph_mem_type=0):
        self.attr.comp_mask = comp_mask
        self.attr.cpu_id = cpu_id
        self.attr.ph = ph
        self.attr.tph_mem_type = tph_mem_type

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def cpu_id(self):
        return self.attr.cpu_id

    @cpu_id.setter
    def cpu_id(self, val):
        self.attr.cpu_id = val

    @property
    def ph(self):
        return self.attr.ph

    @ph.setter
    def ph(self, val):
        self.attr.ph = val

    @property
    def tph_mem_type(self):
        return self.attr.tph_mem_type

    @tph_mem_type.setter
    def tph_mem_type(self, val):
        self.attr.tph_mem_type = val

    def __str__(self):
        return (f'DmaHandleInitAttr comp_mask {self.comp_mask:#x} cpu_id '
                f'{self.cpu_id} ph {self.ph} tph_mem_type {self.tph_mem_type}')


@cython.no_gc_clear
cdef class DMAHandle(PyverbsCM):
    """Hints that go with a device's accesses to the MRs made with it."""

    def __init__(self, Context ctx not None,
                 DmaHandleInitAttr init_attr not None):
        cdef int err

        check_open(ctx.context, 'Context')
        with nogil:
            self.dmah = m.ibv_alloc_dmah(ctx.context, &init_attr.attr)
            err = errno
        check_ptr(self.dmah, err, 'ibv_alloc_dmah')
        self.context = ctx
        ctx.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.dmah == NULL:
            return
        self.close_children()
        with nogil:
            ret = m.ibv_dealloc_dmah(self.dmah)
        check_status(ret, 'ibv_dealloc_dmah')
        self.dmah = NULL
        self.context = None

    def __dealloc__(self):
        if self.dmah != NULL:
            with nogil:
                m.ibv_dealloc_dmah(self.dmah)


@cython.no_gc_clear
cdef class Buf(PyverbsCM):
    """size bytes of memory that the provider allocates for a PD."""

    def __init__(self, PD pd not None, size_t size):
        cdef int err

        check_open(pd.pd, 'PD')
        with nogil:
            self.start = m.ibv_alloc_buf(pd.pd, size, &self.buf)
            err = errno
        check_ptr(self.start, err, 'ibv_alloc_buf')
        self._size = size
        self.pd = pd
        pd.add_ref(self)

    cpdef close(self):
        if self.buf == NULL:
            return
        self.close_children()
        with nogil:
            m.ibv_free_buf(self.buf)
        self.buf = NULL
        self.pd = None

    def __dealloc__(self):
        if self.buf != NULL:
            with nogil:
                m.ibv_free_buf(self.buf)

    def export_dmabuf_fd(self):
        """Return a new descriptor of the dma-buf behind it; close it."""
        cdef int fd, err

        check_open(self.buf, 'Buf')
        with nogil:
            fd = m.ibv_export_buf_dmabuf_fd(self.buf)
            err = errno
        check_minus_one(fd, err, 'ibv_export_buf_dmabuf_fd')
        return fd

    @property
    def addr(self):
        """The address of the first byte."""
        check_open(self.buf, 'Buf')
        return <uintptr_t>self.start

    @property
    def size(self):
        return self._size


@cython.no_gc_clear
cdef class BufMR(MR):
    """length bytes of a Buf, from offset on, which keeps the memory."""

    def __init__(self, PD pd not None, Buf buf not None, size_t length,
                 int access=0, size_t offset=0):
        cdef void *addr = <char *>buf.start + offset
        cdef int err

        check_open(pd.pd, 'PD')
        check_open(buf.buf, 'Buf')
        with nogil:
            self.mr = m.ibv_reg_buf_mr(pd.pd, buf.buf, addr, length, access)
            err = errno
        check_ptr(self.mr, err, 'ibv_reg_buf_mr')
        self.source = buf
        self.address = <uintptr_t>addr
        self.mr_length = length
        self.pd = pd
        pd.add_ref(self)
        buf.add_ref(self)


@cython.no_gc_clear
cdef class MREx(MR):
    """An MR of whatever is given.

    That is the memory at address, or the dma-buf with the descriptor fd, from
    fd_offset on, or a part of buf, by default from its start. Without any of
    them it brings its own memory, as MR does. Work requests name the first byte
    by iova, by default the address or fd_offset.
    """

    def __init__(self, PD pd not None, size_t length=0, int access=0,
                 address=None, iova=None, fd=None, fd_offset=None,
                 DMAHandle dmah=None, implicit=False, Buf buf=None):
        cdef m.ibv_mr_init_attr attr

        check_open(pd.pd, 'PD')
        memset(&attr, 0, sizeof(attr))
        if implicit:
            address, length = 0, <size_t>-1
        if buf is not None:
            check_open(buf.buf, 'Buf')
            address = buf.addr if address is None else address
            attr.comp_mask |= m.IBV_REG_MR_MASK_BUF
            attr.buf = buf.buf
        if dmah is not None:
            check_open(dmah.dmah, 'DMAHandle')
            attr.comp_mask |= m.IBV_REG_MR_MASK_DMAH
            attr.dmah = dmah.dmah
        if fd is not None:
            attr.comp_mask |= m.IBV_REG_MR_MASK_FD | m.IBV_REG_MR_MASK_FD_OFFSET
            attr.fd = fd
            attr.fd_offset = fd_offset or 0
        elif address is None:
            self.own_buf = alloc_pages(length)
            address = <uintptr_t>self.own_buf
        if address is not None:
            attr.comp_mask |= m.IBV_REG_MR_MASK_ADDR
            attr.addr = <void *><uintptr_t>address
        self.elsewhere = fd is not None or implicit
        self.address = attr.fd_offset if self.elsewhere else address
        self.iova = self.address if iova is None else iova
        attr.comp_mask |= m.IBV_REG_MR_MASK_IOVA
        attr.iova = self.iova
        attr.length = self.mr_length = length
        attr.access = access
        self._register(pd, &attr)
        self.source = (dmah, buf)
        pd.add_ref(self)
        for parent in self.source:
            if parent is not None:
                (<PyverbsCM>parent).add_ref(self)

    cdef _register(self, PD pd, m.ibv_mr_init_attr *attr):
        cdef int err

        with nogil:
            self.mr = m.ibv_reg_mr_ex(pd.pd, attr)
            err = errno
        check_ptr(self.mr, err, 'ibv_reg_mr_ex')
        self.pd = pd

    @property
    def buf(self):
        """The address that work requests use for the MR's first byte."""
        return self.iova
