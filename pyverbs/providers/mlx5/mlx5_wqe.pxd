# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# What the device reads and writes in queues: numbers are big-endian.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t


cdef extern from '<endian.h>' nogil:
    uint16_t be16toh(uint16_t value)
    uint32_t be32toh(uint32_t value)
    uint64_t be64toh(uint64_t value)
    uint32_t htobe32(uint32_t value)
    uint64_t htobe64(uint64_t value)


cdef extern from '<infiniband/mlx5dv.h>' nogil:
    enum:
        MLX5_SEND_WQE_BB

    cdef struct mlx5_wqe_ctrl_seg:
        uint32_t opmod_idx_opcode
        uint32_t qpn_ds
        uint8_t signature
        uint8_t fm_ce_se
        uint32_t imm

    cdef struct mlx5_wqe_data_seg:
        uint32_t byte_count
        uint32_t lkey
        uint64_t addr

    cdef struct mlx5_cqe64:
        uint16_t wqe_id
        uint32_t imm_inval_pkey
        uint32_t byte_cnt
        uint64_t timestamp
        uint16_t wqe_counter
        uint8_t signature
        uint8_t op_own

    void mlx5dv_set_ctrl_seg(mlx5_wqe_ctrl_seg *seg, uint16_t pi,
                             uint8_t opcode, uint8_t opmod, uint32_t qp_num,
                             uint8_t fm_ce_se, uint8_t ds, uint8_t signature,
                             uint32_t imm)
    void mlx5dv_set_data_seg(mlx5_wqe_data_seg *seg, uint32_t length,
                             uint32_t lkey, uintptr_t address)
    uint8_t mlx5dv_get_cqe_owner(mlx5_cqe64 *cqe)
    void mlx5dv_set_cqe_owner(mlx5_cqe64 *cqe, uint8_t val)
    uint8_t mlx5dv_get_cqe_se(mlx5_cqe64 *cqe)
    uint8_t mlx5dv_get_cqe_format(mlx5_cqe64 *cqe)
    uint8_t mlx5dv_get_cqe_opcode(mlx5_cqe64 *cqe)
