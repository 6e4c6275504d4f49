# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of mlx5dv.pyx for requests and completions as the device has them, for
# programs that write and read its queues themselves.


cdef class WqeSeg(PyverbsCM):
    """A part of a request in the device's format, of 16 bytes or a multiple.

    bytes() of it is what the device reads. This is the base of the others.
    """

    @staticmethod
    def sizeof():
        """How many bytes it has."""
        return 0

    def __bytes__(self):
        return b''


cdef class WqeCtrlSeg(WqeSeg):
    """The first part of every request.

    pi counts the blocks of 64 bytes that were posted before; opcode is a
    MLX5_OPCODE_, fm_ce_se are flags (MLX5_WQE_CTRL_); ds is the size of the
    whole request in units of 16 bytes. imm goes in as it is, in network byte
    order; the properties are numbers in the byte order of this machine.
    """
    cdef w.mlx5_wqe_ctrl_seg seg

    def __init__(self, pi=0, opcode=0, opmod=0, qp_num=0, fm_ce_se=0, ds=0,
                 signature=0, imm=0):
        self.set_ctrl_seg(pi, opcode, opmod, qp_num, fm_ce_se, ds, signature,
                          imm)

    def set_ctrl_seg(self, uint16_t pi, uint8_t opcode, uint8_t opmod,
                     uint32_t qp_num, uint8_t fm_ce_se, uint8_t ds,
                     uint8_t signature, uint32_t imm):
        """Set all of it, as the constructor does."""
        w.mlx5dv_set_ctrl_seg(&self.seg, pi, opcode, opmod, qp_num, fm_ce_se,
                              ds, signature, imm)

    @staticmethod
    def sizeof():
        """How many bytes it has."""
        return sizeof(w.mlx5_wqe_ctrl_seg)

    def __bytes__(self):
        return (<char *>&self.seg)[:sizeof(self.seg)]

    @property
    def addr(self):
        """Its address in this object, which has to live as long."""
        return <uintptr_t>&self.seg

    @property
    def opmod_idx_opcode(self):
        return w.be32toh(self.seg.opmod_idx_opcode)

    @opmod_idx_opcode.setter
    def opmod_idx_opcode(self, uint32_t val):
        self.seg.opmod_idx_opcode = w.htobe32(val)

    @property
    def qpn_ds(self):
        return w.be32toh(self.seg.qpn_ds)

    @qpn_ds.setter
    def qpn_ds(self, uint32_t val):
        self.seg.qpn_ds = w.htobe32(val)

    @property
    def signature(self):
        return self.seg.signature

    @signature.setter
    def signature(self, uint8_t val):
        self.seg.signature = val

    @property
    def fm_ce_se(self):
        return self.seg.fm_ce_se

    @fm_ce_se.setter
    def fm_ce_se(self, uint8_t val):
        self.seg.fm_ce_se = val

    @property
    def imm(self):
        return w.be32toh(self.seg.imm)

    @imm.setter
    def imm(self, uint32_t val):
        self.seg.imm = w.htobe32(val)


cdef class WqeDataSeg(WqeSeg):
    """length bytes at addr, of the MR with this lkey."""
    cdef w.mlx5_wqe_data_seg seg

    def __init__(self, length=0, lkey=0, addr=0):
        self.set_data_seg(length, lkey, addr)

    def set_data_seg(self, uint32_t length, uint32_t lkey, uintptr_t addr):
        """Set all of it, as the constructor does."""
        w.mlx5dv_set_data_seg(&self.seg, length, lkey, addr)

    @staticmethod
    def sizeof():
        """How many bytes it has."""
        return sizeof(w.mlx5_wqe_data_seg)

    def __bytes__(self):
        return (<char *>&self.seg)[:sizeof(self.seg)]

    @property
    def byte_count(self):
        """The length."""
        return w.be32toh(self.seg.byte_count)

    @byte_count.setter
    def byte_count(self, uint32_t val):
        self.seg.byte_count = w.htobe32(val)

    @property
    def lkey(self):
        return w.be32toh(self.seg.lkey)

    @lkey.setter
    def lkey(self, uint32_t val):
        self.seg.lkey = w.htobe32(val)

    @property
    def addr(self):
        return w.be64toh(self.seg.addr)

    @addr.setter
    def addr(self, uint64_t val):
        self.seg.addr = w.htobe64(val)


