# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""dma-bufs, from any exporter of the machine."""

cimport cython
from libc.string cimport memcpy

from pyverbs.base cimport check_open, check_status

from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError


def known_exporters():
    """The names of exporters worth trying on any machine."""
    cdef unsigned int i = 0

    names = []
    while x.dmabuf_known_spec(i) != NULL:
        names.append(x.dmabuf_known_spec(i).decode())
        i += 1
    return names


@cython.no_gc_clear
cdef class DmaBuf(PyverbsCM):
    """A dma-buf of at least size bytes, zeroed and mapped for the CPU.

    exporter is one of udmabuf, heap:NAME, vgem, drm:/dev/dri/cardN, and
    testbuf[:OPTION,...] for the tests' own. Without it, the buffer is a dumb
    buffer of the gpu-th DRM card, and its driver decides where it lies; gtt
    asks for system memory, which such a buffer cannot promise: it must be 0.

    close() closes the MRs made from the object as well.
    """

    def __init__(self, size_t size, gpu=0, gtt=0, *, exporter=None):
        cdef x.dmabuf_error err
        cdef bytes spec

        if exporter is None:
            if gtt:
                raise PyverbsUserError('gtt needs an exporter that knows it')
            exporter = f'drm:/dev/dri/card{gpu}'
        spec = exporter.encode()
        cdef const char *c_spec = spec
        with nogil:
            self.buf = x.dmabuf_alloc(c_spec, size, &err)
        if self.buf == NULL:
            text = err.text.decode()
            raise PyverbsRDMAError(f'No dma-buf from {exporter}: {text}',
                                   err.code)
        self.spec = exporter

    cpdef close(self):
        if self.buf == NULL:
            return
        self.close_children()
        with nogil:
            x.dmabuf_free(self.buf)
        self.buf = NULL

    def __dealloc__(self):
        if self.buf != NULL:
            with nogil:
                x.dmabuf_free(self.buf)

    cdef int check_range(self, size_t length, size_t offset) except -1:
        check_open(self.buf, 'DmaBuf')
        if length > self.buf.size or offset > self.buf.size - length:
            raise PyverbsUserError(
                f'{length} bytes at {offset} are not within the '
                f'{self.buf.size} of the dma-buf')
        return 0

    def write(self, data, size_t length, size_t offset=0):
        """Copy the first length bytes of data to offset."""
        cdef const unsigned char[::1] view
        cdef const unsigned char *source = NULL
        cdef int ret

        self.check_range(length, offset)
        view = data.encode() if isinstance(data, str) else data
        if <size_t>view.shape[0] < length:
            raise PyverbsUserError(f'data has less than {length} bytes')
        if length:
            source = &view[0]
        with nogil:
            ret = x.dmabuf_begin_cpu(self.buf, x.DMABUF_WRITE)
            if ret == 0:
                if length:
                    memcpy(<char *>self.buf.map + offset, source, length)
                ret = x.dmabuf_end_cpu(self.buf, x.DMABUF_WRITE)
        check_status(ret, 'CPU access to a dma-buf')

    def read(self, size_t length, size_t offset=0):
        """Return length bytes at offset."""
        cdef bytearray data
        cdef unsigned char *dest
        cdef int ret

        self.check_range(length, offset)
        data = bytearray(length)
        dest = <unsigned char *><char *>data
        with nogil:
            ret = x.dmabuf_begin_cpu(self.buf, x.DMABUF_READ)
            if ret == 0:
                memcpy(dest, <char *>self.buf.map + offset, length)
                ret = x.dmabuf_end_cpu(self.buf, x.DMABUF_READ)
        check_status(ret, 'CPU access to a dma-buf')
        return bytes(data)

    def move(self, unsigned int count=1, unsigned int interval_us=0,
             force=False):
        """Move the pages count times; return how often it was done.

        For a dynamic testbuf. error_code: EOPNOTSUPP (not movable), EBUSY (an
        importer pinned it, and force is not set), ENODEV (revoked).
        """
        cdef unsigned int moved = 0
        cdef unsigned int flags = x.SOFTHCA_TESTBUF_MOVE_FORCE if force else 0
        cdef int ret

        check_open(self.buf, 'DmaBuf')
        with nogil:
            ret = x.dmabuf_move(self.buf, count, interval_us, flags, &moved)
        check_status(ret, f'Moving a dma-buf of {self.spec}')
        return moved

    def revoke(self):
        """Take it away from all importers, for good. For a testbuf."""
        cdef int ret

        check_open(self.buf, 'DmaBuf')
        with nogil:
            ret = x.dmabuf_revoke(self.buf)
        check_status(ret, f'Revoking a dma-buf of {self.spec}')

    def check_guards(self):
        """None, or a text about the first wrong byte around a testbuf."""
        cdef x.softhca_testbuf_guards guards
        cdef int ret

        check_open(self.buf, 'DmaBuf')
        with nogil:
            ret = x.dmabuf_check_guards(self.buf, &guards)
        check_status(ret, f'Checking the guards of {self.spec}')
        if guards.bad_bytes == 0:
            return None
        return (f'{guards.bad_bytes} bytes around page {guards.guarded_page} '
                f'are wrong, the first at {guards.position}: '
                f'{guards.got:#04x}, not {guards.expected:#04x}')

    def stats(self):
        """What happened to a testbuf so far, as a dict of counters."""
        cdef x.softhca_testbuf_stats stats
        cdef int ret

        check_open(self.buf, 'DmaBuf')
        with nogil:
            ret = x.dmabuf_get_stats(self.buf, &stats)
        check_status(ret, f'Asking {self.spec}')
        return stats

    @property
    def fd(self):
        """The descriptor; the DmaBuf owns it."""
        check_open(self.buf, 'DmaBuf')
        return self.buf.fd

    @property
    def size(self):
        """In bytes, whole pages: at least what was asked for."""
        check_open(self.buf, 'DmaBuf')
        return self.buf.size

    @property
    def exporter(self):
        return self.spec
