# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory regions, of user memory and of dma-bufs."""

from libc.errno cimport errno
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset
from posix.stdlib cimport posix_memalign
from posix.unistd cimport _SC_PAGESIZE, sysconf

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.dmabuf cimport DmaBuf
from pyverbs.pd cimport PD

from pyverbs.pyverbs_error import PyverbsUserError


cdef void *alloc_pages(size_t length) except NULL:
    """Zeroed whole pages, so that nothing else shares them; free() them."""
    cdef size_t page = sysconf(_SC_PAGESIZE)
    cdef size_t size = max(page, (length + page - 1) // page * page)
    cdef void *buf = NULL

    if size < length or posix_memalign(&buf, page, size):
        raise MemoryError(f'no {length} bytes for an MR')
    memset(buf, 0, size)
    return buf


cdef class MR(PyverbsCM):
    """length bytes of memory that the device may access.

    Without an address the MR brings its own zeroed, page-aligned memory and
    frees it when closed; with one, the memory there is the caller's and must
    live as long as the MR. access: ibv_access_flags. implicit asks for the
    whole address space (on-demand paging).
    """

    def __init__(self, PD creator not None, size_t length=0, int access=0,
                 address=None, implicit=False):
        cdef int err
        cdef void *addr

        check_open(creator.pd, 'PD')
        self.address = 0 if address is None else address
        self.mr_length = length
        if implicit:
            self.address, self.mr_length = 0, <size_t>-1
        elif address is None:
            self.own_buf = alloc_pages(length)
            self.address = <uintptr_t>self.own_buf
        addr = <void *><uintptr_t>self.address
        with nogil:
            self.mr = v.ibv_reg_mr(creator.pd, addr, self.mr_length, access)
            err = errno
        check_ptr(self.mr, err, 'ibv_reg_mr')
        self.pd = creator
        creator.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.mr == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_dereg_mr(self.mr)
        check_status(ret, 'ibv_dereg_mr')
        self.mr = NULL
        self.pd = None
        free(self.own_buf)
        self.own_buf = NULL

    def __dealloc__(self):
        cdef int ret = 0

        if self.mr != NULL:
            with nogil:
                ret = v.ibv_dereg_mr(self.mr)
        # What the device may still write to must not be given away.
        if ret == 0:
            free(self.own_buf)

    cdef int check_range(self, size_t length, size_t offset) except -1:
        if length > self.mr_length or offset > self.mr_length - length:
            raise PyverbsUserError(
                f'{length} bytes at {offset} are not within the '
                f'{self.mr_length} of the MR')
        return 0

    def write(self, data, size_t length, size_t offset=0):
        """Copy the first length bytes of data (bytes or str) to offset."""
        cdef const unsigned char[::1] view

        check_open(self.mr, 'MR')
        self.check_range(length, offset)
        view = data.encode() if isinstance(data, str) else data
        if <size_t>view.shape[0] < length:
            raise PyverbsUserError(f'data has less than {length} bytes')
        if length:
            memcpy(<char *><uintptr_t>self.address + offset, &view[0], length)

    def read(self, size_t length, size_t offset):
        """Return length bytes at offset."""
        check_open(self.mr, 'MR')
        self.check_range(length, offset)
        return (<char *><uintptr_t>self.address)[offset:offset + length]

    @property
    def buf(self):
        """The address that work requests use for the MR's first byte."""
        return self.address

    @property
    def addr(self):
        """ibv_mr's addr, as a number."""
        check_open(self.mr, 'MR')
        return <uintptr_t>self.mr.addr

    @property
    def length(self):
        return self.mr_length

    @property
    def lkey(self):
        check_open(self.mr, 'MR')
        return self.mr.lkey

    @property
    def rkey(self):
        check_open(self.mr, 'MR')
        return self.mr.rkey

    @property
    def handle(self):
        """The kernel's handle."""
        check_open(self.mr, 'MR')
        return self.mr.handle


cdef class DmaBufMR(MR):
    """length bytes of a dma-buf, from offset on.

    dmabuf is a DmaBuf or the descriptor of one, which stays the caller's and
    may be closed right away: the MR holds the buffer itself. Without one, the
    MR makes a DmaBuf (exporter, gpu and gtt: see there) and closes it in the
    end. iova is the address by which work requests name the first byte, the
    offset if not given; the two must be at the same place of a page.

    error_code: EBADF (no such descriptor), EINVAL (not a dma-buf, a range not
    within it, iova or access), EOPNOTSUPP (the device does not import),
    EPROTONOSUPPORT (this kernel does not), or what the exporter says.
    """

    def __init__(self, PD pd not None, size_t length, int access=0,
                 dmabuf=None, size_t offset=0, gpu=0, gtt=0, *,
                 iova=None, exporter=None):
        check_open(pd.pd, 'PD')
        if dmabuf is None:
            dmabuf = DmaBuf(length + offset, gpu, gtt, exporter=exporter)
            self.own_dmabuf = True
        self._dmabuf = dmabuf
        self._offset = offset
        self.mr_length = length
        self.address = offset if iova is None else iova
        try:
            self._register(pd, access)
        except BaseException:
            self._drop_dmabuf()
            raise
        self.pd = pd
        pd.add_ref(self)
        if isinstance(dmabuf, DmaBuf):
            (<DmaBuf>dmabuf).add_ref(self)

    def _register(self, PD pd, int access):
        cdef bint is_fd = not isinstance(self._dmabuf, DmaBuf)
        cdef int fd = self._dmabuf if is_fd else self._dmabuf.fd
        cdef int err

        with nogil:
            self.mr = v.ibv_reg_dmabuf_mr(pd.pd, self._offset, self.mr_length,
                                          self.address, fd, access)
            err = errno
        check_ptr(self.mr, err, 'ibv_reg_dmabuf_mr')

    def _drop_dmabuf(self):
        dmabuf, self._dmabuf = self._dmabuf, None
        if self.own_dmabuf:
            dmabuf.close()

    cpdef close(self):
        if self.mr == NULL:
            return
        MR.close(self)
        self._drop_dmabuf()

    def _buffer(self):
        check_open(self.mr, 'MR')
        if not isinstance(self._dmabuf, DmaBuf):
            raise PyverbsUserError('The CPU reaches only an MR made from a DmaBuf')
        return self._dmabuf

    def write(self, data, size_t length, size_t offset=0):
        """Copy the first length bytes of data to the MR's offset, by CPU."""
        buf = self._buffer()
        self.check_range(length, offset)
        buf.write(data, length, self._offset + offset)

    def read(self, size_t length, size_t offset):
        """Return length bytes of the MR at offset, read by the CPU."""
        buf = self._buffer()
        self.check_range(length, offset)
        return buf.read(length, self._offset + offset)

    @property
    def dmabuf(self):
        return self._dmabuf

    @property
    def offset(self):
        """Of the MR's first byte within the dma-buf."""
        return self._offset
