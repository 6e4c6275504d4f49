# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of mlx5dv.pyx for queue pairs.


cdef class Mlx5DCIStreamInitAttr(PyverbsObject):
    """Logarithms of how many streams of a DCI there are, and may fail."""

    def __init__(self, log_num_concurent=0, log_num_errored=0):
        self.attr.log_num_concurent = log_num_concurent
        self.attr.log_num_errored = log_num_errored

    @property
    def log_num_concurent(self):
        return self.attr.log_num_concurent

    @log_num_concurent.setter
    def log_num_concurent(self, val):
        self.attr.log_num_concurent = val

    @property
    def log_num_errored(self):
        return self.attr.log_num_errored

    @log_num_errored.setter
    def log_num_errored(self, val):
        self.attr.log_num_errored = val


cdef class Mlx5DVDCInitAttr(PyverbsObject):
    """Which end of dynamic connections a QP is: a DCT, whose key the others
    have to know, or a DCI, maybe of several streams.
    """

    def __init__(self, dc_type=dve.MLX5DV_DCTYPE_DCI, dct_access_key=0,
                 Mlx5DCIStreamInitAttr dci_streams=None):
        self.attr.dc_type = <dv.mlx5dv_dc_type><int>dc_type
        self.attr.dct_access_key = dct_access_key
        if dci_streams is not None:
            self.attr.dci_streams = dci_streams.attr

    @property
    def dc_type(self):
        return self.attr.dc_type

    @dc_type.setter
    def dc_type(self, val):
        self.attr.dc_type = <dv.mlx5dv_dc_type><int>val

    @property
    def dct_access_key(self):
        return self.attr.dct_access_key

    @dct_access_key.setter
    def dct_access_key(self, val):
        self.attr.dct_access_key = val

    @property
    def dci_streams(self):
        return self.attr.dci_streams

    @dci_streams.setter
    def dci_streams(self, Mlx5DCIStreamInitAttr val not None):
        self.attr.dci_streams = val.attr


cdef class Mlx5DVQPInitAttr(PyverbsObject):
    """What a Mlx5QP has more. comp_mask: mlx5dv_qp_init_attr_mask."""

    def __init__(self, comp_mask=0, create_flags=0,
                 Mlx5DVDCInitAttr dc_init_attr=None, send_ops_flags=0):
        self.attr.comp_mask = comp_mask
        self.attr.create_flags = create_flags
        self.attr.send_ops_flags = send_ops_flags
        if dc_init_attr is not None:
            self.attr.dc_init_attr = dc_init_attr.attr

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def create_flags(self):
        """mlx5dv_qp_create_flags."""
        return self.attr.create_flags

    @create_flags.setter
    def create_flags(self, val):
        self.attr.create_flags = val

    @property
    def send_ops_flags(self):
        """mlx5dv_qp_create_send_ops_flags."""
        return self.attr.send_ops_flags

    @send_ops_flags.setter
    def send_ops_flags(self, val):
        self.attr.send_ops_flags = val

    @property
    def dc_type(self):
        return self.attr.dc_init_attr.dc_type

    @dc_type.setter
    def dc_type(self, val):
        self.attr.dc_init_attr.dc_type = <dv.mlx5dv_dc_type><int>val

    @property
    def dct_access_key(self):
        return self.attr.dc_init_attr.dct_access_key

    @dct_access_key.setter
    def dct_access_key(self, val):
        self.attr.dc_init_attr.dct_access_key = val

    @property
    def dci_streams(self):
        return self.attr.dc_init_attr.dci_streams

    @dci_streams.setter
    def dci_streams(self, Mlx5DCIStreamInitAttr val not None):
        self.attr.dc_init_attr.dci_streams = val.attr


