# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What the cases in this folder share. They run on Debian's pyverbs."""

import os
import random
import signal
import sys
import time

from pyverbs import enums as e
from pyverbs.addr import AHAttr, GID, GlobalRoute
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import Mlx5Context, Mlx5DVContextAttr
from pyverbs.qp import QP, QPAttr, QPCap, QPInitAttr
from pyverbs.wr import SGE, RecvWR, SendWR

# What the folder above has that needs none of our libraries.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import frames  # noqa: E402, F401

A, B = 'mlx5_0', 'mlx5_1'
QKEY = 0x11111111
GRH = 40
LOCAL = e.IBV_ACCESS_LOCAL_WRITE
REMOTE = (e.IBV_ACCESS_REMOTE_WRITE | e.IBV_ACCESS_REMOTE_READ |
          e.IBV_ACCESS_REMOTE_ATOMIC)
STATUS = {value: name for name, value in vars(e).items()
          if name.startswith('IBV_WC_') and name.endswith('_ERR')}


def pattern(length, seed=1):
    return random.Random(seed).randbytes(length)


def gid_of(name, kind='ipv4'):
    """Index and text of a GID made from an IPv4, or the link's own, address."""
    start = {'ipv4': '0000:0000:0000:0000:0000:ffff:', 'link': 'fe80:'}[kind]
    folder = f'/sys/class/infiniband/{name}/ports/1/gids'
    for index in sorted(map(int, os.listdir(folder))):
        with open(f'{folder}/{index}', encoding='ascii') as f:
            text = f.read().strip()
        if text.startswith(start):
            return index, text
    raise AssertionError(f'{name} has no GID of kind {kind}')


def poll(cq, count=1, seconds=20):
    found = []
    end = time.monotonic() + seconds
    while len(found) < count:
        found += cq.poll(count - len(found))[1]
        assert time.monotonic() < end, f'{len(found)} of {count} completions'
    return found


def succeed(cq, count=1):
    wcs = poll(cq, count)
    for wc in wcs:
        assert wc.status == e.IBV_WC_SUCCESS, STATUS.get(wc.status, wc.status)
    return wcs


def fail(cq, *statuses):
    wcs = poll(cq, len(statuses))
    assert [wc.status for wc in wcs] == list(statuses), wcs
    return wcs


def inline_count():
    """How many messages the devices have put into completions."""
    total = 0
    for name in (A, B):
        with open(f'/sys/kernel/debug/softhca/{name}/stats',
                  encoding='ascii') as f:
            total += int(dict(map(str.split, f))['inline'])
    return total


def nothing(cq, seconds=0.2):
    time.sleep(seconds)
    assert cq.poll(1)[0] == 0


def event(ctx, seconds=20):
    """The type of the next asynchronous event, which is acknowledged."""
    signal.alarm(seconds)           # not to come is to end the process
    got = ctx.get_async_event()
    signal.alarm(0)
    got.ack()
    return got.event_type


def open_devx(name):
    return Mlx5Context(Mlx5DVContextAttr(dve.MLX5DV_CONTEXT_FLAGS_DEVX), name)


class Side:
    """A context, PD, CQ and QP. close() closes what was made from them."""

    def __init__(self, name, qp_type=e.IBV_QPT_RC, srq=None, gid='ipv4',
                 parent=None, make_cq=lambda ctx: CQ(ctx, 64), signal_all=1,
                 open_ctx=lambda name: Context(name=name)):
        self.ctx = parent.ctx if parent else open_ctx(name)
        self.pd = parent.pd if parent else PD(self.ctx)
        self.owner = parent is None
        self.kept = []
        self.cq = parent.cq if parent else make_cq(self.ctx)
        self.qp = QP(self.pd, QPInitAttr(
            qp_type=qp_type, scq=self.cq, rcq=self.cq, srq=srq,
            sq_sig_all=signal_all,
            cap=QPCap(32, 0 if srq else 32, 4, 0 if srq else 4, 64)))
        self.gid_index, self.gid = gid_of(name, gid)

    def attr(self, peer=None, **changes):
        attr = QPAttr(port_num=1)
        attr.qkey = QKEY
        if peer:
            attr.path_mtu = e.IBV_MTU_1024
            attr.qp_access_flags = REMOTE
            attr.dest_qp_num = peer.qp.qp_num
            attr.ah_attr = self.ah_attr(peer.gid)
            attr.max_rd_atomic = attr.max_dest_rd_atomic = 1
            attr.min_rnr_timer = 12
            attr.timeout = 14
            attr.retry_cnt = attr.rnr_retry = 7
        for name, value in changes.items():
            setattr(attr, name, value)
        return attr

    def ah_attr(self, gid):
        return AHAttr(is_global=1, port_num=1, gr=GlobalRoute(
            dgid=GID(gid), sgid_index=self.gid_index, hop_limit=64))

    def memory(self, length, fill=None, access=LOCAL | REMOTE):
        """Registered for as long as this side lives."""
        mr = MR(self.pd, length, access)
        self.kept.append(mr)
        mr.write(bytes(length) if fill is None else fill, length)
        return mr

    def recv(self, mr, wr_id=1, length=None):
        self.qp.post_recv(recv_wr(mr, wr_id, length))

    def send(self, mr, opcode=e.IBV_WR_SEND, wr_id=2, length=None, remote=None,
             imm=0, flags=e.IBV_SEND_SIGNALED):
        wr = SendWR(wr_id, opcode, 1, imm,
                    [SGE(mr.buf, mr.length if length is None else length,
                         mr.lkey)], flags)
        if remote:
            wr.set_wr_rdma(remote.rkey, remote.buf)
        self.qp.post_send(wr)
        return wr

    def state(self):
        return self.qp.query(e.IBV_QP_STATE)[0].qp_state

    def error(self):
        self.qp.modify(QPAttr(qp_state=e.IBV_QPS_ERR), e.IBV_QP_STATE)

    def close(self):
        self.qp.close()
        for mr in self.kept:
            mr.close()
        if self.owner:
            self.ctx.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def recv_wr(mr, wr_id=1, length=None):
    return RecvWR(wr_id, 1, [SGE(mr.buf, mr.length if length is None
                                 else length, mr.lkey)])


def connect(a, b, **changes):
    a.qp.to_rts(a.attr(b, **changes))
    b.qp.to_rts(b.attr(a, **changes))
