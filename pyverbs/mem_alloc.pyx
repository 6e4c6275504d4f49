# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Raw memory by address, for what has to manage its own.

Nothing here is checked: a wrong address ends the process, as in C.
"""

from libc cimport stdlib
from libc.errno cimport errno
from libc.stdint cimport uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memset
from posix cimport mman
from posix.stdlib cimport posix_memalign as c_posix_memalign

from pyverbs.base import PyverbsRDMAErrno
from pyverbs.pyverbs_error import PyverbsUserError

cdef extern from '<endian.h>' nogil:
    uint32_t htobe32(uint32_t value)
    uint64_t htobe64(uint64_t value)

cdef extern from '<sys/mman.h>' nogil:
    enum:
        MAP_GROWSDOWN
        MAP_STACK

PROT_NONE_ = mman.PROT_NONE
PROT_READ_ = mman.PROT_READ
PROT_WRITE_ = mman.PROT_WRITE
PROT_EXEC_ = mman.PROT_EXEC
MAP_PRIVATE_ = mman.MAP_PRIVATE
MAP_SHARED_ = mman.MAP_SHARED
MAP_FIXED_ = mman.MAP_FIXED
MAP_ANONYMOUS_ = mman.MAP_ANONYMOUS
MAP_STACK_ = MAP_STACK
MAP_LOCKED_ = mman.MAP_LOCKED
MAP_HUGETLB_ = mman.MAP_HUGETLB
MAP_POPULATE_ = mman.MAP_POPULATE
MAP_NORESERVE_ = mman.MAP_NORESERVE
MAP_GROWSDOWN_ = MAP_GROWSDOWN


cdef void *pointer(uintptr_t addr, size_t offset) noexcept:
    return <char *>addr + offset


def mmap(uintptr_t addr=0, size_t length=100, int prot=PROT_READ_ | PROT_WRITE_,
         int flags=MAP_PRIVATE_ | MAP_ANONYMOUS_, int fd=-1, offset=0):
    """Map length bytes and return their address."""
    cdef mman.off_t c_offset = offset
    cdef void *ptr
    cdef int err

    with nogil:
        ptr = mman.mmap(<void *>addr, length, prot, flags, fd, c_offset)
        err = errno
    if ptr == mman.MAP_FAILED:
        raise PyverbsRDMAErrno(f'mmap of {length} bytes failed', err)
    return <uintptr_t>ptr


def munmap(uintptr_t addr, size_t length):
    """Undo mmap()."""
    cdef int ret, err

    with nogil:
        ret = mman.munmap(<void *>addr, length)
        err = errno
    if ret:
        raise PyverbsRDMAErrno(f'munmap of {length} bytes failed', err)


def madvise(uintptr_t addr, size_t length, int flags=mman.MADV_DONTNEED):
    """Tell the kernel how length bytes will be used."""
    cdef int ret, err

    with nogil:
        ret = mman.madvise(<void *>addr, length, flags)
        err = errno
    if ret:
        raise PyverbsRDMAErrno(f'madvise of {length} bytes failed', err)


def malloc(size_t size):
    """Return the address of size bytes, 0 if there are none; free() them."""
    return <uintptr_t>stdlib.malloc(size)


def posix_memalign(size_t size, size_t alignment=8):
    """Return the address of size zeroed bytes at a multiple of alignment.

    free() them.
    """
    cdef void *ptr = NULL
    cdef int ret = c_posix_memalign(&ptr, alignment, size)

    if ret:
        raise PyverbsRDMAErrno(f'posix_memalign of {size} bytes failed', ret)
    memset(ptr, 0, size)
    return <uintptr_t>ptr


def free(uintptr_t ptr):
    """Free what malloc() or posix_memalign() gave."""
    stdlib.free(<void *>ptr)


def write(uintptr_t addr, data, size_t length, size_t offset=0):
    """Copy the first length bytes of data (bytes or str) to addr + offset."""
    cdef const unsigned char[::1] view

    view = data.encode() if isinstance(data, str) else data
    if <size_t>view.shape[0] < length:
        raise PyverbsUserError(f'data has less than {length} bytes')
    if length:
        memcpy(pointer(addr, offset), &view[0], length)


def read(uintptr_t addr, size_t length, size_t offset=0):
    """Return length bytes at addr + offset."""
    return (<char *>pointer(addr, offset))[:length]


# Offsets of these count in numbers, not in bytes.

def read32(uintptr_t addr, size_t offset=0):
    """Return a 32-bit number."""
    return (<uint32_t *>addr)[offset]


def read64(uintptr_t addr, size_t offset=0):
    """Return a 64-bit number."""
    return (<uint64_t *>addr)[offset]


def writebe32(uintptr_t addr, uint32_t val, size_t offset=0):
    """Write a 32-bit number, the highest byte first."""
    (<uint32_t *>addr)[offset] = htobe32(val)


def writebe64(uintptr_t addr, uint64_t val, size_t offset=0):
    """Write a 64-bit number, the highest byte first."""
    (<uint64_t *>addr)[offset] = htobe64(val)
