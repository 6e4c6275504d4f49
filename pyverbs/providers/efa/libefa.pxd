# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from pyverbs.libibverbs cimport (ibv_ah, ibv_context, ibv_cq_ex,
                                 ibv_cq_init_attr_ex, ibv_gid, ibv_mr, ibv_pd,
                                 ibv_qp, ibv_qp_ex, ibv_qp_init_attr,
                                 ibv_qp_init_attr_ex)
from pyverbs.verbs_memory cimport ibv_comp_cntr, ibv_comp_cntr_init_attr


cdef extern from '<infiniband/efadv.h>' nogil:
    enum:
        EFADV_COMP_CNTR_INIT_WITH_COMP_EXTERNAL_MEM
        EFADV_COMP_CNTR_INIT_WITH_ERR_EXTERNAL_MEM
        EFADV_MEMORY_LOCATION_VA
        EFADV_QP_DRIVER_TYPE_SRD
        EFADV_WC_EX_WITH_IS_UNSOLICITED
        EFADV_WC_EX_WITH_SGID

    cdef struct efadv_device_attr:
        uint64_t comp_mask
        uint32_t max_sq_wr
        uint32_t max_rq_wr
        uint16_t max_sq_sge
        uint16_t max_rq_sge
        uint16_t inline_buf_size
        uint16_t inline_buf_size_ex
        uint32_t device_caps
        uint32_t max_rdma_size

    cdef struct efadv_sq_depth_attr:
        uint64_t comp_mask
        uint32_t flags
        uint32_t max_send_sge
        uint32_t max_rdma_sge
        uint32_t max_inline_data

    cdef struct efadv_rq_depth_attr:
        uint64_t comp_mask
        uint32_t max_recv_sge

    cdef struct efadv_ah_attr:
        uint64_t comp_mask
        uint16_t ahn

    cdef struct efadv_qp_init_attr:
        uint64_t comp_mask
        uint32_t driver_qp_type
        uint16_t flags
        uint8_t sl
        uint64_t wr_flags

    cdef struct efadv_qp:
        uint64_t comp_mask

    cdef struct efadv_cq_init_attr:
        uint64_t comp_mask
        uint64_t wc_flags

    cdef struct efadv_cq:
        uint64_t comp_mask

    cdef struct efadv_mr_attr:
        uint64_t comp_mask
        uint16_t ic_id_validity
        uint16_t recv_ic_id
        uint16_t rdma_read_ic_id
        uint16_t rdma_recv_ic_id

    cdef struct efadv_memory_location:
        uint8_t *ptr
        uint8_t type

    cdef struct efadv_comp_cntr_init_attr:
        uint64_t comp_mask
        uint32_t flags
        efadv_memory_location comp_cntr_ext_mem
        efadv_memory_location err_cntr_ext_mem

    int efadv_query_device(ibv_context *ibvctx, efadv_device_attr *attr,
                           uint32_t inlen)
    int efadv_get_max_sq_depth(ibv_context *ibvctx, efadv_sq_depth_attr *attr,
                               uint32_t inlen)
    int efadv_get_max_rq_depth(ibv_context *ibvctx, efadv_rq_depth_attr *attr,
                               uint32_t inlen)
    int efadv_query_ah(ibv_ah *ibvah, efadv_ah_attr *attr, uint32_t inlen)
    ibv_qp *efadv_create_driver_qp(ibv_pd *ibvpd, ibv_qp_init_attr *attr,
                                   uint32_t driver_qp_type)
    ibv_qp *efadv_create_qp_ex(ibv_context *ibvctx,
                               ibv_qp_init_attr_ex *attr_ex,
                               efadv_qp_init_attr *efa_attr, uint32_t inlen)
    efadv_qp *efadv_qp_from_ibv_qp_ex(ibv_qp_ex *ibvqpx)
    void efadv_wr_set_processing_hints(efadv_qp *qp, uint32_t hints)
    ibv_cq_ex *efadv_create_cq(ibv_context *ibvctx,
                               ibv_cq_init_attr_ex *attr_ex,
                               efadv_cq_init_attr *efa_attr, uint32_t inlen)
    efadv_cq *efadv_cq_from_ibv_cq_ex(ibv_cq_ex *ibvcqx)
    int efadv_wc_read_sgid(efadv_cq *cq, ibv_gid *sgid)
    bint efadv_wc_is_unsolicited(efadv_cq *cq)
    int efadv_query_mr(ibv_mr *ibvmr, efadv_mr_attr *attr, uint32_t inlen)
    ibv_comp_cntr *efadv_create_comp_cntr(ibv_context *ibvctx,
                                          ibv_comp_cntr_init_attr *attr,
                                          efadv_comp_cntr_init_attr *efa_attr,
                                          uint32_t inlen)
