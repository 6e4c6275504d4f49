# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of device.pyx for device memory.


cdef class AllocDmAttr(PyverbsObject):
    """What a DM is to be: length bytes, aligned to 2**log_align_req."""

    def __init__(self, size_t length, uint32_t log_align_req=0,
                 uint32_t comp_mask=0):
        self.attr.length = length
        self.attr.log_align_req = log_align_req
        self.attr.comp_mask = comp_mask

    @property
    def length(self):
        return self.attr.length

    @length.setter
    def length(self, size_t value):
        self.attr.length = value

    @property
    def log_align_req(self):
        return self.attr.log_align_req

    @log_align_req.setter
    def log_align_req(self, uint32_t value):
        self.attr.log_align_req = value

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, uint32_t value):
        self.attr.comp_mask = value


@cython.no_gc_clear
cdef class DM(PyverbsCM):
    """Memory of the device, as its AllocDmAttr says.

    With a handle, the one that has this handle of the kernel in the imported
    Context; close() then leaves it to its owner.
    """

    def __init__(self, Context context not None, AllocDmAttr dm_attr=None,
                 handle=None):
        check_open(context.context, 'Context')
        if (dm_attr is None) == (handle is None):
            raise PyverbsUserError('A DM takes either dm_attr or handle')
        if handle is None:
            self._alloc(context, dm_attr)
        else:
            self._import(context, handle)
        self.context = context
        context.add_ref(self)

    def _alloc(self, Context context, AllocDmAttr dm_attr):
        cdef int err

        with nogil:
            self.dm = m.ibv_alloc_dm(context.context, &dm_attr.attr)
            err = errno
        check_ptr(self.dm, err, 'ibv_alloc_dm')

    def _import(self, Context context, uint32_t handle):
        cdef int err

        with nogil:
            self.dm = m.ibv_import_dm(context.context, handle)
            err = errno
        check_ptr(self.dm, err, f'ibv_import_dm({handle})')
        self.imported = True

    cpdef close(self):
        cdef int ret

        if self.dm == NULL:
            return
        if self.imported:
            self.unimport()
            return
        self.close_children()
        with nogil:
            ret = m.ibv_free_dm(self.dm)
        check_status(ret, 'ibv_free_dm')
        self.dm = NULL
        self.context = None

    def unimport(self):
        """Forget an imported DM, which lives on in its owner."""
        check_open(self.dm, 'DM')
        self.close_children()
        with nogil:
            m.ibv_unimport_dm(self.dm)
        self.dm = NULL
        self.context = None

    def __dealloc__(self):
        if self.dm == NULL:
            return
        with nogil:
            if self.imported:
                m.ibv_unimport_dm(self.dm)
            else:
                m.ibv_free_dm(self.dm)

    def copy_to_dm(self, uint64_t dm_offset, data, size_t length):
        """Copy the first length bytes of data (bytes or str) to dm_offset."""
        cdef const unsigned char[::1] view
        cdef const unsigned char *source
        cdef int ret

        check_open(self.dm, 'DM')
        view = data.encode() if isinstance(data, str) else data
        if <size_t>view.shape[0] < length:
            raise PyverbsUserError(f'data has less than {length} bytes')
        if length == 0:
            return
        source = &view[0]
        with nogil:
            ret = m.ibv_memcpy_to_dm(self.dm, dm_offset, source, length)
        check_status(ret, 'ibv_memcpy_to_dm')

    def copy_from_dm(self, uint64_t dm_offset, size_t length):
        """Return length bytes at dm_offset."""
        cdef bytearray data = bytearray(length)
        cdef char *start = data
        cdef int ret

        check_open(self.dm, 'DM')
        with nogil:
            ret = m.ibv_memcpy_from_dm(start, self.dm, dm_offset, length)
        check_status(ret, 'ibv_memcpy_from_dm')
        return bytes(data)

    def export_dmabuf_fd(self):
        """Return a new descriptor of a dma-buf over it; close it."""
        cdef int fd, err

        check_open(self.dm, 'DM')
        with nogil:
            fd = m.ibv_dm_export_dmabuf_fd(self.dm)
            err = errno
        check_minus_one(fd, err, 'ibv_dm_export_dmabuf_fd')
        return fd

    @property
    def handle(self):
        """The kernel's handle."""
        check_open(self.dm, 'DM')
        return self.dm.handle
