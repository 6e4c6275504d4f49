# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Write a module of enums: those of C headers as Python enums.

The names come from the preprocessed headers, the values from the C compiler
that builds the module, so there is no list to keep in step.
"""

import argparse
import re
import subprocess
from typing import NamedTuple

FLAGS = re.compile(r'flags|mask|caps|bits|fields')

# A pointer in C, an address in Python.
ALLOCATOR = """\
cdef extern from 'infiniband/verbs.h' nogil:
    void *c_allocator "IBV_ALLOCATOR_USE_DEFAULT"
_IBV_ALLOCATOR_USE_DEFAULT = <size_t>c_allocator"""

# What the files below gid_attrs/types say, as numbers; no C header has it.
GID_TYPE_SYSFS = '''\
ibv_gid_type_sysfs = IntEnum('ibv_gid_type_sysfs', [
    ('IBV_GID_TYPE_SYSFS_IB_ROCE_V1', 0),
    ('IBV_GID_TYPE_SYSFS_ROCE_V2', 1),
], module=__name__)
globals().update(ibv_gid_type_sysfs.__members__)'''

GID_TYPE_SYSFS_STUB = """\
class ibv_gid_type_sysfs(IntEnum):
    IBV_GID_TYPE_SYSFS_IB_ROCE_V1 = ...
    IBV_GID_TYPE_SYSFS_ROCE_V2 = ...
