# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory regions, of user memory and of dma-bufs."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.errno cimport errno
from libc.stdint cimport uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset
from posix.stdlib cimport posix_memalign
from posix.unistd cimport _SC_PAGESIZE, sysconf

from pyverbs.base cimport (check_minus_one, check_open, check_ptr,
                           check_status)
from pyverbs.device cimport Context, DM
from pyverbs.dmabuf cimport DmaBuf
from pyverbs.pd cimport PD

from pyverbs import enums as e
from pyverbs.base import inc_rkey
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError


cdef void *alloc_pages(size_t length) except NULL:
    """Zeroed whole pages, so that nothing else shares them; free() them."""
    cdef size_t page = sysconf(_SC_PAGESIZE)
    cdef size_t size = max(page, (length + page - 1) // page * page)
    cdef void *buf = NULL

    if size < length or posix_memalign(&buf, page, size):
        raise MemoryError(f'no {length} bytes for an MR')
    memset(buf, 0, size)
    return buf


@cython.no_gc_clear
cdef class MR(PyverbsCM):
    """length bytes of memory that the device may access.

    creator is a PD, or a CMID for the one it has; the device may always write
    to an MR of a CMID.
    Without an address the MR brings its own zeroed, page-aligned memory and
    frees it when closed; with one, the memory there is the caller's and must
    live as long as the MR. access: ibv_access_flags. implicit asks for the
    whole address space (on-demand paging), of which read() and write() reach
    what address and length name, if they do. With a handle, it is the MR that
    has this handle of the kernel in the imported PD; its memory is not here
    and close() leaves it to its owner.
    """

    def __init__(self, PyverbsCM creator not None, size_t length=0, int access=0,
                 address=None, implicit=False, handle=None):
        if isinstance(creator, PD):
            self._make(creator, length, access, address, implicit, handle)
            return
        if creator.pd is None:
            raise PyverbsUserError('The CMID has no PD yet')
        self._make(creator.pd, length, access | e.IBV_ACCESS_LOCAL_WRITE,
                   address, implicit, handle)

    def _make(self, PD creator, size_t length, int access, address, implicit,
              handle):
        cdef int err
        cdef void *addr

        check_open(creator.pd, 'PD')
        if handle is not None:
            self._import(creator, handle)
            return
        self.address = 0 if address is None else address
        self.mr_length = length
        if address is None and implicit:
            self.elsewhere, self.mr_length = True, <size_t>-1
        elif address is None:
            self.own_buf = alloc_pages(length)
            self.address = <uintptr_t>self.own_buf
        addr = <void *><uintptr_t>self.address
        if implicit:
            addr, length = NULL, <size_t>-1
        with nogil:
            self.mr = v.ibv_reg_mr(creator.pd, addr, length, access)
            err = errno
        check_ptr(self.mr, err, 'ibv_reg_mr')
        self.pd = creator
        creator.add_ref(self)

    def _import(self, PD creator, uint32_t handle):
        cdef int err

        with nogil:
            self.mr = m.ibv_import_mr(creator.pd, handle)
            err = errno
        check_ptr(self.mr, err, f'ibv_import_mr({handle})')
        self.imported = self.elsewhere = True
        self.mr_length = self.mr.length
        self.pd = creator
        creator.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.mr == NULL:
            return
        if self.imported:
            self.unimport()
            return
        self.close_children()
        with nogil:
            ret = v.ibv_dereg_mr(self.mr)
        check_status(ret, 'ibv_dereg_mr')
        self.mr = NULL
        self.pd = self.source = None
        free(self.own_buf)
        self.own_buf = NULL

    def unimport(self):
        """Forget an imported MR, which lives on in its owner."""
        check_open(self.mr, 'MR')
        with nogil:
            m.ibv_unimport_mr(self.mr)
        self.mr = NULL
        self.pd = None

    def rereg(self, int flags, PD pd=None, addr=0, size_t length=0,
              int access=0):
        """Change what flags, an ibv_rereg_mr_flags, name; keys may change.

        After an error that is not about the arguments, the MR can only be
        closed.
        """
        cdef v.ibv_pd *new_pd = NULL if pd is None else pd.pd
        cdef void *new_addr = <void *><uintptr_t>(addr or 0)
        cdef int ret, err

        check_open(self.mr, 'MR')
        with nogil:
            ret = m.ibv_rereg_mr(self.mr, flags, new_pd, new_addr, length,
                                 access)
            err = errno
        if ret:
            raise PyverbsRDMAError(
                f'ibv_rereg_mr failed ({e.ibv_rereg_mr_err_code(ret).name})',
                err)
        if flags & e.IBV_REREG_MR_CHANGE_TRANSLATION:
            self.address = addr
            self.mr_length = length
        if flags & e.IBV_REREG_MR_CHANGE_PD:
            (<PD>self.pd).children.discard(self)
            self.pd = pd
            pd.add_ref(self)

    def __dealloc__(self):
        cdef int ret = 0

        if self.mr != NULL:
            with nogil:
                if self.imported:
                    m.ibv_unimport_mr(self.mr)
                else:
                    ret = v.ibv_dereg_mr(self.mr)
        # What the device may still write to must not be given away.
        if ret == 0:
            free(self.own_buf)

    cdef int check_range(self, size_t length, size_t offset) except -1:
        if self.elsewhere:
            raise PyverbsUserError('The memory of this MR is not here')
        if length > self.mr_length or offset > self.mr_length - length:
            raise PyverbsUserError(
                f'{length} bytes at {offset} are not within the '
                f'{self.mr_length} of the MR')
        return 0

    def write(self, data, size_t length, size_t offset=0):
        """Copy the first length bytes of data (bytes or str) to offset."""
        cdef const unsigned char[::1] view
        cdef const unsigned char *source
        cdef char *dest = <char *><uintptr_t>self.address + offset

        check_open(self.mr, 'MR')
        self.check_range(length, offset)
        view = data.encode() if isinstance(data, str) else data
        if <size_t>view.shape[0] < length:
            raise PyverbsUserError(f'data has less than {length} bytes')
        if length == 0:
            return
        source = &view[0]
        with nogil:
            memcpy(dest, source, length)

    def read(self, size_t length, size_t offset):
        """Return length bytes at offset."""
        cdef bytes data
        cdef char *source = <char *><uintptr_t>self.address + offset
        cdef char *dest

        check_open(self.mr, 'MR')
        self.check_range(length, offset)
        data = PyBytes_FromStringAndSize(NULL, length)
        dest = PyBytes_AS_STRING(data)
        with nogil:
            memcpy(dest, source, length)
        return data

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


@cython.no_gc_clear
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
        self.source = dmabuf
        self._offset = offset
        self.mr_length = length
        self.address = offset if iova is None else iova
        try:
            self._register(pd, access)
        except BaseException:
            self.source = None
            if self.own_dmabuf:
                dmabuf.close()
            raise
        self.pd = pd
        pd.add_ref(self)
        if isinstance(dmabuf, DmaBuf):
            (<DmaBuf>dmabuf).add_ref(self)

    def _register(self, PD pd, int access):
        cdef bint is_fd = not isinstance(self.source, DmaBuf)

        self.mr = self.reg_dmabuf(
            pd.pd, self.source if is_fd else self.source.fd, access)

    cdef v.ibv_mr *reg_dmabuf(self, v.ibv_pd *pd, int fd,
                              int access) except NULL:
        cdef v.ibv_mr *mr
        cdef int err

        with nogil:
            mr = v.ibv_reg_dmabuf_mr(pd, self._offset, self.mr_length,
                                     self.address, fd, access)
            err = errno
        check_ptr(mr, err, 'ibv_reg_dmabuf_mr')
        return mr

    cpdef close(self):
        dmabuf = self.source

        if self.mr == NULL:
            return
        MR.close(self)
        if self.own_dmabuf:
            dmabuf.close()

    def _buffer(self):
        check_open(self.mr, 'MR')
        if not isinstance(self.source, DmaBuf):
            raise PyverbsUserError('The CPU reaches only an MR made from a DmaBuf')
        return self.source

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
        return self.source

    @property
    def offset(self):
        """Of the MR's first byte within the dma-buf."""
        return self._offset


@cython.no_gc_clear
cdef class DMMR(MR):
    """length bytes of a DM, device memory, from offset on.

    Work requests count from 0, so access needs IBV_ACCESS_ZERO_BASED.
    """

    def __init__(self, PD pd not None, size_t length, unsigned int access,
                 DM dm not None, size_t offset):
        cdef int err

        check_open(pd.pd, 'PD')
        check_open(dm.dm, 'DM')
        with nogil:
            self.mr = m.ibv_reg_dm_mr(pd.pd, dm.dm, offset, length, access)
            err = errno
        check_ptr(self.mr, err, 'ibv_reg_dm_mr')
        self.source = dm
        self._offset = offset
        self.mr_length = length
        self.pd = pd
        pd.add_ref(self)
        dm.add_ref(self)

    def write(self, data, size_t length, size_t offset=0):
        """Copy the first length bytes of data to offset."""
        check_open(self.mr, 'MR')
        self.check_range(length, offset)
        (<DM>self.source).copy_to_dm(self._offset + offset, data, length)

    def read(self, size_t length, size_t offset):
        """Return length bytes at offset."""
        check_open(self.mr, 'MR')
        self.check_range(length, offset)
        return (<DM>self.source).copy_from_dm(self._offset + offset, length)


@cython.no_gc_clear
cdef class NullMR(MR):
    """Of no memory: what is written to it vanishes, what is read is zero."""

    def __init__(self, PD pd not None):
        cdef int err

        check_open(pd.pd, 'PD')
        with nogil:
            self.mr = m.ibv_alloc_null_mr(pd.pd)
            err = errno
        check_ptr(self.mr, err, 'ibv_alloc_null_mr')
        self.pd = pd
        pd.add_ref(self)


@cython.no_gc_clear
cdef class MW(PyverbsCM):
    """A memory window of a PD: a key to a part of an MR, given and taken back
    by work requests. mw_type: an ibv_mw_type.
    """

    def __init__(self, PD pd not None, mw_type):
        cdef m.ibv_mw_type c_type = mw_type
        cdef int err

        check_open(pd.pd, 'PD')
        with nogil:
            self.mw = m.ibv_alloc_mw(pd.pd, c_type)
            err = errno
        check_ptr(self.mw, err, 'ibv_alloc_mw')
        self.pd = pd
        pd.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.mw == NULL:
            return
        self.close_children()
        with nogil:
            ret = m.ibv_dealloc_mw(self.mw)
        check_status(ret, 'ibv_dealloc_mw')
        self.mw = NULL
        self.pd = None

    def __dealloc__(self):
        if self.mw != NULL:
            with nogil:
                m.ibv_dealloc_mw(self.mw)

    @property
    def handle(self):
        """The kernel's handle."""
        check_open(self.mw, 'MW')
        return self.mw.handle

    @property
    def rkey(self):
        """Of type 2 the program has to say which key it bound the window with."""
        check_open(self.mw, 'MW')
        return self.mw.rkey

    @rkey.setter
    def rkey(self, val):
        check_open(self.mw, 'MW')
        self.mw.rkey = val

    @property
    def type(self):
        check_open(self.mw, 'MW')
        return self.mw.type


@cython.no_gc_clear
cdef class MWBindInfo(PyverbsCM):
    """The part of an MR that a window opens, and for what.

    addr counts as in the MR's own requests; with length 0 the window closes.
    """

    def __init__(self, MR mr not None, uint64_t addr, uint64_t length,
                 unsigned int mw_access_flags):
        check_open(mr.mr, 'MR')
        self.mr = mr
        self.info.mr = mr.mr
        self.info.addr = addr
        self.info.length = length
        self.info.mw_access_flags = mw_access_flags

    @property
    def mw_access_flags(self):
        return self.info.mw_access_flags

    @property
    def length(self):
        return self.info.length

    @property
    def addr(self):
        return self.info.addr

    def __str__(self):
        return (f'MWBindInfo addr {self.addr:#x} length {self.length} '
                f'access {self.mw_access_flags:#x}')


@cython.no_gc_clear
cdef class MWBind(PyverbsCM):
    """The request that binds a window of type 1, for QP.bind_mw()."""

    def __init__(self, MWBindInfo info not None, unsigned int send_flags,
                 uint64_t wr_id=0):
        self.info = info
        self.mw_bind.wr_id = wr_id
        self.mw_bind.send_flags = send_flags
        self.mw_bind.bind_info = info.info

    def __str__(self):
        return (f'MWBind wr_id {self.mw_bind.wr_id} send_flags '
                f'{self.mw_bind.send_flags:#x}, {self.info}')


def mwtype2str(mw_type):
    """The name of an ibv_mw_type."""
    return {1: 'IBV_MW_TYPE_1', 2: 'IBV_MW_TYPE_2'}.get(
        mw_type, f'Unknown MW type {mw_type}')


include 'mr_ex.pxi'
