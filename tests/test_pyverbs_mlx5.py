# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""pyverbs.providers.mlx5 on the software device."""

import errno
import struct

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQ, CqInitAttrEx
from pyverbs.device import Context
from pyverbs.dmabuf import DmaBuf
from pyverbs.pd import PD
from pyverbs.providers.mlx5 import mlx5dv, mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import (
    Mlx5Context, Mlx5CQ, Mlx5DVContextAttr, Mlx5DVCQInitAttr, Mlx5DVQPInitAttr,
    Mlx5QP, Wqe, WqeCtrlSeg, WqeDataSeg)
from pyverbs.providers.mlx5.mlx5dv_dmabuf import Mlx5DmaBufMR
from pyverbs.providers.mlx5.mlx5dv_objects import Mlx5DvObj
from pyverbs.pyverbs_error import PyverbsUserError
from pyverbs.qp import QPCap, QPInitAttrEx
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr
from pyverbs.wr import SGE

import rdma
from rdma import ALL, PAGE, Pair, Region, error_of, pattern

SEND_OPS = e.IBV_QP_EX_WITH_RDMA_WRITE


@pytest.fixture
def ctx(hca):
    with Mlx5Context(Mlx5DVContextAttr(), hca) as context:
        yield context


# ---- devices --------------------------------------------------------------

def test_context_is_one_of_verbs(ctx, hca):
    assert ctx.name == hca
    assert ctx.query_port(1).state == e.IBV_PORT_ACTIVE
    assert PD(ctx).handle is not None


def test_device_of_another_vendor_is_eopnotsupp():
    assert error_of(Mlx5Context, Mlx5DVContextAttr(), 'rxe0') == errno.EOPNOTSUPP


def test_attr_is_of_the_providers_class(hca):
    with pytest.raises(PyverbsUserError, match='provider'):
        Context(name=hca, attr=Mlx5DVContextAttr())


def test_device_says_what_it_filled_in(ctx):
    all_of_it = ctx.query_mlx5_device()
    assert 'MLX5DV' in mlx5dv.context_flags_to_str(all_of_it.flags) or \
        not all_of_it.flags
    asked = dve.MLX5DV_CONTEXT_MASK_CQE_COMPRESION
    some = ctx.query_mlx5_device(asked)
    assert some.comp_mask & ~asked == 0
    assert set(some.cqe_comp_caps) == {'max_num', 'supported_format'}


def test_device_without_data_direct_is_enodev(ctx):
    assert error_of(ctx.get_data_direct_sysfs_path) == errno.ENODEV


# ---- queues ---------------------------------------------------------------

@pytest.mark.parametrize('size', (64, 128))
def test_cq_has_entries_of_the_size_asked_for(ctx, size):
    attr = Mlx5DVCQInitAttr(dve.MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE, cqe_size=size)
    with Mlx5CQ(ctx, CqInitAttrEx(cqe=10), attr) as cq:
        found = Mlx5DvObj(dve.MLX5DV_OBJ_CQ, cq=cq).dvcq
        assert found.cqe_size == size
        assert found.cqe_cnt >= 10
        assert found.buf and found.dbrec and found.cq_uar


def test_cq_with_entries_of_another_size_is_einval(ctx):
    attr = Mlx5DVCQInitAttr(dve.MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE, cqe_size=32)
    assert error_of(Mlx5CQ, ctx, CqInitAttrEx(), attr) == errno.EINVAL


def make_qp(ctx, pd, cq, dv_attr=None):
    mask = e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS
    return Mlx5QP(ctx, QPInitAttrEx(
        qp_type=e.IBV_QPT_RC, scq=cq, rcq=cq, cap=QPCap(16, 16, 4, 4, 0), pd=pd,
        comp_mask=mask, send_ops_flags=SEND_OPS), dv_attr or Mlx5DVQPInitAttr())


def replace_qp(pair, dv_attr=None):
    """One of the pair's QPs becomes one made by the direct verbs."""
    a = pair.a
    a.qp.close()
    a.qp = make_qp(a.ctx, a.pd, a.cq, dv_attr)
    pair.b.enter(e.IBV_QPS_RESET)
    rdma.connect(a, pair.b)
    return a.qp


def test_qp_sends(hca):
    with Pair(hca) as pair:
        qp = replace_qp(pair)
        source = Region(pair.a.pd, PAGE, fill=1)
        target = Region(pair.b.pd, PAGE)
        qp.wr_start()
        qp.wr_id, qp.wr_flags = 1, e.IBV_SEND_SIGNALED
        qp.wr_rdma_write(*target.remote())
        qp.wr_set_sge(source.sge())
        qp.wr_complete()
        rdma.succeed(pair.a.cq)
        target.check(pattern(PAGE, 1), 'target')


