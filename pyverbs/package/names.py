# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Words for the numbers that devices, ports and completions have."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pyverbs import enums as e

TRANSPORT_TYPES: dict[int, str] = {
    e.IBV_TRANSPORT_IB: 'IB',
    e.IBV_TRANSPORT_IWARP: 'IWARP',
    e.IBV_TRANSPORT_USNIC: 'USNIC',
    e.IBV_TRANSPORT_USNIC_UDP: 'USNIC UDP',
}
NODE_TYPES: dict[int, str] = {
    e.IBV_NODE_CA: 'CA',
    e.IBV_NODE_SWITCH: 'Switch',
    e.IBV_NODE_ROUTER: 'Router',
    e.IBV_NODE_RNIC: 'RNIC',
    e.IBV_NODE_USNIC: 'USNIC',
    e.IBV_NODE_USNIC_UDP: 'USNIC UDP',
}
# IBTA 14.2.5.6, PortInfo: PortPhysicalState and LinkWidthActive.
PHYS_STATES: dict[int, str] = {
    1: 'Sleep',
    2: 'Polling',
    3: 'Disabled',
    4: 'Port configuration training',
    5: 'Link up',
    6: 'Link error recovery',
    7: 'Phy test',
}
WIDTHS: dict[int, str] = {1: '1X', 2: '4X', 4: '8X', 8: '12X', 16: '2X'}
PORT_STATES: dict[int, str] = {
    e.IBV_PORT_NOP: 'NOP',
    e.IBV_PORT_DOWN: 'Down',
    e.IBV_PORT_INIT: 'Init',
    e.IBV_PORT_ARMED: 'Armed',
    e.IBV_PORT_ACTIVE: 'Active',
    e.IBV_PORT_ACTIVE_DEFER: 'Defer',
}
LINK_LAYERS: dict[int, str] = {
    e.IBV_LINK_LAYER_UNSPECIFIED: 'Unspecified',
    e.IBV_LINK_LAYER_INFINIBAND: 'InfiniBand',
    e.IBV_LINK_LAYER_ETHERNET: 'Ethernet',
}
GID_TYPES: dict[int, str] = {
    e.IBV_GID_TYPE_IB: 'IB',
    e.IBV_GID_TYPE_ROCE_V1: 'RoCEv1',
    e.IBV_GID_TYPE_ROCE_V2: 'RoCEv2',
}
# LinkSpeedActive and what came after it: Gbit/s of one lane.
SPEEDS: dict[int, float] = {
    0: 0.0, 1: 2.5, 2: 5.0, 4: 10.0, 8: 10.0, 16: 14.0, 32: 25.0, 64: 50.0,
    128: 100.0, 256: 200.0}
