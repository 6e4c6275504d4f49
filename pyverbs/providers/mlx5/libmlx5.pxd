# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from posix.types cimport off_t

from pyverbs.libibverbs cimport (ibv_ah, ibv_context, ibv_cq, ibv_cq_ex,
                                 ibv_cq_init_attr_ex, ibv_device, ibv_mr, ibv_pd,
                                 ibv_qp, ibv_qp_ex, ibv_qp_init_attr_ex, ibv_sge,
                                 ibv_srq)


cdef extern from '<infiniband/mlx5dv.h>' nogil:

    cdef struct mlx5dv_context_attr:
        uint32_t flags
        uint64_t comp_mask

    cdef struct mlx5dv_cqe_comp_caps:
        uint32_t max_num
        uint32_t supported_format

    cdef struct mlx5dv_sw_parsing_caps:
        uint32_t sw_parsing_offloads
        uint32_t supported_qpts

    cdef struct mlx5dv_striding_rq_caps:
        uint32_t min_single_stride_log_num_of_bytes
        uint32_t max_single_stride_log_num_of_bytes
        uint32_t min_single_wqe_log_num_of_strides
        uint32_t max_single_wqe_log_num_of_strides
        uint32_t supported_qpts

    cdef struct mlx5dv_dci_streams_caps:
        uint8_t max_log_num_concurent
        uint8_t max_log_num_errored

    cdef struct mlx5dv_crypto_caps:
        uint16_t failed_selftests
        uint8_t crypto_engines
        uint8_t wrapped_import_method
        uint8_t log_max_num_deks
        uint32_t flags

    cdef struct mlx5dv_ooo_recv_wrs_caps:
        uint32_t max_rc
        uint32_t max_xrc
        uint32_t max_dct
        uint32_t max_ud
        uint32_t max_uc

    cdef struct mlx5dv_context:
        uint8_t version
        uint64_t flags
        uint64_t comp_mask
        mlx5dv_cqe_comp_caps cqe_comp_caps
        mlx5dv_sw_parsing_caps sw_parsing_caps
        mlx5dv_striding_rq_caps striding_rq_caps
        uint32_t tunnel_offloads_caps
        uint32_t max_dynamic_bfregs
        uint64_t max_clock_info_update_nsec
        uint32_t flow_action_flags
        uint32_t dc_odp_caps
        uint8_t num_lag_ports
        mlx5dv_dci_streams_caps dci_streams_caps
        size_t max_wr_memcpy_length
        mlx5dv_crypto_caps crypto_caps
        uint64_t max_dc_rd_atom
        uint64_t max_dc_init_rd_atom
        mlx5dv_ooo_recv_wrs_caps ooo_recv_wrs_caps

    cdef struct port_reg "mlx5dv_reg":
        uint32_t value
        uint32_t mask

    cdef struct mlx5dv_port:
        uint64_t flags
        uint16_t vport
        uint16_t vport_vhca_id
        uint16_t esw_owner_vhca_id
        uint64_t vport_steering_icm_rx
        uint64_t vport_steering_icm_tx
        port_reg reg_c0

    cdef struct mlx5dv_clock_info:
        pass

    cdef struct mlx5dv_cq_init_attr:
        uint64_t comp_mask
        uint8_t cqe_comp_res_format
        uint32_t flags
        uint16_t cqe_size

    enum mlx5dv_dc_type:
        pass

    cdef struct mlx5dv_dci_streams:
        uint8_t log_num_concurent
        uint8_t log_num_errored

    cdef struct mlx5dv_dc_init_attr:
        mlx5dv_dc_type dc_type
        uint64_t dct_access_key
        mlx5dv_dci_streams dci_streams

    cdef struct mlx5dv_qp_init_attr:
        uint64_t comp_mask
        uint32_t create_flags
        mlx5dv_dc_init_attr dc_init_attr
        uint64_t send_ops_flags

    cdef struct mlx5dv_qp_ex:
        uint64_t comp_mask

    cdef struct mlx5dv_mkey_init_attr:
        ibv_pd *pd
        uint32_t create_flags
        uint16_t max_entries

    cdef struct mlx5dv_mkey:
        uint32_t lkey
        uint32_t rkey

    cdef struct mlx5dv_mr_interleaved:
        uint64_t addr
        uint32_t bytes_count
        uint32_t bytes_skip
        uint32_t lkey

    cdef struct mlx5dv_mkey_conf_attr:
        uint32_t conf_flags
        uint64_t comp_mask

    cdef struct mlx5dv_sig_err:
        uint64_t actual_value
        uint64_t expected_value
        uint64_t offset

    cdef union mkey_err_details:
        mlx5dv_sig_err sig

    cdef struct mlx5dv_mkey_err:
        int err_type
        mkey_err_details err

    cdef struct dv_qp "mlx5dv_qp":
        uint64_t comp_mask
        off_t uar_mmap_offset
        uint32_t tirn
        uint32_t tisn
        uint32_t rqn
        uint32_t sqn

    cdef struct dv_cq "mlx5dv_cq":
        void *buf
        void *dbrec
        uint32_t cqe_cnt
        uint32_t cqe_size
        void *cq_uar
        uint32_t cqn
        uint64_t comp_mask

    cdef struct dv_srq "mlx5dv_srq":
        void *buf
        void *dbrec
        uint32_t stride
        uint32_t head
        uint32_t tail
        uint64_t comp_mask
        uint32_t srqn

    cdef struct dv_pd "mlx5dv_pd":
        uint32_t pdn
        uint64_t comp_mask

    cdef struct mlx5dv_devx_obj:
        pass

    cdef struct mlx5dv_devx_umem:
        uint32_t umem_id

    enum:
        MLX5DV_UMEM_MASK_DMABUF

    cdef struct mlx5dv_devx_umem_in:
        void *addr
        size_t size
        uint32_t access
        uint64_t pgsz_bitmap
        uint64_t comp_mask
        int dmabuf_fd

    cdef struct mlx5dv_devx_uar:
        void *reg_addr
        void *base_addr
        uint32_t page_id
        off_t mmap_off
        uint64_t comp_mask

    bint mlx5dv_is_supported(ibv_device *device)
    ibv_context *mlx5dv_open_device(ibv_device *device,
                                    mlx5dv_context_attr *attr)
    int mlx5dv_query_device(ibv_context *context, mlx5dv_context *attrs)
    int mlx5dv_query_port(ibv_context *context, uint32_t port_num,
                          mlx5dv_port *info)
    int mlx5dv_get_clock_info(ibv_context *context, mlx5dv_clock_info *info)
    uint64_t mlx5dv_ts_to_ns(mlx5dv_clock_info *info, uint64_t timestamp)
    int mlx5dv_get_data_direct_sysfs_path(ibv_context *context, char *buf,
                                          size_t len)
    ibv_cq_ex *mlx5dv_create_cq(ibv_context *context,
                                ibv_cq_init_attr_ex *cq_attr,
                                mlx5dv_cq_init_attr *mlx5_cq_attr)
    ibv_qp *mlx5dv_create_qp(ibv_context *context,
                             ibv_qp_init_attr_ex *qp_attr,
                             mlx5dv_qp_init_attr *mlx5_qp_attr)
    mlx5dv_qp_ex *mlx5dv_qp_ex_from_ibv_qp_ex(ibv_qp_ex *qp)
    void mlx5dv_wr_set_dc_addr(mlx5dv_qp_ex *qp, ibv_ah *ah,
                               uint32_t remote_dctn, uint64_t remote_dc_key)
    void mlx5dv_wr_set_dc_addr_stream(mlx5dv_qp_ex *qp, ibv_ah *ah,
                                      uint32_t remote_dctn,
                                      uint64_t remote_dc_key,
                                      uint16_t stream_id)
    int mlx5dv_modify_qp_udp_sport(ibv_qp *qp, uint16_t udp_sport)
    int mlx5dv_query_qp_lag_port(ibv_qp *qp, uint8_t *port_num,
                                 uint8_t *active_port_num)
    int mlx5dv_modify_qp_lag_port(ibv_qp *qp, uint8_t port_num)
    int mlx5dv_dci_stream_id_reset(ibv_qp *qp, uint16_t stream_id)
    mlx5dv_mkey *mlx5dv_create_mkey(mlx5dv_mkey_init_attr *attr)
    int mlx5dv_destroy_mkey(mlx5dv_mkey *mkey)
    int mlx5dv_mkey_check(mlx5dv_mkey *mkey, mlx5dv_mkey_err *err_info)
    void mlx5dv_wr_mr_list(mlx5dv_qp_ex *qp, mlx5dv_mkey *mkey,
                           uint32_t access_flags, uint16_t num_sges,
                           ibv_sge *sge)
    void mlx5dv_wr_mr_interleaved(mlx5dv_qp_ex *qp, mlx5dv_mkey *mkey,
                                  uint32_t access_flags, uint32_t repeat_count,
                                  uint16_t num_interleaved,
                                  mlx5dv_mr_interleaved *data)
    void mlx5dv_wr_mkey_configure(mlx5dv_qp_ex *qp, mlx5dv_mkey *mkey,
                                  uint8_t num_setters,
                                  mlx5dv_mkey_conf_attr *attr)
    void mlx5dv_wr_set_mkey_access_flags(mlx5dv_qp_ex *qp,
                                         uint32_t access_flags)
    void mlx5dv_wr_set_mkey_layout_list(mlx5dv_qp_ex *qp, uint16_t num_sges,
                                        const ibv_sge *sge)
    void mlx5dv_wr_set_mkey_layout_interleaved(
        mlx5dv_qp_ex *qp, uint32_t repeat_count, uint16_t num_interleaved,
        const mlx5dv_mr_interleaved *data)
    void mlx5dv_wr_raw_wqe(mlx5dv_qp_ex *qp, const void *wqe)
    ibv_mr *mlx5dv_reg_dmabuf_mr(ibv_pd *pd, uint64_t offset, size_t length,
                                 uint64_t iova, int fd, int access,
                                 int mlx5_access)

    int mlx5dv_devx_general_cmd(ibv_context *context, const void *in_,
                                size_t inlen, void *out, size_t outlen)
    mlx5dv_devx_obj *mlx5dv_devx_obj_create(ibv_context *context,
                                            const void *in_, size_t inlen,
                                            void *out, size_t outlen)
    int mlx5dv_devx_obj_query(mlx5dv_devx_obj *obj, const void *in_,
                              size_t inlen, void *out, size_t outlen)
    int mlx5dv_devx_obj_modify(mlx5dv_devx_obj *obj, const void *in_,
                               size_t inlen, void *out, size_t outlen)
    int mlx5dv_devx_obj_destroy(mlx5dv_devx_obj *obj)
    int mlx5dv_devx_query_eqn(ibv_context *context, uint32_t vector,
                              uint32_t *eqn)
    mlx5dv_devx_umem *mlx5dv_devx_umem_reg(ibv_context *context, void *addr,
                                           size_t size, uint32_t access)
    mlx5dv_devx_umem *mlx5dv_devx_umem_reg_ex(ibv_context *context,
                                              mlx5dv_devx_umem_in *umem_in)
    int mlx5dv_devx_umem_dereg(mlx5dv_devx_umem *umem)
    mlx5dv_devx_uar *mlx5dv_devx_alloc_uar(ibv_context *context,
                                           uint32_t flags)
    void mlx5dv_devx_free_uar(mlx5dv_devx_uar *uar)