def test_numbers_behind_the_objects(ctx):
    pd, cq = PD(ctx), CQ(ctx, 16)
    qp = make_qp(ctx, pd, cq)
    srq = SRQ(pd, SrqInitAttr(SrqAttr(16)))
    found = Mlx5DvObj(
        dve.MLX5DV_OBJ_QP | dve.MLX5DV_OBJ_CQ | dve.MLX5DV_OBJ_PD |
        dve.MLX5DV_OBJ_SRQ, qp=qp, cq=cq, pd=pd, srq=srq)
    others = Mlx5DvObj(dve.MLX5DV_OBJ_PD | dve.MLX5DV_OBJ_CQ, pd=PD(ctx),
                       cq=CQ(ctx, 16))
    assert found.dvpd.pdn != others.dvpd.pdn
    assert found.dvcq.cqn != others.dvcq.cqn
    assert found.dvsrq.stride and found.dvsrq.tail
    assert found.dvqp.comp_mask & ~sum(dve.mlx5dv_qp_comp_mask) == 0
    assert others.dvqp is None


def test_object_that_is_not_given():
    with pytest.raises(TypeError):
        Mlx5DvObj(dve.MLX5DV_OBJ_CQ)
    with pytest.raises(PyverbsUserError):
        Mlx5DvObj(dve.MLX5DV_OBJ_AH)


def test_objects_of_another_vendor_are_eopnotsupp(rxe_pd):
    assert error_of(Mlx5DvObj, dve.MLX5DV_OBJ_PD, pd=rxe_pd) == errno.EOPNOTSUPP


# ---- requests of one's own ------------------------------------------------

RAW = Mlx5DVQPInitAttr(dve.MLX5DV_QP_INIT_ATTR_MASK_SEND_OPS_FLAGS,
                       send_ops_flags=dve.MLX5DV_QP_EX_WITH_RAW_WQE)
WRITE_SEGMENTS = 3


@pytest.fixture(name='raw_pair')
def fixture_raw_pair(hca):
    with Pair(hca) as pair:
        replace_qp(pair, RAW)
        yield pair


def write_wqe(qp, source, target, ds=WRITE_SEGMENTS, at=None):
    """An RDMA write, byte for byte."""
    rkey, addr = target.remote()
    sge = source.sge()
    return Wqe([
        WqeCtrlSeg(opcode=dve.MLX5_OPCODE_RDMA_WRITE, qp_num=qp.qp_num,
                   fm_ce_se=dve.MLX5_WQE_CTRL_CQ_UPDATE, ds=ds),
        struct.pack('>QII', addr, rkey, 0),
        WqeDataSeg(sge.length, sge.lkey, sge.addr)], at)


def post_raw(qp, wqe):
    qp.wr_start()
    qp.wr_id = 77
    qp.wr_raw_wqe(wqe)
    qp.wr_complete()


def test_raw_wqe_is_carried_out(raw_pair):
    """As often as the queue has places and more, each at its own."""
    qp = raw_pair.a.qp
    target = Region(raw_pair.b.pd, PAGE)
    for i in range(40):
        source = Region(raw_pair.a.pd, PAGE, fill=i)
        post_raw(qp, write_wqe(qp, source, target))
        wc, = rdma.succeed(raw_pair.a.cq)
        assert wc.wr_id == 77
        target.check(pattern(PAGE, i), 'target')


def test_raw_wqe_at_an_address(raw_pair):
    qp = raw_pair.a.qp
    source = Region(raw_pair.a.pd, PAGE, fill=3)
    target = Region(raw_pair.b.pd, PAGE)
    memory = Region(raw_pair.a.pd, PAGE)
    post_raw(qp, write_wqe(qp, source, target, at=memory.addr))
    rdma.succeed(raw_pair.a.cq)
    target.check(pattern(PAGE, 3), 'target')


def test_raw_wqe_of_no_size_is_einval(raw_pair):
    qp = raw_pair.a.qp
    source, target = (Region(side.pd, PAGE, fill=3)
                      for side in (raw_pair.a, raw_pair.b))
    assert error_of(post_raw, qp, write_wqe(qp, source, target, ds=0)) == \
        errno.EINVAL


def test_raw_wqe_longer_than_its_memory(raw_pair):
    """It would be read beyond its end."""
    qp = raw_pair.a.qp
    source, target = (Region(side.pd, PAGE, fill=3)
                      for side in (raw_pair.a, raw_pair.b))
    wqe = write_wqe(qp, source, target, ds=5)
    qp.wr_start()
    with pytest.raises(PyverbsUserError, match='80 bytes, but only 64'):
        qp.wr_raw_wqe(wqe)
    qp.wr_abort()


def test_raw_wqe_that_was_closed(raw_pair):
    qp = raw_pair.a.qp
    wqe = Wqe([bytes(64)])
    wqe.close()
    qp.wr_start()
    with pytest.raises(PyverbsUserError):
        qp.wr_raw_wqe(wqe)
    qp.wr_abort()


# ---- dma-bufs -------------------------------------------------------------

