# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory keys of mlx5 devices that stand for a list of parts of regions."""

cimport cython
from libc.errno cimport errno
from libc.stdlib cimport calloc, free

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.pd cimport PD

from pyverbs.providers.mlx5 import mlx5_enums as dve


@cython.no_gc_clear
cdef class Mlx5Mkey(PyverbsCM):
    """A key of a PD to which requests on a send queue give its memory: see
    Mlx5QP.wr_mr_list() and those next to it.

    create_flags: mlx5dv_mkey_init_attr_flags; INDIRECT has to be among them.
    max_entries: of how many parts at least; the property of this name says of
    how many it can be.
    """

    def __init__(self, PD pd not None, create_flags, max_entries):
        cdef dv.mlx5dv_mkey_init_attr attr
        cdef int err

        check_open(pd.pd, 'PD')
        attr.pd = pd.pd
        attr.create_flags = create_flags
        attr.max_entries = max_entries
        with nogil:
            self.mkey = dv.mlx5dv_create_mkey(&attr)
            err = errno
        check_ptr(self.mkey, err, 'mlx5dv_create_mkey')
        self._max_entries = attr.max_entries
        self.pd = pd
        pd.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.mkey == NULL:
            return
        self.close_children()
        with nogil:
            ret = dv.mlx5dv_destroy_mkey(self.mkey)
        check_status(ret, 'mlx5dv_destroy_mkey')
        self.mkey = NULL
        self.pd = None

    def __dealloc__(self):
        if self.mkey != NULL:
            with nogil:
                dv.mlx5dv_destroy_mkey(self.mkey)

    def mkey_check(self):
        """What was wrong with data that went through the key, as a
        Mlx5MkeyErr; it is forgotten by that.
        """
        cdef dv.mlx5dv_mkey_err err
        cdef int ret

        check_open(self.mkey, 'Mlx5Mkey')
        with nogil:
            ret = dv.mlx5dv_mkey_check(self.mkey, &err)
        check_status(ret, 'mlx5dv_mkey_check')
        if err.err_type == dve.MLX5DV_MKEY_NO_ERR:
            return Mlx5MkeyErr()
        return Mlx5MkeyErr(
            Mlx5SigErr(err.err.sig.actual_value, err.err.sig.expected_value,
                       err.err.sig.offset), err.err_type)

    @property
    def lkey(self):
        check_open(self.mkey, 'Mlx5Mkey')
        return self.mkey.lkey

    @property
    def rkey(self):
        check_open(self.mkey, 'Mlx5Mkey')
        return self.mkey.rkey

    @property
    def max_entries(self):
        return self._max_entries


cdef class Mlx5MrInterleaved(PyverbsObject):
    """A part of a block: bytes_count bytes at addr, and in the next block
    those that come after bytes_skip more.
    """

    def __init__(self, addr, bytes_count, bytes_skip, lkey):
        self.mr_interleaved.addr = addr
        self.mr_interleaved.bytes_count = bytes_count
        self.mr_interleaved.bytes_skip = bytes_skip
        self.mr_interleaved.lkey = lkey


cdef dv.mlx5dv_mr_interleaved *copy_interleaved(parts) except? NULL:
    """An array for who frees it."""
    cdef Mlx5MrInterleaved part
    cdef dv.mlx5dv_mr_interleaved *copy
    cdef size_t i = 0

    copy = <dv.mlx5dv_mr_interleaved *>calloc(len(parts) + 1, sizeof(copy[0]))
    if copy == NULL:
        raise MemoryError('no array of parts')
    try:
        for part in parts:
            copy[i] = part.mr_interleaved
            i += 1
    except BaseException:
        free(copy)
        raise
    return copy


cdef class Mlx5MkeyConfAttr(PyverbsObject):
    """conf_flags: mlx5dv_mkey_conf_flags."""

    def __init__(self, conf_flags=0, comp_mask=0):
        self.attr.conf_flags = conf_flags
        self.attr.comp_mask = comp_mask


cdef class Mlx5SigErr(PyverbsObject):
    """What a signature was, what it had to be, and where."""

    def __init__(self, actual_value=0, expected_value=0, offset=0):
        self.err.actual_value = actual_value
        self.err.expected_value = expected_value
        self.err.offset = offset

    @property
    def actual_value(self):
        return self.err.actual_value

    @property
    def expected_value(self):
        return self.err.expected_value

    @property
    def offset(self):
        return self.err.offset


cdef class Mlx5MkeyErr(PyverbsObject):
    """err_type: a mlx5dv_mkey_err_type; sig_err: more of it."""

    def __init__(self, Mlx5SigErr sig_err=None,
                 err_type=dve.MLX5DV_MKEY_NO_ERR):
        self._sig_err = Mlx5SigErr() if sig_err is None else sig_err
        self._err_type = err_type

    @property
    def err_type(self):
        return self._err_type

    @property
    def sig_err(self):
        return self._sig_err
