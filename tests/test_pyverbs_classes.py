# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Every class of pyverbs that owns something: closed twice, used after, dropped, and
closed by whatever it was made from. A new class needs a recipe here.
"""

import errno
import functools
import gc
import importlib
import inspect
import os
import pkgutil
import struct

import pytest

import pyverbs
from pyverbs import enums as e
from pyverbs.addr import AH, AHAttr, GID, GlobalRoute
from pyverbs.base import PyverbsCM
from pyverbs.cq import CQ, CQEX, CompChannel, CqInitAttrEx, PollCqAttr
from pyverbs.device import AllocDmAttr, Context, DM
from pyverbs.dmabuf import CpuAccess, DmaBuf
from pyverbs.mr import (DMMR, MR, MW, Buf, BufMR, DMAHandle, DmaBufMR,
                        DmaHandleInitAttr, MREx, NullMR)
from pyverbs.pd import PD, TD, ParentDomain, ParentDomainInitAttr
from pyverbs.providers.efa import efadv
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import (
    Mlx5Context, Mlx5CQ, Mlx5DevxCmdComp, Mlx5DevxObj, Mlx5DVContextAttr, Mlx5DVCQInitAttr,
    Mlx5DVQPInitAttr, Mlx5QP, Mlx5UAR, Mlx5UMEM)
from pyverbs.providers.mlx5.mlx5dv_dmabuf import Mlx5DmaBufMR
from pyverbs.providers.mlx5.mlx5dv_event import EventChannel, EventFD
from pyverbs.providers.mlx5.mlx5dv_mkey import Mlx5Mkey
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.qp import QP, QPCap, QPEx, QPInitAttr, QPInitAttrEx
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr, SrqInitAttrEx
from pyverbs.wr import SendWR
from pyverbs.xrcd import XRCD, XRCDInitAttr

import rdma
from rdma import ALL, LOCAL, PAGE, SOFTHCA

HCA = SOFTHCA['dynamic']
ALLOC_PD = struct.pack('>H14x', 0x800)
XRCD_MASK = e.IBV_XRCD_INIT_ATTR_FD | e.IBV_XRCD_INIT_ATTR_OFLAGS
EX_MASK = e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS

# Of these the VM's devices have none, or a kernel of its own has; each is made
# elsewhere as far as it goes.
NOT_MADE = {
    'pyverbs.comp_cntr.CompCntr': 'no device has counters: test_newest',
    'pyverbs.flow.Counters': 'no device has counters: test_flow',
    'pyverbs.flow.Flow': 'no device has flows: test_flow',
    'pyverbs.flow.FlowAction': 'the base of what providers have',
    'pyverbs.wq.WQ': 'no device has WQs: test_wq',
    'pyverbs.wq.RwqIndTable': 'no device has WQs: test_wq',
    'pyverbs.providers.efa.efadv.EfaCQ': 'of EFA: test_pyverbs_efa',
    'pyverbs.providers.efa.efadv.EfaCompCntr': 'of EFA: test_pyverbs_efa',
    'pyverbs.providers.efa.efadv.SRDQP': 'of EFA: test_pyverbs_efa',
    'pyverbs.providers.efa.efadv.SRDQPEx': 'of EFA: test_pyverbs_efa',
    'pyverbs.base.PyverbsCM': 'the base of all',
    # What they hold is memory of their own, and nothing is made from them.
    **dict.fromkeys((
        'pyverbs.mr.MWBind', 'pyverbs.mr.MWBindInfo', 'pyverbs.qp.DataBuffer',
        'pyverbs.srq.OpsWr', 'pyverbs.wr.RecvWR', 'pyverbs.wr.SGE',
        'pyverbs.wr.SendWR', 'pyverbs.providers.mlx5.mlx5dv.Wqe',
        'pyverbs.providers.mlx5.mlx5dv.WqeCtrlSeg',
        'pyverbs.providers.mlx5.mlx5dv.WqeDataSeg',
        'pyverbs.providers.mlx5.mlx5dv.WqeSeg'), 'memory of its own'),
}
# librdmacm keeps devices open: tests/cm has them, in a process of its own.
CM = 'pyverbs.cmid.'


class World:
    """What the others are made from: each once, when it is asked for."""

    @functools.cached_property
    def ctx(self):
        return Mlx5Context(Mlx5DVContextAttr(dve.MLX5DV_CONTEXT_FLAGS_DEVX), HCA)

    @functools.cached_property
    def pd(self):
        return PD(self.ctx)

    @functools.cached_property
    def td(self):
        return TD(self.ctx)

    @functools.cached_property
    def domain(self):
        return ParentDomain(self.ctx, ParentDomainInitAttr(self.pd, td=self.td))

    @functools.cached_property
    def channel(self):
        return CompChannel(self.ctx)

    @functools.cached_property
    def cq(self):
        return CQ(self.ctx, 16)

    @functools.cached_property
    def dm(self):
        return DM(self.ctx, AllocDmAttr(PAGE))

    @functools.cached_property
    def buf(self):
        return DmaBuf(2 * PAGE, exporter='testbuf')

    @functools.cached_property
    def provider_buf(self):
        return Buf(self.pd, 2 * PAGE)

    @functools.cached_property
    def handle(self):
        return DMAHandle(self.ctx, DmaHandleInitAttr(
            e.IBV_DMAH_INIT_ATTR_MASK_PH, ph=1))

    @functools.cached_property
    def srq(self):
        return SRQ(self.pd, SrqInitAttr(SrqAttr(16)))

    @functools.cached_property
    def xrcd(self):
        return XRCD(self.ctx, XRCDInitAttr(XRCD_MASK, os.O_CREAT, -1))

    def close(self):
        for made in ('ctx', 'buf'):
            if made in vars(self):
                getattr(self, made).close()


CAP = QPCap(4, 4, 1, 1, 0)


def qp_attr(w, **more):
    return QPInitAttr(qp_type=e.IBV_QPT_RC, scq=w.cq, rcq=w.cq, cap=CAP, **more)


def qp_attr_ex(w):
    return QPInitAttrEx(qp_type=e.IBV_QPT_RC, scq=w.cq, rcq=w.cq, cap=CAP, pd=w.pd,
                        comp_mask=EX_MASK,
                        send_ops_flags=e.IBV_QP_EX_WITH_RDMA_WRITE)


def xrc_srq_attr(w):
    attr = SrqInitAttrEx(16)
    attr.comp_mask = (e.IBV_SRQ_INIT_ATTR_TYPE | e.IBV_SRQ_INIT_ATTR_PD |
                      e.IBV_SRQ_INIT_ATTR_XRCD | e.IBV_SRQ_INIT_ATTR_CQ)
    attr.srq_type = e.IBV_SRQT_XRC
    attr.pd, attr.xrcd, attr.cq = w.pd, w.xrcd, w.cq
    return attr


def ah(w, cls=AH):
    index, gid = rdma.routable_gid(w.ctx)
    return cls(w.pd, attr=AHAttr(
        is_global=1, gr=GlobalRoute(GID(gid), sgid_index=index)))


def use_ah(made):
    SendWR().set_wr_ud(made, 1, 1)


def use_handle(made):
    """For a region of its own device, or of another one, which refuses it."""
    try:
        MREx(CURRENT.pd, PAGE, dmah=made).close()
    except PyverbsRDMAError as error:
        assert error.error_code == errno.EINVAL


# Class: (makes one, the parts of the World that it is made from, uses it).
RECIPES = {
    Context: (lambda w: Context(name=HCA), (), lambda o: o.query_device()),
    Mlx5Context: (lambda w: w.ctx, (), lambda o: o.query_device()),
    efadv.EfaContext: (lambda w: efadv.EfaContext(HCA), (),
                       lambda o: o.query_device()),
    PD: (lambda w: PD(w.ctx), ('ctx',), lambda o: MR(o, PAGE).close()),
    TD: (lambda w: TD(w.ctx), ('ctx',),
         lambda o: ParentDomain(CURRENT.ctx, ParentDomainInitAttr(
             CURRENT.pd, td=o)).close()),
    ParentDomain: (lambda w: ParentDomain(w.ctx, ParentDomainInitAttr(w.pd, td=w.td)),
                   ('ctx', 'pd', 'td'), lambda o: MR(o, PAGE).close()),
    MR: (lambda w: MR(w.pd, PAGE), ('ctx', 'pd'), lambda o: o.lkey),
    efadv.EfaMR: (lambda w: efadv.EfaMR(w.pd, PAGE), ('ctx', 'pd'),
                  lambda o: o.lkey),
    NullMR: (lambda w: NullMR(w.pd), ('ctx', 'pd'), lambda o: o.lkey),
    MW: (lambda w: MW(w.pd, e.IBV_MW_TYPE_2), ('ctx', 'pd'), lambda o: o.rkey),
    Mlx5Mkey: (lambda w: Mlx5Mkey(w.pd, dve.MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT, 4),
               ('ctx', 'pd'), lambda o: o.lkey),
    DM: (lambda w: DM(w.ctx, AllocDmAttr(PAGE)), ('ctx',), lambda o: o.handle),
    DMMR: (lambda w: DMMR(w.pd, PAGE, LOCAL | e.IBV_ACCESS_ZERO_BASED, w.dm, 0),
           ('ctx', 'pd', 'dm'), lambda o: o.read(8, 0)),
    DmaBuf: (lambda w: DmaBuf(PAGE, exporter='testbuf'), (), lambda o: o.read(1)),
    CpuAccess: (lambda w: w.buf.cpu_access(), ('buf',), lambda o: memoryview(o)[0]),
    DmaBufMR: (lambda w: DmaBufMR(w.pd, PAGE, ALL, w.buf), ('ctx', 'pd', 'buf'),
               lambda o: o.read(1, 0)),
    Mlx5DmaBufMR: (lambda w: Mlx5DmaBufMR(w.pd, 0, PAGE, 0, w.buf, ALL),
                   ('ctx', 'pd', 'buf'), lambda o: o.read(1, 0)),
    CompChannel: (lambda w: CompChannel(w.ctx), ('ctx',), lambda o: o.fd),
    CQ: (lambda w: CQ(w.ctx, 16, None, w.channel), ('ctx', 'channel'),
         lambda o: o.poll()),
    CQEX: (lambda w: CQEX(w.ctx, CqInitAttrEx(
        16, w.channel, comp_mask=e.IBV_CQ_INIT_ATTR_MASK_PD,
        parent_domain=w.domain)), ('ctx', 'channel', 'domain'),
        lambda o: o.start_poll(PollCqAttr())),
    Mlx5CQ: (lambda w: Mlx5CQ(w.ctx, CqInitAttrEx(16, w.channel),
                              Mlx5DVCQInitAttr()), ('ctx', 'channel'),
             lambda o: o.start_poll(PollCqAttr())),
    SRQ: (lambda w: SRQ(w.ctx, xrc_srq_attr(w)), ('ctx', 'pd', 'xrcd', 'cq'),
          lambda o: o.query()),
    QP: (lambda w: QP(w.pd, qp_attr(w, srq=w.srq)), ('ctx', 'pd', 'cq', 'srq'),
         lambda o: o.query(e.IBV_QP_STATE)),
    QPEx: (lambda w: QPEx(w.ctx, qp_attr_ex(w)), ('ctx', 'pd', 'cq'),
           lambda o: (o.wr_start(), o.wr_abort())),
    Mlx5QP: (lambda w: Mlx5QP(w.ctx, qp_attr_ex(w), Mlx5DVQPInitAttr()),
             ('ctx', 'pd', 'cq'), lambda o: (o.wr_start(), o.wr_abort())),
    AH: (ah, ('ctx', 'pd'), use_ah),
    efadv.EfaAH: (lambda w: ah(w, efadv.EfaAH), ('ctx', 'pd'), use_ah),
    XRCD: (lambda w: XRCD(w.ctx, XRCDInitAttr(XRCD_MASK, os.O_CREAT, -1)), ('ctx',),
           lambda o: rdma.error_of(QP.open, o, 0xffffff)),
    Mlx5UAR: (lambda w: Mlx5UAR(w.ctx, dve._MLX5DV_UAR_ALLOC_TYPE_NC), ('ctx',),
              lambda o: o.page_id),
    Mlx5UMEM: (lambda w: Mlx5UMEM(w.ctx, PAGE), ('ctx',), lambda o: o.umem_id),
    Mlx5DevxObj: (lambda w: Mlx5DevxObj(w.ctx, ALLOC_PD, 16), ('ctx',),
                  lambda o: rdma.error_of(o.query, ALLOC_PD, 16)),
    Mlx5DevxCmdComp: (lambda w: Mlx5DevxCmdComp(w.ctx), ('ctx',),
                      lambda o: o.fd),
    EventChannel: (lambda w: EventChannel(w.ctx), ('ctx',), lambda o: o.fd),
    EventFD: (lambda w: EventFD(1), (), lambda o: os.read(o.fd, 8)),
}
NEWEST = {
    Buf: (lambda w: Buf(w.pd, PAGE), ('ctx', 'pd'), lambda o: o.addr),
    BufMR: (lambda w: BufMR(w.pd, w.provider_buf, PAGE), ('ctx', 'pd', 'provider_buf'),
            lambda o: o.read(1, 0)),
    DMAHandle: (lambda w: DMAHandle(w.ctx, DmaHandleInitAttr(
        e.IBV_DMAH_INIT_ATTR_MASK_PH, ph=1)), ('ctx',), use_handle),
    MREx: (lambda w: MREx(w.pd, PAGE, dmah=w.handle), ('ctx', 'pd', 'handle'),
           lambda o: o.read(1, 0)),
}
CURRENT = World()


def every_class():
    for info in pkgutil.walk_packages(pyverbs.__path__, 'pyverbs.'):
        module = importlib.import_module(info.name)
        for cls in vars(module).values():
            if isinstance(cls, type) and issubclass(cls, PyverbsCM) and \
               cls.__module__ == info.name:
                yield cls


def name_of(cls):
    return f'{cls.__module__}.{cls.__name__}'


def test_every_class_has_a_recipe():
    known = {name_of(cls) for cls in (*RECIPES, *NEWEST)} | set(NOT_MADE)
    found = {name_of(cls) for cls in every_class()}
    assert {name for name in found if not name.startswith(CM)} == known


def marked(recipes, marks=()):
    return [pytest.param(cls, recipe, id=cls.__name__, marks=marks)
            for cls, recipe in recipes.items()]


ALL_RECIPES = marked(RECIPES) + marked(NEWEST, pytest.mark.newest_kernel)
with_every_class = pytest.mark.parametrize('cls, recipe', ALL_RECIPES)
with_every_parent = pytest.mark.parametrize('cls, recipe, parent', [
    pytest.param(*param.values, parent, id=f'{param.id}-{parent}', marks=param.marks)
    for param in ALL_RECIPES for parent in param.values[1][1]])


@pytest.fixture
def world():
    global CURRENT
    CURRENT = World()
    yield CURRENT
    CURRENT.close()
    CURRENT = World()


def members(obj):
    """Properties, and methods that need no argument."""
    for name in sorted(set(dir(type(obj))) - set(dir(object))):
        member = inspect.getattr_static(type(obj), name)
        if name.startswith('_') or name == 'close':
            continue
        if not callable(member):
            yield name, lambda name=name: getattr(obj, name)
        elif not isinstance(member, (classmethod, staticmethod)) and not [
                p for p in inspect.signature(getattr(obj, name)).parameters.values()
                if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]:
            yield name, getattr(obj, name)


def is_closed(use, obj):
    """Its use is refused, with words that say why."""
    try:
        use(obj)
    except (PyverbsUserError, BufferError) as error:
        return 'closed' in str(error)
    return False


def try_members(obj):
    """Nothing of it crashes, whatever it raises."""
    for name, call in members(obj):
        try:
            call()
        except (PyverbsUserError, BufferError) as error:
            assert str(error), name


@with_every_class
def test_it_works_until_it_is_closed_twice(cls, recipe, world):
    make, _, use = recipe
    obj = make(world)
    assert type(obj) is cls
    use(obj)
    obj.close()
    obj.close()
    assert is_closed(use, obj)
    try_members(obj)
    assert cls.__name__ in str(obj)


@with_every_parent
def test_it_is_closed_before_its_parent(cls, recipe, parent, world):
    """And there are no others of a parent that is closed."""
    make, _, use = recipe
    obj = make(world)
    getattr(world, parent).close()
    assert is_closed(use, obj)
    obj.close()
    with pytest.raises((PyverbsUserError, BufferError), match='closed'):
        make(world)


@with_every_class
def test_it_keeps_its_parents_and_goes_with_them(cls, recipe):
    """The clean fixture sees to it that all go in the end."""
    global CURRENT
    make, _, use = recipe
    CURRENT = world = World()
    obj = make(world)
    vars(world).clear()
    gc.collect()
    use(obj)
    vars(world).clear()


def test_with_statement_closes():
    with PD(Context(name=HCA)) as pd:
        assert pd.handle is not None
    assert pd.handle is None