MTUS: dict[int, int] = {
    e.IBV_MTU_256: 256,
    e.IBV_MTU_512: 512,
    e.IBV_MTU_1024: 1024,
    e.IBV_MTU_2048: 2048,
    e.IBV_MTU_4096: 4096,
}
QP_TYPES: dict[int, str] = {
    e.IBV_QPT_RC: 'RC',
    e.IBV_QPT_UC: 'UC',
    e.IBV_QPT_UD: 'UD',
    e.IBV_QPT_RAW_PACKET: 'Raw Packet',
    e.IBV_QPT_XRC_SEND: 'XRCD_SEND',
    e.IBV_QPT_XRC_RECV: 'XRCD_RECV',
    e.IBV_QPT_DRIVER: 'Driver QP',
}
QP_STATES: dict[int, str] = {
    e.IBV_QPS_RESET: 'Reset',
    e.IBV_QPS_INIT: 'Init',
    e.IBV_QPS_RTR: 'RTR',
    e.IBV_QPS_RTS: 'RTS',
    e.IBV_QPS_SQD: 'SQD',
    e.IBV_QPS_SQE: 'SQE',
    e.IBV_QPS_ERR: 'Error',
    e.IBV_QPS_UNKNOWN: 'Unknown',
}
MIG_STATES: dict[int, str] = {
    e.IBV_MIG_MIGRATED: 'Migrated',
    e.IBV_MIG_REARM: 'Re-arm',
    e.IBV_MIG_ARMED: 'Armed',
}
ACCESS_FLAGS: dict[int, str] = {
    e.IBV_ACCESS_LOCAL_WRITE: 'Local write',
    e.IBV_ACCESS_REMOTE_WRITE: 'Remote write',
    e.IBV_ACCESS_REMOTE_READ: 'Remote read',
    e.IBV_ACCESS_REMOTE_ATOMIC: 'Remote atomic',
    e.IBV_ACCESS_MW_BIND: 'MW bind',
    e.IBV_ACCESS_ZERO_BASED: 'Zero based',
    e.IBV_ACCESS_ON_DEMAND: 'On demand',
    e.IBV_ACCESS_HUGETLB: 'Huge pages',
    e.IBV_ACCESS_FLUSH_GLOBAL: 'Flush global',
    e.IBV_ACCESS_FLUSH_PERSISTENT: 'Flush persistent',
    e.IBV_ACCESS_RELAXED_ORDERING: 'Relaxed ordering',
}
WC_STATUSES: dict[int, str] = {
    e.IBV_WC_SUCCESS: 'success',
    e.IBV_WC_LOC_LEN_ERR: 'local length error',
    e.IBV_WC_LOC_QP_OP_ERR: 'local QP op error',
    e.IBV_WC_LOC_EEC_OP_ERR: 'local EEC op error',
    e.IBV_WC_LOC_PROT_ERR: 'local protection error',
    e.IBV_WC_WR_FLUSH_ERR: 'WR flush error',
    e.IBV_WC_MW_BIND_ERR: 'memory window bind error',
    e.IBV_WC_BAD_RESP_ERR: 'bad response error',
    e.IBV_WC_LOC_ACCESS_ERR: 'local access error',
    e.IBV_WC_REM_INV_REQ_ERR: 'remote invalid request error',
    e.IBV_WC_REM_ACCESS_ERR: 'remote access error',
    e.IBV_WC_REM_OP_ERR: 'remote op error',
    e.IBV_WC_RETRY_EXC_ERR: 'retry exceeded error',
    e.IBV_WC_RNR_RETRY_EXC_ERR: 'RNR retry exceeded',
    e.IBV_WC_LOC_RDD_VIOL_ERR: 'local RDD violation error',
    e.IBV_WC_REM_INV_RD_REQ_ERR: 'remote invalid RD request error',
    e.IBV_WC_REM_ABORT_ERR: 'remote abort error',
    e.IBV_WC_INV_EECN_ERR: 'invalid EECN error',
    e.IBV_WC_INV_EEC_STATE_ERR: 'invalid EEC state error',
    e.IBV_WC_FATAL_ERR: 'WC fatal error',
    e.IBV_WC_RESP_TIMEOUT_ERR: 'response timeout error',
    e.IBV_WC_GENERAL_ERR: 'general error',
    e.IBV_WC_TM_ERR: 'tag matching error',
    e.IBV_WC_TM_RNDV_INCOMPLETE: 'tag matching rendezvous incomplete',
}
WC_OPCODES: dict[int, str] = {
    e.IBV_WC_SEND: 'Send',
    e.IBV_WC_RDMA_WRITE: 'RDMA write',
    e.IBV_WC_RDMA_READ: 'RDMA read',
    e.IBV_WC_COMP_SWAP: 'Compare and swap',
    e.IBV_WC_FETCH_ADD: 'Fetch and add',
    e.IBV_WC_BIND_MW: 'Bind Memory window',
    e.IBV_WC_LOCAL_INV: 'Local invalidate',
    e.IBV_WC_TSO: 'TSO',
    e.IBV_WC_FLUSH: 'Flush',
    e.IBV_WC_ATOMIC_WRITE: 'Atomic write',
    e.IBV_WC_RECV: 'Receive',
    e.IBV_WC_RECV_RDMA_WITH_IMM: 'Receive RDMA with immediate',
    e.IBV_WC_TM_ADD: 'Tag matching - add',
    e.IBV_WC_TM_DEL: 'Tag matching - delete',
    e.IBV_WC_TM_SYNC: 'Tag matching - sync',
    e.IBV_WC_TM_RECV: 'Tag matching - receive',
    e.IBV_WC_TM_NO_TAG: 'Tag matching - no tag',
    e.IBV_WC_DRIVER1: 'Driver WR',
}
WC_FLAGS: dict[int, str] = {
    e.IBV_WC_GRH: 'GRH',
    e.IBV_WC_WITH_IMM: 'With immediate',
    e.IBV_WC_IP_CSUM_OK: 'IP csum OK',
    e.IBV_WC_WITH_INV: 'With invalidate',
    e.IBV_WC_TM_SYNC_REQ: 'TM sync request',
    e.IBV_WC_TM_MATCH: 'TM match',
    e.IBV_WC_TM_DATA_VALID: 'TM data valid',
}


def numbered(words: dict[Any, Any], value: int, unknown: str) -> str:
    """'word (value)', or what is said of a value without a word."""
    return f'{words.get(value, unknown)} ({value})'


def flag_names(flags: int, dictionary: dict[int, str]) -> list[str]:
    """The names of the flags set; dictionary: names by flag."""
    return [name for flag, name in dictionary.items() if flags & flag]


def members(enum: type[Enum]) -> dict[int, str]:
    """The names of an enum's members by their values."""
    return {int(member.value): name for name, member in enum.__members__.items()}


def flags_to_str(flags: int, dictionary: dict[int, str]) -> str:
    """The names of the flags set, each with a blank behind it."""
    return ''.join(f'{name} ' for name in flag_names(flags, dictionary))