def test_dmabuf_region(hca, exporter):
    with Pair(hca) as pair, DmaBuf(3 * PAGE, exporter=exporter) as buf:
        source = Region(pair.a.pd, PAGE, fill=1)
        buf.write(pattern(3 * PAGE, 2), 3 * PAGE)
        with Mlx5DmaBufMR(pair.b.pd, PAGE, PAGE, 0x40000, buf.fd, ALL) as mr:
            pair.a.send(e.IBV_WR_RDMA_WRITE,
                        [SGE(source.addr, PAGE, source.mr.lkey)],
                        (mr.rkey, 0x40000))
            rdma.succeed(pair.a.cq)
        expected = bytearray(pattern(3 * PAGE, 2))
        expected[PAGE:2 * PAGE] = pattern(PAGE, 1)
        rdma.compare(buf.read(3 * PAGE), bytes(expected), 'dma-buf')


def test_dmabuf_region_of_no_descriptor_is_ebadf(hca_pd):
    assert error_of(Mlx5DmaBufMR, hca_pd, 0, PAGE, 0, -1, ALL) == errno.EBADF


def test_dmabuf_region_of_another_vendor_is_eopnotsupp(rxe_pd):
    assert error_of(Mlx5DmaBufMR, rxe_pd, 0, PAGE, 0, -1, ALL) == \
        errno.EOPNOTSUPP


# ---- what is closed -------------------------------------------------------

def test_children_go_with_the_context(hca):
    ctx = Mlx5Context(Mlx5DVContextAttr(), hca)
    cq = Mlx5CQ(ctx, CqInitAttrEx(), Mlx5DVCQInitAttr())
    ctx.close()
    ctx.close()
    for use in (ctx.query_mlx5_device,
                lambda: Mlx5DvObj(dve.MLX5DV_OBJ_CQ, cq=cq)):
        with pytest.raises(PyverbsUserError, match='closed'):
            use()


# ---- the path of packets --------------------------------------------------

@pytest.fixture(name='ready')
def fixture_ready():
    with Pair(rdma.SOFTHCA['dynamic']) as pair:
        yield pair.a


def test_udp_port_is_changed(ready):
    Mlx5QP.modify_udp_sport(ready.qp, 0xc0de)


def test_udp_port_outside_rts_is_eopnotsupp(ready):
    ready.enter(e.IBV_QPS_RESET)
    assert error_of(Mlx5QP.modify_udp_sport, ready.qp, 1) == errno.EOPNOTSUPP


def test_udp_port_of_datagrams_is_eopnotsupp():
    side = rdma.ud_side(rdma.SOFTHCA['dynamic'])
    assert error_of(Mlx5QP.modify_udp_sport, side.qp, 1) == errno.EOPNOTSUPP
    side.close()


@pytest.mark.parametrize('name', ('rxe0', rdma.SOFTHCA['pinned']))
def test_udp_port_of_a_device_that_cannot_is_eopnotsupp(name):
    with Pair(name) as pair:
        assert error_of(Mlx5QP.modify_udp_sport, pair.a.qp, 1) == \
            errno.EOPNOTSUPP


BOND = f'{rdma.DEBUGFS}/{rdma.SOFTHCA["dynamic"]}/lag_ports'


def bond(ports):
    with open(BOND, 'w', encoding='ascii') as f:
        f.write(str(ports))


@pytest.fixture(name='bonded')
def fixture_bonded():
    """A QP in RTS of a device whose two ports are one."""
    bond(2)
    try:
        with Pair(rdma.SOFTHCA['dynamic']) as pair:
            yield pair.a
    finally:
        bond(0)


def test_lag_port_is_changed(bonded):
    wanted, active = Mlx5QP.query_lag_port(bonded.qp)
    assert wanted in (1, 2) and active == wanted
    for port in (1, 2, 1):
        Mlx5QP.modify_lag_port(bonded.qp, port)
        assert Mlx5QP.query_lag_port(bonded.qp) == (port, port)


def test_lag_port_before_init_is_eopnotsupp(bonded):
    side = rdma.Side(bonded.ctx.name)
    assert error_of(Mlx5QP.query_lag_port, side.qp) == errno.EOPNOTSUPP
    assert error_of(Mlx5QP.modify_lag_port, side.qp, 1) == errno.EOPNOTSUPP
    side.close()


def test_lag_port_that_is_none(bonded):
    """A QP may give its port up, and wants none from then on."""
    assert error_of(Mlx5QP.modify_lag_port, bonded.qp, 16) == errno.EINVAL
    Mlx5QP.modify_lag_port(bonded.qp, 0)
    assert error_of(Mlx5QP.query_lag_port, bonded.qp) == errno.EOPNOTSUPP
    assert error_of(Mlx5QP.modify_lag_port, bonded.qp, 1) == errno.EOPNOTSUPP


@pytest.mark.parametrize('name', ('rxe0', *rdma.SOFTHCA.values()))
def test_lag_port_without_a_bond_is_eopnotsupp(name):
    with Pair(name) as pair:
        assert error_of(Mlx5QP.query_lag_port, pair.a.qp) == errno.EOPNOTSUPP
        assert error_of(Mlx5QP.modify_lag_port, pair.a.qp, 1) == \
            errno.EOPNOTSUPP
