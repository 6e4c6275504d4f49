# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from libc.stdint cimport uint16_t, uint32_t, uint64_t

from pyverbs.libibverbs cimport ibv_context
from pyverbs.providers.mlx5.libmlx5 cimport mlx5dv_devx_obj


cdef extern from '<sys/eventfd.h>' nogil:
    int eventfd(unsigned int initval, int flags)


cdef extern from '<infiniband/mlx5dv.h>' nogil:
    enum mlx5dv_devx_create_event_channel_flags:
        pass

    cdef struct mlx5dv_devx_event_channel:
        int fd

    cdef struct event_hdr "mlx5dv_devx_async_event_hdr":
        uint64_t cookie

    cdef struct mlx5dv_devx_cmd_comp:
        int fd

    cdef struct command_hdr "mlx5dv_devx_async_cmd_hdr":
        uint64_t wr_id

    mlx5dv_devx_event_channel *mlx5dv_devx_create_event_channel(
        ibv_context *context, mlx5dv_devx_create_event_channel_flags flags)
    void mlx5dv_devx_destroy_event_channel(mlx5dv_devx_event_channel *channel)
    int mlx5dv_devx_subscribe_devx_event(
        mlx5dv_devx_event_channel *channel, mlx5dv_devx_obj *obj,
        uint16_t events_sz, uint16_t *events_num, uint64_t cookie)
    int mlx5dv_devx_subscribe_devx_event_fd(
        mlx5dv_devx_event_channel *channel, int fd, mlx5dv_devx_obj *obj,
        uint16_t event_num)
    ssize_t mlx5dv_devx_get_event(mlx5dv_devx_event_channel *channel,
                                  event_hdr *event_data, size_t event_resp_len)

    mlx5dv_devx_cmd_comp *mlx5dv_devx_create_cmd_comp(ibv_context *context)
    void mlx5dv_devx_destroy_cmd_comp(mlx5dv_devx_cmd_comp *cmd_comp)
    int mlx5dv_devx_obj_query_async(
        mlx5dv_devx_obj *obj, const void *in_, size_t inlen, size_t outlen,
        uint64_t wr_id, mlx5dv_devx_cmd_comp *cmd_comp)
    int mlx5dv_devx_get_async_cmd_comp(mlx5dv_devx_cmd_comp *cmd_comp,
                                       command_hdr *cmd_resp, size_t cmd_resp_len)