IBV_GID_TYPE_SYSFS_IB_ROCE_V1 = ibv_gid_type_sysfs.IBV_GID_TYPE_SYSFS_IB_ROCE_V1
IBV_GID_TYPE_SYSFS_ROCE_V2 = ibv_gid_type_sysfs.IBV_GID_TYPE_SYSFS_ROCE_V2"""


class Module(NamedTuple):
    """What one module of enums has."""

    headers: tuple
    prefix: str         # of the enums; of their members in capitals
    underscored: tuple  # numbers that Python programs know with one in front
    others: tuple       # numbers that are of no enum; C has no _ at the end
    extra: tuple        # lines of Cython
    extra_stub: tuple   # the same for the stub


MODULES = {
    'enums': Module(
        ('infiniband/verbs.h', 'infiniband/tm_types.h'),
        'ibv_',
        ('IBV_ADVISE_MR_ADVICE_PREFETCH',
         'IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE',
         'IBV_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT',
         'IBV_ADVISE_MR_FLAG_FLUSH', 'IBV_DEVICE_CC_DMA_BOUNCE',
         'IBV_DEVICE_PCI_WRITE_END_PADDING', 'IBV_DEVICE_RAW_SCATTER_FCS'),
        ('IBV_QPF_GRH_REQUIRED',
         'IBV_WC_STANDARD_FLAGS',
         'IBV_LINK_LAYER_UNSPECIFIED',
         'IBV_LINK_LAYER_INFINIBAND',
         'IBV_LINK_LAYER_ETHERNET'),
        (GID_TYPE_SYSFS, ALLOCATOR),
        (GID_TYPE_SYSFS_STUB, '_IBV_ALLOCATOR_USE_DEFAULT: int')),
    'providers/mlx5/mlx5_enums': Module(
        ('infiniband/mlx5dv.h',),
        'mlx5dv_',
        ('MLX5DV_PP_ALLOC_FLAGS_DEDICATED_INDEX', 'MLX5DV_RES_TYPE_DBR',
         'MLX5DV_RES_TYPE_QP', 'MLX5DV_RES_TYPE_RWQ', 'MLX5DV_RES_TYPE_SRQ',
         'MLX5DV_UAR_ALLOC_TYPE_BF', 'MLX5DV_UAR_ALLOC_TYPE_NC'),
        ('MLX5DV_DEVX_CREATE_EVENT_CHANNEL_FLAGS_OMIT_EV_DATA',
         'MLX5DV_REG_DMABUF_ACCESS_DATA_DIRECT',
         'MLX5DV_REG_DMABUF_ACCESS_DATA_DIRECT_',
         'MLX5DV_FLOW_ACTION_PACKET_REFORMAT_TYPE_L2_TO_L2_TUNNEL_',
         'MLX5DV_FLOW_ACTION_PACKET_REFORMAT_TYPE_L2_TO_L3_TUNNEL_',
         'MLX5DV_FLOW_ACTION_PACKET_REFORMAT_TYPE_L2_TUNNEL_TO_L2_',
         'MLX5DV_FLOW_ACTION_PACKET_REFORMAT_TYPE_L3_TUNNEL_TO_L2_',
         'MLX5DV_FLOW_TABLE_TYPE_FDB_', 'MLX5DV_FLOW_TABLE_TYPE_NIC_RX_',
         'MLX5DV_FLOW_TABLE_TYPE_NIC_TX_', 'MLX5DV_FLOW_TABLE_TYPE_RDMA_RX_',
         'MLX5DV_FLOW_TABLE_TYPE_RDMA_TX_',
         'MLX5DV_FLOW_TABLE_TYPE_RDMA_TRANSPORT_RX_',
         'MLX5DV_FLOW_TABLE_TYPE_RDMA_TRANSPORT_TX_',
         'MLX5DV_QUERY_PORT_ESW_OWNER_VHCA_ID_', 'MLX5DV_QUERY_PORT_VPORT_',
         'MLX5DV_QUERY_PORT_VPORT_REG_C0_',
         'MLX5DV_QUERY_PORT_VPORT_STEERING_ICM_RX_',
         'MLX5DV_QUERY_PORT_VPORT_STEERING_ICM_TX_',
         'MLX5DV_QUERY_PORT_VPORT_VHCA_ID_', 'MLX5DV_VAR_ALLOC_FLAG_TLP_',
         'MLX5_RCV_DBR', 'MLX5_SND_DBR',
         'MLX5_SEND_WQE_BB', 'MLX5_SEND_WQE_SHIFT',
         'MLX5_WQE_CTRL_CQ_UPDATE', 'MLX5_WQE_CTRL_FENCE',
         'MLX5_WQE_CTRL_INITIATOR_SMALL_FENCE', 'MLX5_WQE_CTRL_SOLICITED',
         'MLX5_CQE_OWNER_MASK', 'MLX5_CQE_REQ', 'MLX5_CQE_RESP_WR_IMM',
         'MLX5_CQE_RESP_SEND', 'MLX5_CQE_RESP_SEND_IMM',
         'MLX5_CQE_RESP_SEND_INV', 'MLX5_CQE_RESIZE_CQ', 'MLX5_CQE_NO_PACKET',
         'MLX5_CQE_SIG_ERR', 'MLX5_CQE_REQ_ERR', 'MLX5_CQE_RESP_ERR',
         'MLX5_CQE_INVALID',
         'MLX5_OPCODE_NOP', 'MLX5_OPCODE_SEND_INVAL',
         'MLX5_OPCODE_RDMA_WRITE', 'MLX5_OPCODE_RDMA_WRITE_IMM',
         'MLX5_OPCODE_SEND', 'MLX5_OPCODE_SEND_IMM', 'MLX5_OPCODE_TSO',
         'MLX5_OPCODE_RDMA_READ', 'MLX5_OPCODE_ATOMIC_CS',
         'MLX5_OPCODE_ATOMIC_FA', 'MLX5_OPCODE_ATOMIC_MASKED_CS',
         'MLX5_OPCODE_ATOMIC_MASKED_FA', 'MLX5_OPCODE_FMR',
         'MLX5_OPCODE_LOCAL_INVAL', 'MLX5_OPCODE_CONFIG_CMD',
         'MLX5_OPCODE_TAG_MATCHING', 'MLX5_OPCODE_UMR', 'MLX5_OPCODE_MMO'),
        (),
        ()),
    'providers/efa/efa_enums': Module(
        ('infiniband/efadv.h',),
        'efadv_',
        (),
        ('EFADV_DEVICE_ATTR_CAPS_RDMA_READ',
         'EFADV_DEVICE_ATTR_CAPS_RNR_RETRY',
         'EFADV_DEVICE_ATTR_CAPS_CQ_WITH_SGID',
         'EFADV_DEVICE_ATTR_CAPS_RDMA_WRITE',
         'EFADV_DEVICE_ATTR_CAPS_UNSOLICITED_WRITE_RECV',
         'EFADV_DEVICE_ATTR_CAPS_CQ_WITH_EXT_MEM_DMABUF',
         'EFADV_DEVICE_ATTR_CAPS_COMP_CNTR', 'EFADV_SQ_DEPTH_ATTR_INLINE_WRITE',
         'EFADV_QP_DRIVER_TYPE_SRD', 'EFADV_QP_FLAGS_UNSOLICITED_WRITE_RECV',
         'EFADV_QP_FLAGS_INLINE_WRITE', 'EFADV_WR_EX_WITH_PROCESSING_HINTS',
         'EFADV_WC_EX_WITH_SGID', 'EFADV_WC_EX_WITH_IS_UNSOLICITED',
         'EFADV_MEMORY_LOCATION_VA', 'EFADV_MEMORY_LOCATION_DMABUF',
         'EFADV_COMP_CNTR_INIT_WITH_COMP_EXTERNAL_MEM',
         'EFADV_COMP_CNTR_INIT_WITH_ERR_EXTERNAL_MEM',
         'EFADV_MR_ATTR_VALIDITY_RECV_IC_ID',
         'EFADV_MR_ATTR_VALIDITY_RDMA_READ_IC_ID',
         'EFADV_MR_ATTR_VALIDITY_RDMA_RECV_IC_ID'),
        (),
        ()),
    'cm_enums': Module(
        ('rdma/rdma_cma.h',),
        'rdma_',
        (),
        ('RAI_PASSIVE', 'RAI_NUMERICHOST', 'RAI_NOROUTE', 'RAI_FAMILY',
         'RDMA_OPTION_ID', 'RDMA_OPTION_IB', 'RDMA_OPTION_ID_TOS',
         'RDMA_OPTION_ID_REUSEADDR', 'RDMA_OPTION_ID_AFONLY',
         'RDMA_OPTION_ID_ACK_TIMEOUT', 'RDMA_OPTION_IB_PATH', 'RDMA_UDP_QKEY'),
        (),
        ()),
}


def preprocess(compiler, headers, includes):
    command = [*compiler, '-E', '-P', *(f'-I{path}' for path in includes), '-']
    source = ''.join(f'#include <{header}>\n' for header in headers)
    return subprocess.run(command, input=source, text=True,
                          stdout=subprocess.PIPE, check=True).stdout


def read_enums(text, prefix):
    """Yield (enum, [member, ...]) in the headers' order."""
    for name, body in re.findall(r'\benum\s+(%s\w+)\s*\{([^}]*)\}' % prefix, text):
        members = re.findall(r'(?:^|,)\s*(%s\w+)' % prefix.upper(), body)
        if members:
            yield name, members


