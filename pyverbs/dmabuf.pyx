# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""dma-bufs, from any exporter of the machine."""

import os

cimport cython
from cpython.buffer cimport PyBuffer_FillInfo
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

    exporter is one of
        udmabuf                     pages of a memfd
        heap:NAME                   the dma-heap of that name
        drm:/dev/dri/NODE[,gtt]     memory of that card: of i915, xe and amdgpu
                                    the GPU's, with gtt the system's; of other
                                    drivers a dumb buffer
        vgem                        a dumb buffer of that driver
        cuda[:N], hip[:N]           memory of the N-th GPU, by the library of
                                    its driver
        testbuf[:OPTION,...]        the tests' own
        fd:N                        a dma-buf that is open: see from_fd()
    Without it, it is that of the gpu-th DRM card, with gtt in system memory.

    close() closes the MRs made from the object as well. error_code: ENOENT (no
    such device or library; the text says what provides it), EOPNOTSUPP (it
    cannot), EINVAL (a bad name or size), or what the exporter says.
    """

    def __init__(self, size_t size, gpu=0, gtt=0, *, exporter=None):
        if exporter is None:
            exporter = f'drm:/dev/dri/card{gpu}' + (',gtt' if gtt else '')
        self.allocate(exporter, size)

    @classmethod
    def from_fd(cls, int fd):
        """The dma-buf that is open as fd, which stays the caller's.

        The object has a descriptor of its own. A dma-buf that the CPU cannot
        map is good for MRs; read(), write() and cpu_access() then fail.
        """
        cdef DmaBuf buf = cls.__new__(cls)

        buf.allocate(f'fd:{fd}', 1)
        return buf

    cdef int allocate(self, spec, size_t size) except -1:
        cdef x.dmabuf_error err
        cdef bytes encoded = spec.encode()
        cdef const char *c_spec = encoded

        with nogil:
            self.buf = x.dmabuf_alloc(c_spec, size, &err)
        if self.buf == NULL:
            text = err.text.decode()
            raise PyverbsRDMAError(f'No dma-buf from {spec}: {text}', err.code)
        self.spec = spec
        return 0

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

    def cpu_access(self, write=True):
        """The whole buffer as a memoryview, between begin and end.

            with buf.cpu_access() as view:
                view[0:4] = b'data'

        It waits for devices that use the buffer. Of cuda and hip the view is a
        copy, which in the end takes the place of what devices wrote meanwhile.
        """
        return CpuAccess(self, write)

    def info(self):
        """What the kernel tells about the descriptor, as a dict of texts.

        exp_name is its name of the exporter, count how many use the dma-buf.
        """
        with open(f'/proc/self/fdinfo/{self.fd}', encoding='utf-8',
                  errors='replace') as f:
            return {key: value.strip() for key, _, value in
                    (line.partition(':') for line in f)}

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
        """As given."""
        return self.spec

    @property
    def identity(self):
        """Its inode: the same for every descriptor of this dma-buf."""
        return os.fstat(self.fd).st_ino

    @property
    def name(self):
        """What it is called in the kernel's lists, '' at first.

        At most 31 bytes, else EINVAL.
        """
        return self.info().get('name', '')

    @name.setter
    def name(self, str value not None):
        cdef bytes encoded = value.encode()
        cdef const char *c_name = encoded
        cdef int ret

        check_open(self.buf, 'DmaBuf')
        with nogil:
            ret = x.dmabuf_set_name(self.buf, c_name)
        check_status(ret, 'Naming a dma-buf')


@cython.no_gc_clear
cdef class CpuAccess(PyverbsCM):
    """The time between begin and end of CPU access to a DmaBuf.

    Made by DmaBuf.cpu_access(). While a part of the view is in use elsewhere,
    close() refuses.
    """

    def __init__(self, DmaBuf dmabuf not None, write=True):
        cdef int ret

        check_open(dmabuf.buf, 'DmaBuf')
        self.access = x.DMABUF_RW if write else x.DMABUF_READ
        with nogil:
            ret = x.dmabuf_begin_cpu(dmabuf.buf, self.access)
        check_status(ret, 'CPU access to a dma-buf')
        self.dmabuf = dmabuf
        self.buf = dmabuf.buf
        dmabuf.add_ref(self)

    def __enter__(self):
        check_open(self.buf, 'CPU access')
        self.view = memoryview(self)
        return self.view

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        if self.buf == NULL:
            raise BufferError('CPU access is closed')
        PyBuffer_FillInfo(buffer, self, self.buf.map, self.buf.size,
                          self.access == x.DMABUF_READ, flags)
        self.exports += 1

    def __releasebuffer__(self, Py_buffer *buffer):
        self.exports -= 1

    cpdef close(self):
        cdef int ret

        if self.buf == NULL:
            return
        if self.view is not None:
            self.view.release()
            self.view = None
        if self.exports:
            raise PyverbsUserError('A view of the dma-buf is still in use')
        with nogil:
            ret = x.dmabuf_end_cpu(self.buf, self.access)
        check_status(ret, 'CPU access to a dma-buf')
        self.buf = NULL
        self.dmabuf = None

    def __dealloc__(self):
        if self.buf != NULL:
            with nogil:
                x.dmabuf_end_cpu(self.buf, self.access)
