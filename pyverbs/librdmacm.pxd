# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from pyverbs.libibverbs cimport (ibv_ah, ibv_ah_attr, ibv_context, ibv_mr,
                                 ibv_pd, ibv_qp, ibv_qp_attr, ibv_qp_init_attr,
                                 ibv_qp_init_attr_ex, ibv_wc)
from pyverbs.verbs_memory cimport ibv_ece


cdef extern from '<netdb.h>' nogil:
    const char *gai_strerror(int code)


cdef extern from '<rdma/rdma_cma.h>' nogil:

    enum rdma_port_space:
        pass
    enum rdma_cm_event_type:
        pass
    enum:
        RAI_PASSIVE
        RDMA_CM_EVENT_CONNECT_REQUEST

    cdef struct sockaddr:
        pass

    cdef struct rdma_event_channel:
        int fd

    cdef struct rdma_cm_id:
        ibv_context *verbs
        rdma_event_channel *channel
        void *context
        ibv_qp *qp
        rdma_port_space ps
        uint8_t port_num
        ibv_pd *pd

    cdef struct rdma_conn_param:
        const void *private_data
        uint8_t private_data_len
        uint8_t responder_resources
        uint8_t initiator_depth
        uint8_t flow_control
        uint8_t retry_count
        uint8_t rnr_retry_count
        uint8_t srq
        uint32_t qp_num

    cdef struct rdma_ud_param:
        const void *private_data
        uint8_t private_data_len
        ibv_ah_attr ah_attr
        uint32_t qp_num
        uint32_t qkey

    cdef union event_param "rdma_cm_event::param":
        rdma_conn_param conn
        rdma_ud_param ud

    cdef struct rdma_cm_event:
        rdma_cm_id *id
        rdma_cm_id *listen_id
        rdma_cm_event_type event
        int status
        event_param param

    cdef struct rdma_addrinfo:
        int ai_flags
        int ai_family
        int ai_qp_type
        int ai_port_space
        unsigned int ai_src_len
        unsigned int ai_dst_len
        sockaddr *ai_src_addr
        sockaddr *ai_dst_addr

    cdef struct rdma_cm_join_mc_attr_ex:
        uint32_t comp_mask
        uint32_t join_flags
        sockaddr *addr

    rdma_event_channel *rdma_create_event_channel()
    void rdma_destroy_event_channel(rdma_event_channel *channel)
    int rdma_get_cm_event(rdma_event_channel *channel, rdma_cm_event **event)
    int rdma_ack_cm_event(rdma_cm_event *event)
    const char *rdma_event_str(rdma_cm_event_type event)

    int rdma_getaddrinfo(const char *node, const char *service,
                         const rdma_addrinfo *hints, rdma_addrinfo **res)
    void rdma_freeaddrinfo(rdma_addrinfo *res)
    ibv_context **rdma_get_devices(int *num_devices)
    void rdma_free_devices(ibv_context **devices)

    int rdma_create_id(rdma_event_channel *channel, rdma_cm_id **id,
                       void *context, rdma_port_space ps)
    int rdma_create_ep(rdma_cm_id **id, rdma_addrinfo *res, ibv_pd *pd,
                       ibv_qp_init_attr *attr)
    void rdma_destroy_ep(rdma_cm_id *id)
    int rdma_destroy_id(rdma_cm_id *id)
    int rdma_bind_addr(rdma_cm_id *id, sockaddr *addr)
    int rdma_resolve_addr(rdma_cm_id *id, sockaddr *src, sockaddr *dst,
                          int timeout_ms)
    int rdma_resolve_route(rdma_cm_id *id, int timeout_ms)
    int rdma_create_qp(rdma_cm_id *id, ibv_pd *pd, ibv_qp_init_attr *attr)
    int rdma_create_qp_ex(rdma_cm_id *id, ibv_qp_init_attr_ex *attr)
    void rdma_destroy_qp(rdma_cm_id *id)
    int rdma_connect(rdma_cm_id *id, rdma_conn_param *param)
    int rdma_establish(rdma_cm_id *id)
    int rdma_listen(rdma_cm_id *id, int backlog)
    int rdma_get_request(rdma_cm_id *listen_id, rdma_cm_id **id)
    int rdma_accept(rdma_cm_id *id, rdma_conn_param *param)
    int rdma_reject(rdma_cm_id *id, const void *data, uint8_t len)
    int rdma_disconnect(rdma_cm_id *id)
    int rdma_join_multicast(rdma_cm_id *id, sockaddr *addr, void *context)
    int rdma_join_multicast_ex(rdma_cm_id *id, rdma_cm_join_mc_attr_ex *attr,
                               void *context)
    int rdma_leave_multicast(rdma_cm_id *id, sockaddr *addr)
    int rdma_set_option(rdma_cm_id *id, int level, int optname, void *optval,
                        size_t optlen)
    int rdma_init_qp_attr(rdma_cm_id *id, ibv_qp_attr *attr, int *mask)
    int rdma_set_local_ece(rdma_cm_id *id, ibv_ece *ece)
    int rdma_get_remote_ece(rdma_cm_id *id, ibv_ece *ece)


cdef extern from '<rdma/rdma_verbs.h>' nogil:
    int rdma_post_recv(rdma_cm_id *id, void *context, void *addr,
                       size_t length, ibv_mr *mr)
    int rdma_post_send(rdma_cm_id *id, void *context, void *addr,
                       size_t length, ibv_mr *mr, int flags)
    int rdma_post_read(rdma_cm_id *id, void *context, void *addr,
                       size_t length, ibv_mr *mr, int flags,
                       uint64_t remote_addr, uint32_t rkey)
    int rdma_post_write(rdma_cm_id *id, void *context, void *addr,
                        size_t length, ibv_mr *mr, int flags,
                        uint64_t remote_addr, uint32_t rkey)
    int rdma_post_ud_send(rdma_cm_id *id, void *context, void *addr,
                          size_t length, ibv_mr *mr, int flags, ibv_ah *ah,
                          uint32_t remote_qpn)
    int rdma_get_send_comp(rdma_cm_id *id, ibv_wc *wc)
    int rdma_get_recv_comp(rdma_cm_id *id, ibv_wc *wc)