# One member of struct mlx5dv_obj each.
cdef extern from *:
    """
    #include <infiniband/mlx5dv.h>

    static int dv_init_qp(struct ibv_qp *qp, struct mlx5dv_qp *out)
    {
        struct mlx5dv_obj obj = { .qp = { qp, out } };

        return mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP);
    }

    static int dv_init_cq(struct ibv_cq *cq, struct mlx5dv_cq *out)
    {
        struct mlx5dv_obj obj = { .cq = { cq, out } };

        return mlx5dv_init_obj(&obj, MLX5DV_OBJ_CQ);
    }

    static int dv_init_srq(struct ibv_srq *srq, struct mlx5dv_srq *out)
    {
        struct mlx5dv_obj obj = { .srq = { srq, out } };

        return mlx5dv_init_obj(&obj, MLX5DV_OBJ_SRQ);
    }

    static int dv_init_pd(struct ibv_pd *pd, struct mlx5dv_pd *out)
    {
        struct mlx5dv_obj obj = { .pd = { pd, out } };

        return mlx5dv_init_obj(&obj, MLX5DV_OBJ_PD);
    }
    """
    int dv_init_qp(ibv_qp *qp, dv_qp *out) nogil
    int dv_init_cq(ibv_cq *cq, dv_cq *out) nogil
    int dv_init_srq(ibv_srq *srq, dv_srq *out) nogil
    int dv_init_pd(ibv_pd *pd, dv_pd *out) nogil
