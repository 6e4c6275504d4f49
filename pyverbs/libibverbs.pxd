# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from posix.time cimport timespec

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from '<infiniband/verbs.h>' nogil:

    cdef union ibv_gid:
        uint8_t raw[16]

    enum ibv_qp_type:
        pass
    enum ibv_qp_state:
        pass
    enum ibv_mtu:
        pass
    enum ibv_mig_state:
        pass
    enum ibv_wr_opcode:
        pass
    enum ibv_wc_status:
        pass
    enum ibv_wc_opcode:
        pass
    enum ibv_atomic_cap:
        pass
    enum ibv_port_state:
        pass
    enum ibv_event_type:
        pass
    enum ibv_node_type:
        pass
    enum ibv_transport_type:
        pass
    enum ibv_fork_status:
        pass
    enum ibv_srq_type:
        pass
    enum ibv_ops_wr_opcode:
        pass
    enum ibv_wq_type:
        pass
    enum ibv_wq_state:
        pass
    enum ibv_flow_attr_type:
        pass
    enum ibv_flow_spec_type:
        pass

    cdef struct ibv_device:
        ibv_node_type node_type
        ibv_transport_type transport_type

    cdef struct ibv_context:
        ibv_device *device
        int cmd_fd
        int async_fd
        int num_comp_vectors

    cdef struct ibv_device_attr:
        char *fw_ver
        uint64_t node_guid
        uint64_t sys_image_guid
        uint64_t max_mr_size
        uint64_t page_size_cap
        uint32_t vendor_id
        uint32_t vendor_part_id
        uint32_t hw_ver
        int max_qp
        int max_qp_wr
        unsigned int device_cap_flags
        int max_sge
        int max_sge_rd
        int max_cq
        int max_cqe
        int max_mr
        int max_pd
        int max_qp_rd_atom
        int max_ee_rd_atom
        int max_res_rd_atom
        int max_qp_init_rd_atom
        int max_ee_init_rd_atom
        ibv_atomic_cap atomic_cap
        int max_ee
        int max_rdd
        int max_mw
        int max_raw_ipv6_qp
        int max_raw_ethy_qp
        int max_mcast_grp
        int max_mcast_qp_attach
        int max_total_mcast_qp_attach
        int max_ah
        int max_fmr
        int max_map_per_fmr
        int max_srq
        int max_srq_wr
        int max_srq_sge
        uint16_t max_pkeys
        uint8_t local_ca_ack_delay
        uint8_t phys_port_cnt

    cdef struct ibv_query_device_ex_input:
        uint32_t comp_mask

    cdef struct odp_transport_caps "ibv_odp_caps::per_transport_caps":
        uint32_t rc_odp_caps
        uint32_t uc_odp_caps
        uint32_t ud_odp_caps

    cdef struct ibv_odp_caps:
        uint64_t general_caps
        odp_transport_caps per_transport_caps

    cdef struct ibv_tso_caps:
        uint32_t max_tso
        uint32_t supported_qpts

    cdef struct ibv_rss_caps:
        uint32_t supported_qpts
        uint32_t max_rwq_indirection_tables
        uint32_t max_rwq_indirection_table_size
        uint64_t rx_hash_fields_mask
        uint8_t rx_hash_function

    cdef struct ibv_packet_pacing_caps:
        uint32_t qp_rate_limit_min
        uint32_t qp_rate_limit_max
        uint32_t supported_qpts

    cdef struct ibv_tm_caps:
        uint32_t max_rndv_hdr_size
        uint32_t max_num_tags
        uint32_t flags
        uint32_t max_ops
        uint32_t max_sge

    cdef struct ibv_cq_moderation_caps:
        uint16_t max_cq_count
        uint16_t max_cq_period

    cdef struct ibv_pci_atomic_caps:
        uint16_t fetch_add
        uint16_t swap
        uint16_t compare_swap

    cdef struct ibv_device_attr_ex:
        ibv_device_attr orig_attr
        uint32_t comp_mask
        ibv_odp_caps odp_caps
        uint64_t completion_timestamp_mask
        uint64_t hca_core_clock
        uint64_t device_cap_flags_ex
        ibv_tso_caps tso_caps
        ibv_rss_caps rss_caps
        uint32_t max_wq_type_rq
        ibv_packet_pacing_caps packet_pacing_caps
        uint32_t raw_packet_caps
        ibv_tm_caps tm_caps
        ibv_cq_moderation_caps cq_mod_caps
        uint64_t max_dm_size
        ibv_pci_atomic_caps pci_atomic_caps
        uint32_t xrc_odp_caps
        uint32_t phys_port_cnt_ex

    cdef struct ibv_values_ex:
        uint32_t comp_mask
        timespec raw_clock

    cdef struct ibv_port_attr:
        ibv_port_state state
        ibv_mtu max_mtu
        ibv_mtu active_mtu
        int gid_tbl_len
        uint32_t port_cap_flags
        uint32_t max_msg_sz
        uint32_t bad_pkey_cntr
        uint32_t qkey_viol_cntr
        uint16_t pkey_tbl_len
        uint16_t lid
        uint16_t sm_lid
        uint8_t lmc
        uint8_t max_vl_num
        uint8_t sm_sl
        uint8_t subnet_timeout
        uint8_t init_type_reply
        uint8_t active_width
        uint8_t active_speed
        uint8_t phys_state
        uint8_t link_layer
        uint8_t flags
        uint16_t port_cap_flags2
        uint32_t active_speed_ex

    cdef struct ibv_gid_entry:
        ibv_gid gid
        uint32_t gid_index
        uint32_t port_num
        uint32_t gid_type
        uint32_t ndev_ifindex

    cdef struct ibv_async_event:
        ibv_event_type event_type

    cdef struct ibv_pd:
        uint32_t handle

    cdef struct ibv_mr:
        void *addr
        size_t length
        uint32_t handle
        uint32_t lkey
        uint32_t rkey

    cdef struct ibv_comp_channel:
        int fd

    cdef struct ibv_cq:
        int cqe

    cdef struct ibv_cq_init_attr_ex:
        uint32_t cqe
        ibv_comp_channel *channel
        uint32_t comp_vector
        uint64_t wc_flags
        uint32_t comp_mask
        uint32_t flags
        ibv_pd *parent_domain

    cdef struct ibv_poll_cq_attr:
        uint32_t comp_mask

    cdef struct ibv_wc_tm_info:
        uint64_t tag
        uint32_t priv

    cdef struct ibv_cq_ex:
        ibv_wc_status status
        uint64_t wr_id

    cdef struct ibv_xrcd_init_attr:
        uint32_t comp_mask
        int fd
        int oflags

    cdef struct ibv_xrcd:
        pass

    cdef struct ibv_srq:
        pass

    cdef struct ibv_srq_attr:
        uint32_t max_wr
        uint32_t max_sge
        uint32_t srq_limit

    cdef struct ibv_srq_init_attr:
        ibv_srq_attr attr

    cdef struct ibv_tm_cap:
        uint32_t max_num_tags
        uint32_t max_ops

    cdef struct ibv_srq_init_attr_ex:
        ibv_srq_attr attr
        uint32_t comp_mask
        ibv_srq_type srq_type
        ibv_pd *pd
        ibv_xrcd *xrcd
        ibv_cq *cq
        ibv_tm_cap tm_cap

    cdef struct ibv_wq_init_attr:
        ibv_wq_type wq_type
        uint32_t max_wr
        uint32_t max_sge
        ibv_pd *pd
        ibv_cq *cq
        uint32_t comp_mask
        uint32_t create_flags

    cdef struct ibv_wq_attr:
        uint32_t attr_mask
        ibv_wq_state wq_state
        ibv_wq_state curr_wq_state
        uint32_t flags
        uint32_t flags_mask

    cdef struct ibv_wq:
        uint32_t wq_num
        ibv_wq_state state

    cdef struct ibv_rwq_ind_table_init_attr:
        uint32_t log_ind_tbl_size
        ibv_wq **ind_tbl
        uint32_t comp_mask

    cdef struct ibv_rwq_ind_table:
        pass

    cdef struct ibv_rx_hash_conf:
        uint8_t rx_hash_function
        uint8_t rx_hash_key_len
        uint8_t *rx_hash_key
        uint64_t rx_hash_fields_mask

    cdef struct ibv_global_route:
        ibv_gid dgid
        uint32_t flow_label
        uint8_t sgid_index
        uint8_t hop_limit
        uint8_t traffic_class

    cdef struct ibv_grh:
        uint32_t version_tclass_flow
        uint16_t paylen
        uint8_t next_hdr
        uint8_t hop_limit
        ibv_gid sgid
        ibv_gid dgid

    cdef struct ibv_ah_attr:
        ibv_global_route grh
        uint16_t dlid
        uint8_t sl
        uint8_t src_path_bits
        uint8_t static_rate
        uint8_t is_global
        uint8_t port_num

    cdef struct ibv_ah:
        pass

    cdef struct ibv_qp_cap:
        uint32_t max_send_wr
        uint32_t max_recv_wr
        uint32_t max_send_sge
        uint32_t max_recv_sge
        uint32_t max_inline_data

    cdef struct ibv_qp_init_attr:
        void *qp_context
        ibv_cq *send_cq
        ibv_cq *recv_cq
        ibv_srq *srq
        ibv_qp_cap cap
        ibv_qp_type qp_type
        int sq_sig_all

    cdef struct ibv_qp_attr:
        ibv_qp_state qp_state
        ibv_qp_state cur_qp_state
        ibv_mtu path_mtu
        ibv_mig_state path_mig_state
        uint32_t qkey
        uint32_t rq_psn
        uint32_t sq_psn
        uint32_t dest_qp_num
        unsigned int qp_access_flags
        ibv_qp_cap cap
        ibv_ah_attr ah_attr
        ibv_ah_attr alt_ah_attr
        uint16_t pkey_index
        uint16_t alt_pkey_index
        uint8_t en_sqd_async_notify
        uint8_t sq_draining
        uint8_t max_rd_atomic
        uint8_t max_dest_rd_atomic
        uint8_t min_rnr_timer
        uint8_t port_num
        uint8_t timeout
        uint8_t retry_cnt
        uint8_t rnr_retry
        uint8_t alt_port_num
        uint8_t alt_timeout
        uint32_t rate_limit

    cdef struct ibv_qp:
        uint32_t qp_num
        ibv_qp_state state
        ibv_qp_type qp_type

    cdef struct ibv_qp_init_attr_ex:
        ibv_cq *send_cq
        ibv_cq *recv_cq
        ibv_srq *srq
        ibv_qp_cap cap
        ibv_qp_type qp_type
        int sq_sig_all
        uint32_t comp_mask
        ibv_pd *pd
        ibv_xrcd *xrcd
        uint32_t create_flags
        uint16_t max_tso_header
        ibv_rwq_ind_table *rwq_ind_tbl
        ibv_rx_hash_conf rx_hash_conf
        uint32_t source_qpn
        uint64_t send_ops_flags

    cdef struct ibv_qp_ex:
        uint64_t comp_mask
        uint64_t wr_id
        unsigned int wr_flags
        void (*wr_set_ud_addr)(ibv_qp_ex *, ibv_ah *, uint32_t, uint32_t)
        void (*wr_set_xrc_srqn)(ibv_qp_ex *, uint32_t)

    cdef struct ibv_data_buf:
        void *addr
        size_t length

    cdef struct ibv_sge:
        uint64_t addr
        uint32_t length
        uint32_t lkey

    # The unions of the work request, seen as far as they are used here.
    cdef struct wr_rdma "ibv_send_wr::wr.rdma":
        uint64_t remote_addr
        uint32_t rkey

    cdef struct wr_atomic "ibv_send_wr::wr.atomic":
        uint64_t remote_addr
        uint64_t compare_add
        uint64_t swap
        uint32_t rkey

    cdef struct wr_ud "ibv_send_wr::wr.ud":
        ibv_ah *ah
        uint32_t remote_qpn
        uint32_t remote_qkey

    cdef union wr_union "ibv_send_wr::wr":
        wr_rdma rdma
        wr_atomic atomic
        wr_ud ud

    cdef struct wr_xrc "ibv_send_wr::qp_type.xrc":
        uint32_t remote_srqn

    cdef union wr_qp_type "ibv_send_wr::qp_type":
        wr_xrc xrc

    cdef struct ibv_send_wr:
        uint64_t wr_id
        ibv_send_wr *next
        ibv_sge *sg_list
        int num_sge
        ibv_wr_opcode opcode
        unsigned int send_flags
        uint32_t imm_data
        wr_union wr
        wr_qp_type qp_type

    cdef struct ibv_recv_wr:
        uint64_t wr_id
        ibv_recv_wr *next
        ibv_sge *sg_list
        int num_sge

    cdef struct ops_wr_add "ibv_ops_wr::tm.add":
        uint64_t recv_wr_id
        ibv_sge *sg_list
        int num_sge
        uint64_t tag
        uint64_t mask

    cdef struct ops_wr_tm "ibv_ops_wr::tm":
        uint32_t unexpected_cnt
        uint32_t handle
        ops_wr_add add

    cdef struct ibv_ops_wr:
        uint64_t wr_id
        ibv_ops_wr *next
        ibv_ops_wr_opcode opcode
        int flags
        ops_wr_tm tm

    # Of the specifications of a flow, those that spec.pyx has.
    cdef struct ibv_flow_eth_filter:
        uint8_t dst_mac[6]
        uint8_t src_mac[6]
        uint16_t ether_type
        uint16_t vlan_tag

    cdef struct ibv_flow_spec_eth:
        ibv_flow_eth_filter val
        ibv_flow_eth_filter mask

    cdef struct ibv_flow_ipv4_ext_filter:
        uint32_t src_ip
        uint32_t dst_ip
        uint8_t proto
        uint8_t tos
        uint8_t ttl
        uint8_t flags

    cdef struct ibv_flow_spec_ipv4_ext:
        ibv_flow_ipv4_ext_filter val
        ibv_flow_ipv4_ext_filter mask

    cdef struct ibv_flow_ipv6_filter:
        uint8_t src_ip[16]
        uint8_t dst_ip[16]
        uint32_t flow_label
        uint8_t next_hdr
        uint8_t traffic_class
        uint8_t hop_limit

    cdef struct ibv_flow_spec_ipv6:
        ibv_flow_ipv6_filter val
        ibv_flow_ipv6_filter mask

    cdef struct ibv_flow_tcp_udp_filter:
        uint16_t dst_port
        uint16_t src_port

    cdef struct ibv_flow_spec_tcp_udp:
        ibv_flow_tcp_udp_filter val
        ibv_flow_tcp_udp_filter mask

    cdef struct ibv_flow_spec_action_tag:
        uint32_t tag_id

    cdef struct ibv_flow_spec_action_drop:
        pass

    cdef struct ibv_counters

    cdef struct ibv_flow_spec_counter_action:
        ibv_counters *counters

    cdef struct flow_spec_hdr "ibv_flow_spec::hdr":
        ibv_flow_spec_type type
        uint16_t size

    cdef struct ibv_flow_spec:
        flow_spec_hdr hdr
        ibv_flow_spec_eth eth
        ibv_flow_spec_ipv4_ext ipv4_ext
        ibv_flow_spec_ipv6 ipv6
        ibv_flow_spec_tcp_udp tcp_udp
        ibv_flow_spec_action_tag flow_tag
        ibv_flow_spec_action_drop drop
        ibv_flow_spec_counter_action flow_count

    cdef struct ibv_flow_attr:
        uint32_t comp_mask
        ibv_flow_attr_type type
        uint16_t size
        uint16_t priority
        uint8_t num_of_specs
        uint8_t port
        uint32_t flags

    cdef struct ibv_flow:
        pass

    cdef struct ibv_flow_action:
        pass

    cdef struct ibv_wc:
        uint64_t wr_id
        ibv_wc_status status
        ibv_wc_opcode opcode
        uint32_t vendor_err
        uint32_t byte_len
        uint32_t imm_data
        uint32_t qp_num
        uint32_t src_qp
        unsigned int wc_flags
        uint16_t pkey_index
        uint16_t slid
        uint8_t sl
        uint8_t dlid_path_bits

    ibv_device **ibv_get_device_list(int *num_devices)
    void ibv_free_device_list(ibv_device **devices)
    const char *ibv_get_device_name(ibv_device *device)
    uint64_t ibv_get_device_guid(ibv_device *device)
    int ibv_get_device_index(ibv_device *device)
    ibv_context *ibv_open_device(ibv_device *device)
    int ibv_close_device(ibv_context *context)
    int ibv_query_device(ibv_context *context, ibv_device_attr *attr)
    int ibv_query_device_ex(ibv_context *context,
                            const ibv_query_device_ex_input *input,
                            ibv_device_attr_ex *attr)
    int ibv_query_rt_values_ex(ibv_context *context, ibv_values_ex *values)
    int ibv_query_port(ibv_context *context, uint8_t port,
                       ibv_port_attr *attr)
    int ibv_query_gid(ibv_context *context, uint8_t port, int index,
                      ibv_gid *gid)
    int ibv_query_gid_ex(ibv_context *context, uint32_t port, uint32_t index,
                         ibv_gid_entry *entry, uint32_t flags)
    ssize_t ibv_query_gid_table(ibv_context *context, ibv_gid_entry *entries,
                                size_t max_entries, uint32_t flags)
    int ibv_query_pkey(ibv_context *context, uint8_t port, int index,
                       uint16_t *pkey)
    int ibv_get_pkey_index(ibv_context *context, uint8_t port, uint16_t pkey)
    int ibv_get_async_event(ibv_context *context, ibv_async_event *event)
    void ibv_ack_async_event(ibv_async_event *event)

    ibv_pd *ibv_alloc_pd(ibv_context *context)
    int ibv_dealloc_pd(ibv_pd *pd)

    ibv_mr *ibv_reg_mr(ibv_pd *pd, void *addr, size_t length, int access)
    ibv_mr *ibv_reg_dmabuf_mr(ibv_pd *pd, uint64_t offset, size_t length,
                              uint64_t iova, int fd, int access)
    int ibv_dereg_mr(ibv_mr *mr)

    ibv_comp_channel *ibv_create_comp_channel(ibv_context *context)
    int ibv_destroy_comp_channel(ibv_comp_channel *channel)
    ibv_cq *ibv_create_cq(ibv_context *context, int cqe, void *cq_context,
                          ibv_comp_channel *channel, int comp_vector)
    int ibv_resize_cq(ibv_cq *cq, int cqe)
    int ibv_destroy_cq(ibv_cq *cq)
    int ibv_poll_cq(ibv_cq *cq, int num_entries, ibv_wc *wc)
    int ibv_req_notify_cq(ibv_cq *cq, int solicited_only)
    int ibv_get_cq_event(ibv_comp_channel *channel, ibv_cq **cq,
                         void **cq_context)
    void ibv_ack_cq_events(ibv_cq *cq, unsigned int num_events)

    ibv_cq_ex *ibv_create_cq_ex(ibv_context *context,
                                ibv_cq_init_attr_ex *attr)
    ibv_cq *ibv_cq_ex_to_cq(ibv_cq_ex *cq)
    int ibv_start_poll(ibv_cq_ex *cq, ibv_poll_cq_attr *attr)
    int ibv_next_poll(ibv_cq_ex *cq)
    void ibv_end_poll(ibv_cq_ex *cq)
    ibv_wc_opcode ibv_wc_read_opcode(ibv_cq_ex *cq)
    uint32_t ibv_wc_read_vendor_err(ibv_cq_ex *cq)
    uint32_t ibv_wc_read_byte_len(ibv_cq_ex *cq)
    uint32_t ibv_wc_read_imm_data(ibv_cq_ex *cq)
    uint32_t ibv_wc_read_qp_num(ibv_cq_ex *cq)
    uint32_t ibv_wc_read_src_qp(ibv_cq_ex *cq)
    unsigned int ibv_wc_read_wc_flags(ibv_cq_ex *cq)
    uint32_t ibv_wc_read_slid(ibv_cq_ex *cq)
    uint8_t ibv_wc_read_sl(ibv_cq_ex *cq)
    uint8_t ibv_wc_read_dlid_path_bits(ibv_cq_ex *cq)
    uint64_t ibv_wc_read_completion_ts(ibv_cq_ex *cq)
    uint64_t ibv_wc_read_completion_wallclock_ns(ibv_cq_ex *cq)
    uint16_t ibv_wc_read_cvlan(ibv_cq_ex *cq)
    uint32_t ibv_wc_read_flow_tag(ibv_cq_ex *cq)
    void ibv_wc_read_tm_info(ibv_cq_ex *cq, ibv_wc_tm_info *info)

    ibv_ah *ibv_create_ah(ibv_pd *pd, ibv_ah_attr *attr)
    ibv_ah *ibv_create_ah_from_wc(ibv_pd *pd, ibv_wc *wc, ibv_grh *grh,
                                  uint8_t port)
    int ibv_init_ah_from_wc(ibv_context *context, uint8_t port, ibv_wc *wc,
                            ibv_grh *grh, ibv_ah_attr *attr)
    int ibv_resolve_eth_l2_from_gid(ibv_context *context, ibv_ah_attr *attr,
                                    uint8_t *mac, uint16_t *vlan)
    int ibv_destroy_ah(ibv_ah *ah)

    ibv_qp *ibv_create_qp(ibv_pd *pd, ibv_qp_init_attr *attr)
    int ibv_modify_qp(ibv_qp *qp, ibv_qp_attr *attr, int mask)
    int ibv_attach_mcast(ibv_qp *qp, const ibv_gid *gid, uint16_t lid)
    int ibv_detach_mcast(ibv_qp *qp, const ibv_gid *gid, uint16_t lid)
    int ibv_query_qp(ibv_qp *qp, ibv_qp_attr *attr, int mask,
                     ibv_qp_init_attr *init_attr)
    int ibv_destroy_qp(ibv_qp *qp)
    int ibv_post_send(ibv_qp *qp, ibv_send_wr *wr, ibv_send_wr **bad_wr)
    int ibv_post_recv(ibv_qp *qp, ibv_recv_wr *wr, ibv_recv_wr **bad_wr)

    ibv_qp *ibv_create_qp_ex(ibv_context *context, ibv_qp_init_attr_ex *attr)
    ibv_qp_ex *ibv_qp_to_qp_ex(ibv_qp *qp)
    void ibv_wr_start(ibv_qp_ex *qp)
    int ibv_wr_complete(ibv_qp_ex *qp)
    void ibv_wr_abort(ibv_qp_ex *qp)
    void ibv_wr_send(ibv_qp_ex *qp)
    void ibv_wr_send_imm(ibv_qp_ex *qp, uint32_t imm_data)
    void ibv_wr_send_inv(ibv_qp_ex *qp, uint32_t rkey)
    void ibv_wr_send_tso(ibv_qp_ex *qp, void *hdr, uint16_t hdr_sz,
                         uint16_t mss)
    void ibv_wr_rdma_read(ibv_qp_ex *qp, uint32_t rkey, uint64_t addr)
    void ibv_wr_rdma_write(ibv_qp_ex *qp, uint32_t rkey, uint64_t addr)
    void ibv_wr_rdma_write_imm(ibv_qp_ex *qp, uint32_t rkey, uint64_t addr,
                               uint32_t imm_data)
    void ibv_wr_atomic_cmp_swp(ibv_qp_ex *qp, uint32_t rkey, uint64_t addr,
                               uint64_t compare, uint64_t swap)
    void ibv_wr_atomic_fetch_add(ibv_qp_ex *qp, uint32_t rkey, uint64_t addr,
                                 uint64_t add)
    void ibv_wr_atomic_write(ibv_qp_ex *qp, uint32_t rkey, uint64_t addr,
                             const void *data)
    void ibv_wr_flush(ibv_qp_ex *qp, uint32_t rkey, uint64_t addr,
                      size_t length, uint8_t type, uint8_t level)
    void ibv_wr_local_inv(ibv_qp_ex *qp, uint32_t rkey)
    void ibv_wr_set_ud_addr(ibv_qp_ex *qp, ibv_ah *ah, uint32_t qpn,
                            uint32_t qkey)
    void ibv_wr_set_xrc_srqn(ibv_qp_ex *qp, uint32_t srqn)
    void ibv_wr_set_sge(ibv_qp_ex *qp, uint32_t lkey, uint64_t addr,
                        uint32_t length)
    void ibv_wr_set_sge_list(ibv_qp_ex *qp, size_t num_sge,
                             const ibv_sge *sges)
    void ibv_wr_set_inline_data(ibv_qp_ex *qp, void *addr, size_t length)
    void ibv_wr_set_inline_data_list(ibv_qp_ex *qp, size_t num_buf,
                                     const ibv_data_buf *bufs)
    int ibv_fork_init()
    ibv_fork_status ibv_is_fork_initialized()

    ibv_xrcd *ibv_open_xrcd(ibv_context *context, ibv_xrcd_init_attr *attr)
    int ibv_close_xrcd(ibv_xrcd *xrcd)

    ibv_srq *ibv_create_srq(ibv_pd *pd, ibv_srq_init_attr *attr)
    ibv_srq *ibv_create_srq_ex(ibv_context *context,
                               ibv_srq_init_attr_ex *attr)
    int ibv_modify_srq(ibv_srq *srq, ibv_srq_attr *attr, int mask)
    int ibv_query_srq(ibv_srq *srq, ibv_srq_attr *attr)
    int ibv_get_srq_num(ibv_srq *srq, uint32_t *srq_num)
    int ibv_destroy_srq(ibv_srq *srq)
    int ibv_post_srq_recv(ibv_srq *srq, ibv_recv_wr *wr, ibv_recv_wr **bad_wr)
    int ibv_post_srq_ops(ibv_srq *srq, ibv_ops_wr *wr, ibv_ops_wr **bad_wr)

    ibv_wq *ibv_create_wq(ibv_context *context, ibv_wq_init_attr *attr)
    int ibv_modify_wq(ibv_wq *wq, ibv_wq_attr *attr)
    int ibv_destroy_wq(ibv_wq *wq)
    int ibv_post_wq_recv(ibv_wq *wq, ibv_recv_wr *wr, ibv_recv_wr **bad_wr)
    ibv_rwq_ind_table *ibv_create_rwq_ind_table(
        ibv_context *context, ibv_rwq_ind_table_init_attr *attr)
    int ibv_destroy_rwq_ind_table(ibv_rwq_ind_table *table)

    ibv_flow *ibv_create_flow(ibv_qp *qp, ibv_flow_attr *attr)
    int ibv_destroy_flow(ibv_flow *flow)
    int ibv_destroy_flow_action(ibv_flow_action *action)

    # Of what exists already: moderation, a QP of another process, rates.
    cdef struct ibv_moderate_cq:
        uint16_t cq_count
        uint16_t cq_period

    cdef struct ibv_modify_cq_attr:
        uint32_t attr_mask
        ibv_moderate_cq moderate

    cdef struct ibv_qp_open_attr:
        uint32_t comp_mask
        uint32_t qp_num
        ibv_xrcd *xrcd
        ibv_qp_type qp_type

    cdef struct ibv_qp_rate_limit_attr:
        uint32_t rate_limit
        uint32_t max_burst_sz
        uint16_t typical_pkt_sz
        uint32_t comp_mask

    enum:
        IBV_CQ_ATTR_MODERATE
        IBV_QP_OPEN_ATTR_NUM
        IBV_QP_OPEN_ATTR_XRCD
        IBV_QP_OPEN_ATTR_TYPE

    int ibv_modify_cq(ibv_cq *cq, ibv_modify_cq_attr *attr)
    ibv_qp *ibv_open_qp(ibv_context *context, ibv_qp_open_attr *attr)
    int ibv_modify_qp_rate_limit(ibv_qp *qp, ibv_qp_rate_limit_attr *attr)

    cdef struct ibv_counters_init_attr:
        uint32_t comp_mask

    cdef struct ibv_counters:
        pass

    enum ibv_counter_description:
        pass

    cdef struct ibv_counter_attach_attr:
        ibv_counter_description counter_desc
        uint32_t index
        uint32_t comp_mask

    ibv_counters *ibv_create_counters(ibv_context *context,
                                      ibv_counters_init_attr *attr)
    int ibv_destroy_counters(ibv_counters *counters)
    int ibv_attach_counters_point_flow(ibv_counters *counters,
                                       ibv_counter_attach_attr *attr,
                                       ibv_flow *flow)
    int ibv_read_counters(ibv_counters *counters, uint64_t *values,
                          uint32_t ncounters, uint32_t flags)