@cython.no_gc_clear
cdef class Wqe(PyverbsCM):
    """A request: its segments, one behind the other.

    Each is a WqeSeg, or bytes or what has __bytes__, in the device's own format.
    They are copied to the memory at addr, which is the caller's and has to be
    long enough, or else to memory of the object's own, whole blocks of 64 bytes
    that go with it.
    """
    cdef object segments
    cdef void *own_buf
    cdef size_t own_size
    cdef void *start

    def __init__(self, segments, addr=None):
        cdef bytes data

        self.segments = list(segments)
        data = b''.join(map(bytes, self.segments))
        if addr is None:
            self._alloc(len(data))
            self.start = self.own_buf
        elif addr:
            self.start = <void *><uintptr_t>addr
        else:
            raise PyverbsUserError('No request is at address 0')
        memcpy(self.start, <const char *>data, len(data))

    def _alloc(self, size_t length):
        cdef size_t block = w.MLX5_SEND_WQE_BB
        cdef size_t size = max(block, (length + block - 1) // block * block)

        if posix_memalign(&self.own_buf, block, size):
            raise MemoryError(f'no {size} bytes for a request')
        memset(self.own_buf, 0, size)
        self.own_size = size

    cdef const uint8_t *whole(self) except NULL:
        """Its bytes: as many as it says itself, the last byte of its first half
        counts them in units of 16."""
        cdef const uint8_t *wqe = <const uint8_t *>self.start

        check_open(self.start, 'Wqe')
        if self.own_buf != NULL and (wqe[7] & 0x3f) * 16u > self.own_size:
            raise PyverbsUserError(
                f'A request of {(wqe[7] & 0x3f) * 16} bytes, but only '
                f'{self.own_size} are there')
        return wqe

    cpdef close(self):
        self.start = NULL
        free(self.own_buf)
        self.own_buf = NULL

    def __dealloc__(self):
        free(self.own_buf)

    def __str__(self):
        return '\n'.join(['Wqe', *(
            str(segment) if isinstance(segment, WqeSeg)
            else bytes(segment).hex(' ', 4) for segment in self.segments)])

    @property
    def address(self):
        """Where the request is."""
        check_open(self.start, 'Wqe')
        return <uintptr_t>self.start


cdef class Mlx5Cqe64(PyverbsObject):
    """The completion of 64 bytes at addr, in memory of the caller's, which has
    to be there as long as the object is used.

    Properties read that memory anew each time; they are numbers in the byte
    order of this machine.
    """
    cdef w.mlx5_cqe64 *cqe

    def __init__(self, uintptr_t addr):
        self.cqe = <w.mlx5_cqe64 *>addr
        self._check()

    def _check(self):
        if self.cqe == NULL:
            raise PyverbsUserError('No completion is at address 0')

    def dump(self):
        """Its bytes as text, sixteen in a line."""
        self._check()
        return ''.join(f'{(<char *>self.cqe)[i:i + 16].hex(" ", 4)}\n'
                       for i in range(0, 64, 16))

    def is_empty(self):
        """Whether all of it is zero."""
        self._check()
        return not any((<char *>self.cqe)[:64])

    @property
    def owner(self):
        """The bit that changes with each round through the queue."""
        self._check()
        return w.mlx5dv_get_cqe_owner(self.cqe)

    @owner.setter
    def owner(self, uint8_t val):
        self._check()
        w.mlx5dv_set_cqe_owner(self.cqe, val)

    @property
    def se(self):
        """Whether the sender asked for a solicited event."""
        self._check()
        return w.mlx5dv_get_cqe_se(self.cqe)

    @property
    def format(self):
        self._check()
        return w.mlx5dv_get_cqe_format(self.cqe)

    @property
    def opcode(self):
        """A MLX5_CQE_."""
        self._check()
        return w.mlx5dv_get_cqe_opcode(self.cqe)

    @property
    def imm_inval_pkey(self):
        self._check()
        return w.be32toh(self.cqe.imm_inval_pkey)

    @property
    def wqe_id(self):
        self._check()
        return w.be16toh(self.cqe.wqe_id)

    @property
    def byte_cnt(self):
        """How many bytes came."""
        self._check()
        return w.be32toh(self.cqe.byte_cnt)

    @property
    def timestamp(self):
        """In ticks of the device's clock."""
        self._check()
        return w.be64toh(self.cqe.timestamp)

    @property
    def wqe_counter(self):
        """Which request it is of: as the pi of its WqeCtrlSeg."""
        self._check()
        return w.be16toh(self.cqe.wqe_counter)

    @property
    def signature(self):
        self._check()
        return self.cqe.signature

    @property
    def op_own(self):
        """owner, se, format and opcode in one byte, from the lowest bit on."""
        self._check()
        return self.cqe.op_own
