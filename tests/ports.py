# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Two ports at the switch of the software device, and what receives there."""

import frames
import rdma
from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.flow import Flow, FlowAttr
from pyverbs.qp import QPAttr, QPEx, QPInitAttrEx
from pyverbs.spec import EthSpec
from pyverbs.wq import (
    WQ, RwqIndTable, RwqIndTableInitAttr, RxHashConf, WQAttr, WQInitAttr)
from pyverbs.wr import RecvWR

NETDEV = {'mlx5_0': 'softhca0', 'mlx5_1': 'softhca1'}
A, B = NETDEV
SIZE = 2048
KEY = rdma.pattern(40, 3)
SEND_OPS = e.IBV_QP_EX_WITH_SEND | e.IBV_QP_EX_WITH_TSO


class Port(rdma.Side):
    """A raw packet QP that is ready, and its port's address."""

    def __init__(self, device, **options):
        super().__init__(device, e.IBV_QPT_RAW_PACKET, **options)
        self.mac = frames.mac_of(NETDEV[device])
        self.qp.to_rts(QPAttr(port_num=1))

    def flow(self, *specs, qp=None):
        attr = FlowAttr(num_of_specs=len(specs))
        attr.specs.extend(specs)
        return Flow(qp or self.qp, attr)

    def to_me(self, *specs, kind=frames.TYPE, qp=None):
        """What is sent to the port, of one type."""
        return self.flow(EthSpec(dst_mac=self.mac, ether_type=kind), *specs,
                         qp=qp)

    def post(self, count=1, queue=None, exporter=None):
        regions = [rdma.Region(self.pd, SIZE, exporter) for _ in range(count)]
        for number, region in enumerate(regions):
            (queue or self.qp).post_recv(RecvWR(number, 1, [region.sge()]))
        return regions

    def put(self, frame, flags=0, exporter=None):
        """Send it, and wait until that is done."""
        region = rdma.Region(self.pd, len(frame), exporter)
        region.fill(frame)
        self.send(e.IBV_WR_SEND, [region.sge()], flags=flags)
        rdma.succeed(self.cq)


class Queues:
    """WQs of a port behind a QP that spreads frames over them."""

    FIELDS = (e.IBV_RX_HASH_SRC_IPV4 | e.IBV_RX_HASH_DST_IPV4 |
              e.IBV_RX_HASH_SRC_PORT_UDP | e.IBV_RX_HASH_DST_PORT_UDP)

    def __init__(self, port, log=0, max_wr=16):
        self.cqs = [CQ(port.ctx, 64) for _ in range(1 << log)]
        self.wqs = [WQ(port.ctx, WQInitAttr(wq_pd=port.pd, wq_cq=cq,
                                            max_wr=max_wr))
                    for cq in self.cqs]
        self.table = RwqIndTable(port.ctx, RwqIndTableInitAttr(log, self.wqs))
        self.qp = QPEx(port.ctx, QPInitAttrEx(
            qp_type=e.IBV_QPT_RAW_PACKET, pd=port.pd, ind_table=self.table,
            hash_conf=RxHashConf(e.IBV_RX_HASH_FUNC_TOEPLITZ, len(KEY), KEY,
                                 self.FIELDS),
            comp_mask=e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_RX_HASH |
            e.IBV_QP_INIT_ATTR_IND_TABLE))

    def enter(self, state):
        for wq in self.wqs:
            wq.modify(WQAttr(attr_mask=e.IBV_WQ_ATTR_STATE, wq_state=state))
