# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Work requests and their scatter/gather elements."""

cimport cython
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from pyverbs.addr cimport AH
from pyverbs.base cimport check_open
from pyverbs.mr cimport MW, MWBindInfo

from pyverbs import enums as e
from pyverbs.base import inc_rkey
from pyverbs.names import send_flags_to_str
from pyverbs.pyverbs_error import PyverbsUserError


cdef v.ibv_sge *copy_sges(sges, num_sge) except? NULL:
    """An array of num_sge elements, NULL for none; the caller frees it."""
    cdef v.ibv_sge *array
    cdef SGE sge

    sges = list(sges or ())
    if not 0 <= num_sge <= len(sges):
        raise PyverbsUserError(f'num_sge {num_sge}, but {len(sges)} SGEs')
    if num_sge == 0:
        return NULL
    array = <v.ibv_sge *>calloc(num_sge, sizeof(v.ibv_sge))
    if array == NULL:
        raise MemoryError()
    try:
        for i in range(num_sge):
            sge = sges[i]
            array[i] = sge.sge
    except BaseException:
        free(array)
        raise
    return array


cdef sges_of(v.ibv_sge *array, int num_sge):
    return [SGE(array[i].addr, array[i].length, array[i].lkey)
            for i in range(num_sge)]


@cython.no_gc_clear
cdef class SGE(PyverbsCM):
    """length bytes from addr on, of the MR with this lkey."""

    def __init__(self, addr, length, lkey):
        self.addr = addr
        self.length = length
        self.lkey = lkey

    def __str__(self):
        return f'SGE addr {self.addr:#x} length {self.length} lkey {self.lkey:#x}'

    def read(self, length, offset):
        """Return length bytes at offset.

        Of whatever is at this address here: only for memory of this process.
        """
        cdef size_t first = offset
        cdef size_t count = length

        if count > self.sge.length or first > self.sge.length - count:
            raise PyverbsUserError(f'{length} bytes at {offset} are not within '
                                   f'the {self.length} of the SGE')
        return (<char *><uintptr_t>self.sge.addr)[first:first + count]

    @property
    def addr(self):
        return self.sge.addr

    @addr.setter
    def addr(self, val):
        self.sge.addr = val

    @property
    def length(self):
        return self.sge.length

    @length.setter
    def length(self, val):
        self.sge.length = val

    @property
    def lkey(self):
        return self.sge.lkey

    @lkey.setter
    def lkey(self, val):
        self.sge.lkey = val


@cython.no_gc_clear
cdef class RecvWR(PyverbsCM):
    """A receive into the first num_sge of the SGEs in sg, which are copied."""

    def __init__(self, wr_id=0, num_sge=0, sg=None, RecvWR next_wr=None):
        memset(&self.recv_wr, 0, sizeof(self.recv_wr))
        self.recv_wr.wr_id = wr_id
        self.recv_wr.sg_list = copy_sges(sg, num_sge)
        self.recv_wr.num_sge = num_sge
        self.next_wr = next_wr

    def __dealloc__(self):
        free(self.recv_wr.sg_list)

    @property
    def next_wr(self):
        """The RecvWR posted after it, or None."""
        return self.following

    @next_wr.setter
    def next_wr(self, RecvWR val):
        self.following = val
        self.recv_wr.next = NULL if val is None else &val.recv_wr

    @property
    def num_sge(self):
        return self.recv_wr.num_sge

    @property
    def sg_list(self):
        """The SGEs, as copies."""
        return sges_of(self.recv_wr.sg_list, self.recv_wr.num_sge)

    @property
    def wr_id(self):
        return self.recv_wr.wr_id

    @wr_id.setter
    def wr_id(self, val):
        self.recv_wr.wr_id = val