@cython.no_gc_clear
cdef class Mlx5QP(QPEx):
    """A QPEx of which a Mlx5DVQPInitAttr says more.

    Without send_ops_flags in init_attr, as a DCT has none, the calls that make
    requests refuse.
    """

    def __init__(self, Context context not None, QPInitAttrEx init_attr not None,
                 Mlx5DVQPInitAttr dv_init_attr not None):
        self.dv_attr = dv_init_attr
        super().__init__(context, init_attr)

    cdef v.ibv_qp *create_ex(self, v.ibv_context *context,
                             v.ibv_qp_init_attr_ex *attr) except NULL:
        cdef v.ibv_qp *qp
        cdef int err

        with nogil:
            qp = dv.mlx5dv_create_qp(context, attr, &self.dv_attr.attr)
            err = errno
        check_ptr(qp, err, 'mlx5dv_create_qp')
        return qp

    cdef bint needs_ops(self):
        return False

    cdef dv.mlx5dv_qp_ex *extended(self) except NULL:
        """The QP, within a batch."""
        cdef dv.mlx5dv_qp_ex *qp
        cdef int err

        qp = dv.mlx5dv_qp_ex_from_ibv_qp_ex(self.batch())
        err = errno
        check_ptr(qp, err, 'mlx5dv_qp_ex_from_ibv_qp_ex')
        return qp

    @staticmethod
    def modify_udp_sport(QP qp not None, uint16_t udp_sport):
        """The UDP port that packets of an RC or UC QP in RTS come from."""
        cdef int ret

        check_open(qp.qp, 'QP')
        with nogil:
            ret = dv.mlx5dv_modify_qp_udp_sport(qp.qp, udp_sport)
        check_status(ret, 'mlx5dv_modify_qp_udp_sport')

    @staticmethod
    def query_lag_port(QP qp not None):
        """Return the port of a bond that a QP wants to send by, and the one that
        sends for it now, both from 1."""
        cdef uint8_t wanted = 0, active = 0
        cdef int ret

        check_open(qp.qp, 'QP')
        with nogil:
            ret = dv.mlx5dv_query_qp_lag_port(qp.qp, &wanted, &active)
        check_status(ret, 'mlx5dv_query_qp_lag_port')
        return wanted, active

    @staticmethod
    def modify_lag_port(QP qp not None, uint8_t port_num):
        """Choose the port of a bond that a QP in RTS wants to send by."""
        cdef int ret

        check_open(qp.qp, 'QP')
        with nogil:
            ret = dv.mlx5dv_modify_qp_lag_port(qp.qp, port_num)
        check_status(ret, 'mlx5dv_modify_qp_lag_port')

    @staticmethod
    def modify_dci_stream_channel_id(QP qp not None, uint16_t stream_id):
        """Reset a stream of a DCI in RTS that has failed, so that its requests
        are carried out again."""
        cdef int ret

        check_open(qp.qp, 'QP')
        with nogil:
            ret = dv.mlx5dv_dci_stream_id_reset(qp.qp, stream_id)
        check_status(ret, 'mlx5dv_dci_stream_id_reset')

    def wr_set_dc_addr(self, AH ah not None, uint32_t remote_dctn,
                       uint64_t remote_dc_key):
        """Send the last request to a DCT, which has this key."""
        check_open(ah.ah, 'AH')
        dv.mlx5dv_wr_set_dc_addr(self.extended(), ah.ah, remote_dctn,
                                 remote_dc_key)

    def wr_set_dc_addr_stream(self, AH ah not None, uint32_t remote_dctn,
                              uint64_t remote_dc_key, uint16_t stream_id):
        """Likewise, in a stream of the DCI."""
        check_open(ah.ah, 'AH')
        dv.mlx5dv_wr_set_dc_addr_stream(self.extended(), ah.ah, remote_dctn,
                                        remote_dc_key, stream_id)

    # Requests that say what a key stands for. IBV_SEND_INLINE has to be among
    # the flags.

    def wr_mr_list(self, Mlx5Mkey mkey not None, uint32_t access_flags,
                   sge_list):
        """The key stands for these SGEs, one after the other from address 0."""
        cdef v.ibv_sge *sges = copy_sges(sge_list, len(sge_list))

        try:
            check_open(mkey.mkey, 'Mlx5Mkey')
            dv.mlx5dv_wr_mr_list(self.extended(), mkey.mkey, access_flags,
                                 len(sge_list), sges)
        finally:
            free(sges)

    def wr_mr_interleaved(self, Mlx5Mkey mkey not None, uint32_t access_flags,
                          uint32_t repeat_count, mr_interleaved_lst):
        """The key stands for a block of these Mlx5MrInterleaved, so many times."""
        cdef dv.mlx5dv_mr_interleaved *parts = \
            copy_interleaved(mr_interleaved_lst)

        try:
            check_open(mkey.mkey, 'Mlx5Mkey')
            dv.mlx5dv_wr_mr_interleaved(self.extended(), mkey.mkey,
                                        access_flags, repeat_count,
                                        len(mr_interleaved_lst), parts)
        finally:
            free(parts)

    def wr_mkey_configure(self, Mlx5Mkey mkey not None, uint8_t num_setters,
                          Mlx5MkeyConfAttr mkey_config not None):
        """Change what the calls after this one, num_setters of them, say."""
        check_open(mkey.mkey, 'Mlx5Mkey')
        dv.mlx5dv_wr_mkey_configure(self.extended(), mkey.mkey, num_setters,
                                    &mkey_config.attr)

    def wr_set_mkey_access_flags(self, uint32_t access_flags):
        """The rights that the key gives: of ibv_access_flags local writing, and
        remote reading, writing and atomics."""
        dv.mlx5dv_wr_set_mkey_access_flags(self.extended(), access_flags)

    def wr_set_mkey_layout_list(self, sge_list):
        """As wr_mr_list()."""
        cdef v.ibv_sge *sges = copy_sges(sge_list, len(sge_list))

        try:
            dv.mlx5dv_wr_set_mkey_layout_list(self.extended(), len(sge_list),
                                              sges)
        finally:
            free(sges)

    def wr_set_mkey_layout_interleaved(self, uint32_t repeat_count,
                                       mr_interleaved_lst):
        """As wr_mr_interleaved()."""
        cdef dv.mlx5dv_mr_interleaved *parts = \
            copy_interleaved(mr_interleaved_lst)

        try:
            dv.mlx5dv_wr_set_mkey_layout_interleaved(
                self.extended(), repeat_count, len(mr_interleaved_lst), parts)
        finally:
            free(parts)

    def wr_raw_wqe(self, Wqe wqe not None):
        """A request of one's own making, of as many bytes as its control segment
        says; which one of the queue it is gets filled in. It is copied."""
        dv.mlx5dv_wr_raw_wqe(self.extended(), wqe.whole())
