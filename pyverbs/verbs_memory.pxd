# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from pyverbs.libibverbs cimport (ibv_context, ibv_mr, ibv_pd, ibv_qp, ibv_qp_ex,
                                 ibv_sge, ibv_wr_opcode)


cdef extern from '<infiniband/verbs.h>' nogil:

    enum ibv_mw_type:
        pass
    enum ibv_advise_mr_advice:
        pass

    void *IBV_ALLOCATOR_USE_DEFAULT

    enum:
        IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS
        IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT

    cdef struct ibv_td_init_attr:
        uint32_t comp_mask

    cdef struct ibv_td:
        pass

    cdef struct ibv_parent_domain_init_attr:
        ibv_pd *pd
        ibv_td *td
        uint32_t comp_mask
        void *(*alloc)(ibv_pd *pd, void *pd_context, size_t size,
                       size_t alignment, uint64_t resource_type)
        void (*free)(ibv_pd *pd, void *pd_context, void *ptr,
                     uint64_t resource_type)
        void *pd_context

    cdef struct ibv_mw_bind_info:
        ibv_mr *mr
        uint64_t addr
        uint64_t length
        unsigned int mw_access_flags

    cdef struct ibv_mw:
        uint32_t rkey
        uint32_t handle
        ibv_mw_type type

    cdef struct ibv_mw_bind:
        uint64_t wr_id
        unsigned int send_flags
        ibv_mw_bind_info bind_info

    # A send request, seen as far as it binds a window.
    cdef struct wr_bind_mw "ibv_send_wr::bind_mw":
        ibv_mw *mw
        uint32_t rkey
        ibv_mw_bind_info bind_info

    cdef struct bind_send_wr "ibv_send_wr":
        wr_bind_mw bind_mw

    cdef struct ibv_ece:
        uint32_t vendor_id
        uint32_t options
        uint32_t comp_mask

    cdef struct ibv_dmah_init_attr:
        uint32_t comp_mask
        uint32_t cpu_id
        uint8_t ph
        uint8_t tph_mem_type

    cdef struct ibv_dmah:
        pass

    cdef struct ibv_buf:
        pass

    enum:
        IBV_REG_MR_MASK_IOVA
        IBV_REG_MR_MASK_ADDR
        IBV_REG_MR_MASK_FD
        IBV_REG_MR_MASK_FD_OFFSET
        IBV_REG_MR_MASK_DMAH
        IBV_REG_MR_MASK_BUF

    cdef struct ibv_mr_init_attr:
        size_t length
        int access
        uint64_t comp_mask
        uint64_t iova
        void *addr
        int fd
        uint64_t fd_offset
        ibv_dmah *dmah
        ibv_buf *buf

    enum ibv_comp_cntr_type:
        pass

    cdef struct ibv_comp_cntr_caps:
        uint64_t max_value
        uint32_t max_counters
        uint32_t supported_qp_attach_ops

    cdef struct ibv_comp_cntr:
        uint32_t handle

    cdef struct ibv_comp_cntr_init_attr:
        uint32_t comp_mask
        ibv_comp_cntr_type type
        uint32_t flags

    cdef struct ibv_qp_attach_comp_cntr_attr:
        uint32_t comp_mask
        uint32_t op_mask

    cdef struct ibv_alloc_dm_attr:
        size_t length
        uint32_t log_align_req
        uint32_t comp_mask

    cdef struct ibv_dm:
        uint32_t handle

    ibv_context *ibv_import_device(int cmd_fd)
    ibv_pd *ibv_import_pd(ibv_context *context, uint32_t pd_handle)
    void ibv_unimport_pd(ibv_pd *pd)
    ibv_mr *ibv_import_mr(ibv_pd *pd, uint32_t mr_handle)
    void ibv_unimport_mr(ibv_mr *mr)
    ibv_dm *ibv_import_dm(ibv_context *context, uint32_t dm_handle)
    void ibv_unimport_dm(ibv_dm *dm)

    ibv_td *ibv_alloc_td(ibv_context *context, ibv_td_init_attr *attr)
    int ibv_dealloc_td(ibv_td *td)
    ibv_pd *ibv_alloc_parent_domain(ibv_context *context,
                                    ibv_parent_domain_init_attr *attr)

    int ibv_rereg_mr(ibv_mr *mr, int flags, ibv_pd *pd, void *addr,
                     size_t length, int access)
    ibv_mr *ibv_alloc_null_mr(ibv_pd *pd)
    int ibv_advise_mr(ibv_pd *pd, ibv_advise_mr_advice advice, uint32_t flags,
                      ibv_sge *sg_list, uint32_t num_sge)

    ibv_mw *ibv_alloc_mw(ibv_pd *pd, ibv_mw_type type)
    int ibv_dealloc_mw(ibv_mw *mw)
    int ibv_bind_mw(ibv_qp *qp, ibv_mw *mw, ibv_mw_bind *bind)
    uint32_t ibv_inc_rkey(uint32_t rkey)
    void ibv_wr_bind_mw(ibv_qp_ex *qp, ibv_mw *mw, uint32_t rkey,
                        const ibv_mw_bind_info *info)

    ibv_dm *ibv_alloc_dm(ibv_context *context, ibv_alloc_dm_attr *attr)
    int ibv_free_dm(ibv_dm *dm)
    int ibv_memcpy_to_dm(ibv_dm *dm, uint64_t dm_offset, const void *host_addr,
                         size_t length)
    int ibv_memcpy_from_dm(void *host_addr, ibv_dm *dm, uint64_t dm_offset,
                           size_t length)
    ibv_mr *ibv_reg_dm_mr(ibv_pd *pd, ibv_dm *dm, uint64_t dm_offset,
                          size_t length, unsigned int access)

    int ibv_query_ece(ibv_qp *qp, ibv_ece *ece)
    int ibv_set_ece(ibv_qp *qp, ibv_ece *ece)
    int ibv_query_qp_data_in_order(ibv_qp *qp, ibv_wr_opcode op,
                                   uint32_t flags)

    ibv_dmah *ibv_alloc_dmah(ibv_context *context, ibv_dmah_init_attr *attr)
    int ibv_dealloc_dmah(ibv_dmah *dmah)
    ibv_mr *ibv_reg_mr_ex(ibv_pd *pd, ibv_mr_init_attr *attr)
    void *ibv_alloc_buf(ibv_pd *pd, size_t size, ibv_buf **buf)
    void ibv_free_buf(ibv_buf *buf)
    ibv_mr *ibv_reg_buf_mr(ibv_pd *pd, ibv_buf *buf, void *addr,
                           size_t length, int access)
    int ibv_export_buf_dmabuf_fd(ibv_buf *buf)
    int ibv_dm_export_dmabuf_fd(ibv_dm *dm)
    int ibv_query_port_speed(ibv_context *context, uint32_t port_num,
                             uint64_t *port_speed)

    int ibv_query_comp_cntr_caps(ibv_context *context,
                                 ibv_comp_cntr_caps *caps)
    ibv_comp_cntr *ibv_create_comp_cntr(ibv_context *context,
                                        ibv_comp_cntr_init_attr *attr)
    int ibv_destroy_comp_cntr(ibv_comp_cntr *cntr)
    int ibv_set_comp_cntr(ibv_comp_cntr *cntr, uint64_t value)
    int ibv_set_err_comp_cntr(ibv_comp_cntr *cntr, uint64_t value)
    int ibv_inc_comp_cntr(ibv_comp_cntr *cntr, uint64_t amount)
    int ibv_inc_err_comp_cntr(ibv_comp_cntr *cntr, uint64_t amount)
    int ibv_read_comp_cntr(ibv_comp_cntr *cntr, uint64_t *value)
    int ibv_read_err_comp_cntr(ibv_comp_cntr *cntr, uint64_t *value)
    int ibv_qp_attach_comp_cntr(ibv_qp *qp, ibv_comp_cntr *cntr,
                                ibv_qp_attach_comp_cntr_attr *attr)