def base_class(name):
    return 'IntFlag' if FLAGS.search(name) else 'IntEnum'


def externs(headers, names):
    for header in headers[:-1]:
        yield f"cdef extern from '{header}' nogil:"
        yield '    pass'
    yield f"cdef extern from '{headers[-1]}' nogil:"
    yield '    enum:'
    for name in names:
        yield f'        c_{name} "{name.rstrip("_")}"'


def write_module(module, enums):
    """Yield the lines of the module."""
    names = [member for _, members in enums for member in members]
    yield '# Generated by gen_enums.py.'
    yield 'from enum import IntEnum, IntFlag'
    yield from externs(module.headers,
                       [*names, *module.underscored, *module.others])
    for name, members in enums:
        yield f"{name} = {base_class(name)}('{name}', ["
        for member in members:
            yield f"    ('{member}', <long long>c_{member}),"
        yield '], module=__name__)'
        yield f'globals().update({name}.__members__)'
    yield from module.extra
    for name in module.underscored:
        yield f'_{name} = <long long>c_{name}'
    for name in module.others:
        yield f'{name} = <long long>c_{name}'


def write_stub(module, enums):
    """Yield the lines of the module's stub, for type checkers."""
    yield '# Generated by gen_enums.py.'
    yield 'from enum import IntEnum, IntFlag'
    for name, members in enums:
        yield f'class {name}({base_class(name)}):'
        for member in members:
            yield f'    {member} = ...'
        for member in members:
            yield f'{member} = {name}.{member}'
    yield from module.extra_stub
    for name in module.underscored:
        yield f'_{name}: int'
    for name in module.others:
        yield f'{name}: int'


def write_lines(path, lines):
    with open(path, 'w', encoding='utf-8') as f:
        f.writelines(f'{line}\n' for line in lines)


def generate(name, compiler, includes, output, stub=None):
    """Write the Cython source of one of MODULES, and its stub."""
    module = MODULES[name]
    text = preprocess(compiler, module.headers, includes)
    enums = list(dict(read_enums(text, module.prefix)).items())
    write_lines(output, write_module(module, enums))
    if stub:
        write_lines(stub, write_stub(module, enums))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--cc', required=True, nargs='+')
    parser.add_argument('--include', action='append', default=[])
    parser.add_argument('--module', choices=MODULES, default='enums')
    parser.add_argument('--output', required=True)
    parser.add_argument('--stub')
    args = parser.parse_args()
    generate(args.module, args.cc, args.include, args.output, args.stub)


if __name__ == '__main__':
    main()