@cython.no_gc_clear
cdef class SendWR(PyverbsCM):
    """A send, RDMA or atomic request over the first num_sge SGEs in sg.

    The SGEs are copied. imm_data is in network byte order. What an opcode
    needs besides comes with set_wr_rdma(), set_wr_atomic() or set_wr_ud().
    """

    def __init__(self, wr_id=0, opcode=e.IBV_WR_SEND, num_sge=0, imm_data=0,
                 sg=None, send_flags=e.IBV_SEND_SIGNALED,
                 SendWR next_wr=None):
        memset(&self.send_wr, 0, sizeof(self.send_wr))
        self.send_wr.wr_id = wr_id
        self.send_wr.opcode = opcode
        self.send_wr.sg_list = copy_sges(sg, num_sge)
        self.send_wr.num_sge = num_sge
        self.send_wr.imm_data = imm_data
        self.send_wr.send_flags = send_flags
        self.next_wr = next_wr

    def __dealloc__(self):
        free(self.send_wr.sg_list)

    def set_wr_rdma(self, rkey, addr):
        """The remote side of an RDMA read or write."""
        self.send_wr.wr.rdma.rkey = rkey
        self.send_wr.wr.rdma.remote_addr = addr

    def set_wr_atomic(self, rkey, addr, compare_add, swap=0):
        """The remote 8 bytes and the operands of an atomic."""
        self.send_wr.wr.atomic.rkey = rkey
        self.send_wr.wr.atomic.remote_addr = addr
        self.send_wr.wr.atomic.compare_add = compare_add
        self.send_wr.wr.atomic.swap = swap

    def set_wr_ud(self, AH ah not None, rqpn, rqkey):
        """The receiver of a UD message; the request keeps the AH alive."""
        check_open(ah.ah, 'AH')
        self.ah = ah
        self.send_wr.wr.ud.ah = ah.ah
        self.send_wr.wr.ud.remote_qpn = rqpn
        self.send_wr.wr.ud.remote_qkey = rqkey

    def set_qp_type_xrc(self, remote_srqn):
        """The SRQ, by its number, that an XRC message is for."""
        self.send_wr.qp_type.xrc.remote_srqn = remote_srqn

    def set_bind_wr(self, MW mw not None, MWBindInfo bind_info not None,
                    rkey=None):
        """The window of type 2 to bind, and to what.

        Its key becomes rkey, by default the one that follows. The request
        keeps both alive.
        """
        cdef m.bind_send_wr *bind = <m.bind_send_wr *>&self.send_wr

        check_open(mw.mw, 'MW')
        bind.bind_mw.mw = mw.mw
        bind.bind_mw.rkey = inc_rkey(mw.mw.rkey) if rkey is None else rkey
        bind.bind_mw.bind_info = bind_info.info
        self.bound = (mw, bind_info)

    @property
    def next_wr(self):
        """The SendWR posted after it, or None."""
        return self.following

    @next_wr.setter
    def next_wr(self, SendWR val):
        self.following = val
        self.send_wr.next = NULL if val is None else &val.send_wr

    @property
    def num_sge(self):
        return self.send_wr.num_sge

    @property
    def sg_list(self):
        """The SGEs, as copies; setting it to one SGE replaces them."""
        return sges_of(self.send_wr.sg_list, self.send_wr.num_sge)

    @sg_list.setter
    def sg_list(self, SGE val not None):
        cdef v.ibv_sge *sges = copy_sges([val], 1)

        free(self.send_wr.sg_list)
        self.send_wr.sg_list = sges
        self.send_wr.num_sge = 1

    @property
    def rkey(self):
        """The key of the remote memory, of an RDMA request."""
        return self.send_wr.wr.rdma.rkey

    @property
    def rdma_rkey(self):
        """Likewise, by its longer name."""
        return self.send_wr.wr.rdma.rkey

    @property
    def rdma_remote_addr(self):
        """The address of the remote memory, of an RDMA request."""
        return self.send_wr.wr.rdma.remote_addr

    @property
    def opcode(self):
        return e.ibv_wr_opcode(self.send_wr.opcode)

    @opcode.setter
    def opcode(self, val):
        self.send_wr.opcode = val

    @property
    def wr_id(self):
        return self.send_wr.wr_id

    @wr_id.setter
    def wr_id(self, val):
        self.send_wr.wr_id = val

    @property
    def send_flags(self):
        return self.send_wr.send_flags

    @send_flags.setter
    def send_flags(self, val):
        self.send_wr.send_flags = val

    @property
    def imm_data(self):
        return self.send_wr.imm_data

    @imm_data.setter
    def imm_data(self, val):
        self.send_wr.imm_data = val