def str_from_flags(flags: int, dictionary: dict[int, str]) -> str:
    """The names of the flags set, each in a line of its own."""
    return '\n  ' + ''.join(f'{name}\n  '
                            for name in flag_names(flags, dictionary))


# Devices and ports

def translate_transport_type(transport_type: int) -> str:
    """The word for an ibv_transport_type."""
    return TRANSPORT_TYPES.get(transport_type, 'Unknown')


def translate_node_type(node_type: int) -> str:
    """The word for an ibv_node_type."""
    return NODE_TYPES.get(node_type, 'Unknown')


def translate_device_caps(flags: int) -> str:
    """The names of ibv_device_cap_flags, in lines."""
    return str_from_flags(flags, members(e.ibv_device_cap_flags))


def translate_port_cap_flags(flags: int) -> str:
    """The names of ibv_port_cap_flags, in lines."""
    return str_from_flags(flags, members(e.ibv_port_cap_flags))


def translate_port_cap_flags2(flags: int) -> str:
    """The names of ibv_port_cap_flags2, in lines."""
    return str_from_flags(flags, members(e.ibv_port_cap_flags2))


def translate_event_type(event_type: int) -> str:
    """The name of an ibv_event_type."""
    return members(e.ibv_event_type).get(
        event_type, f'Unknown event_type ({event_type})')


def translate_gid_type(gid_type: int) -> str:
    """The word for an ibv_gid_type."""
    return GID_TYPES.get(gid_type, f'Unknown gid_type ({gid_type})')


def translate_link_layer(ll: int) -> str:
    """The word for an IBV_LINK_LAYER_..."""
    return LINK_LAYERS.get(ll, f'Invalid link layer ({ll})')


def translate_mtu(mtu: int) -> str:
    """An ibv_mtu in bytes, and as a number."""
    return numbered(MTUS, mtu, 'Invalid MTU')


def port_state_to_str(port_state: int) -> str:
    """The word for an ibv_port_state, and its number."""
    return numbered(PORT_STATES, port_state, 'Invalid state')


def phys_state_to_str(phys: int) -> str:
    """The word for a port's phys_state, and its number."""
    if phys not in PHYS_STATES:
        return 'Invalid physical state'
    return numbered(PHYS_STATES, phys, '')


def width_to_str(width: int) -> str:
    """How many lanes an active_width stands for, and its number."""
    return numbered(WIDTHS, width, '') if width in WIDTHS else 'Invalid width'


def speed_to_str(active_speed: int, active_speed_ex: int) -> str:
    """How fast a lane is; active_speed_ex counts unless it is 0."""
    speed = active_speed_ex or active_speed
    if speed not in SPEEDS:
        return 'Invalid speed'
    return f'{SPEEDS[speed]} Gbps ({speed})'


def guid_to_hex(node_guid: int) -> str:
    """A GUID's number as hexadecimal digits."""
    return f'{node_guid:x}'


# Queue pairs, memory and completions

def mtu_to_str(mtu: int) -> int:
    """An ibv_mtu in bytes, 0 if it is none."""
    return MTUS.get(mtu, 0)


def qp_type_to_str(qp_type: int) -> str:
    """The word for an ibv_qp_type."""
    return QP_TYPES.get(qp_type, f'Unknown ({qp_type})')


def qp_state_to_str(qp_state: int) -> str:
    """The word for an ibv_qp_state."""
    return QP_STATES.get(qp_state, f'Unknown ({qp_state})')


def mig_state_to_str(mig: int) -> str:
    """The word for an ibv_mig_state."""
    return MIG_STATES.get(mig, f'Unknown ({mig})')


def access_flags_to_str(flags: int) -> str:
    """Words for ibv_access_flags, each with a blank behind it."""
    return flags_to_str(flags, ACCESS_FLAGS)


def rereg_error_to_str(error: int) -> str:
    """The name of an ibv_rereg_mr_err_code."""
    return members(e.ibv_rereg_mr_err_code).get(error,
                                                f'Unknown error ({error})')


def cqe_status_to_str(status: int) -> str:
    """Words for an ibv_wc_status."""
    return WC_STATUSES.get(status, 'Unknown CQE status')


def cqe_opcode_to_str(opcode: int) -> str:
    """Words for an ibv_wc_opcode."""
    return WC_OPCODES.get(opcode, f'Unknown CQE opcode {opcode}')


def cqe_flags_to_str(flags: int) -> str:
    """Words for ibv_wc_flags, each with a blank behind it."""
    return flags_to_str(flags, WC_FLAGS)


def create_wc_flags_to_str(flags: int) -> str:
    """The names of ibv_create_cq_wc_flags, each with a blank behind it."""
    return flags_to_str(flags, members(e.ibv_create_cq_wc_flags))


def send_flags_to_str(flags: int) -> str:
    """The names of ibv_send_flags, each with a blank behind it."""
    return flags_to_str(flags, members(e.ibv_send_flags))
