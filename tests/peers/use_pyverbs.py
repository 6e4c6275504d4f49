# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Use Debian's pyverbs: use_pyverbs.py PART DEVICE GID_INDEX.

Prints what it finds, so that two runs can be compared; `done` at the end.
"""

import fcntl
import importlib
import os
import pkgutil
import struct
import sys
import time

import pyverbs
from pyverbs import enums as e
from pyverbs.pyverbs_error import PyverbsError

PAGE = 4096
UDMABUF_CREATE = 0x40187542
F_ADD_SEALS, F_SEAL_SHRINK = 1033, 2
ACCESS = (e.IBV_ACCESS_LOCAL_WRITE | e.IBV_ACCESS_REMOTE_WRITE |
          e.IBV_ACCESS_REMOTE_READ)


def attempt(name, make):
    """Make something, say how that went, and drop it."""
    try:
        made = make()
    except (PyverbsError, TypeError) as err:
        print(f"{name}: {str(err).splitlines()[0]}")
    else:
        print(f"{name}: made")
        if hasattr(made, "close"):
            made.close()


def use_modules():
    for module in sorted(m.name for m in pkgutil.walk_packages(
            pyverbs.__path__, "pyverbs.")):
        importlib.import_module(module)
        print(module)


def use_device(ctx, gid_index):
    print(ctx.query_device())
    print(ctx.query_device_ex())
    print(ctx.query_port(1))
    print(ctx.query_gid(1, gid_index))
    print(ctx.query_gid_ex(1, gid_index).gid_type)
    print(ctx.query_gid_type(1, gid_index))
    print(len(ctx.query_gid_table(64)))
    print(ctx.query_pkey(1, 0), ctx.get_pkey_index(1, 0xffff))


def udmabuf(size):
    memfd = os.memfd_create("peer", os.MFD_ALLOW_SEALING)
    os.ftruncate(memfd, size)
    fcntl.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK)
    with open("/dev/udmabuf", "rb") as udmabuf_file:
        # Of an immutable argument it would return the bytes, not the descriptor.
        fd = fcntl.ioctl(udmabuf_file, UDMABUF_CREATE,
                         bytearray(struct.pack("IIQQ", memfd, 0, 0, size)))
    os.close(memfd)
    return fd


def use_objects(ctx, _):
    from pyverbs.cq import CQ, CQEX, CompChannel, CqInitAttrEx
    from pyverbs.device import AllocDmAttr, DM
    from pyverbs.mr import MR, MW, DmaBufMR
    from pyverbs.pd import PD, ParentDomain, ParentDomainInitAttr
    from pyverbs.qp import QP, QPCap, QPInitAttr, QPInitAttrEx
    from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr
    from pyverbs.xrcd import XRCD, XRCDInitAttr

    pd, cq = PD(ctx), CQ(ctx, 16)
    cap = QPCap(4, 4, 1, 1, 0)
    fd = udmabuf(4 * PAGE)
    attempt("CompChannel", lambda: CompChannel(ctx))
    attempt("CQEX", lambda: CQEX(ctx, CqInitAttrEx(16)))
    attempt("MR", lambda: MR(pd, 3 * PAGE, ACCESS))
    attempt("MR remote only", lambda: MR(pd, PAGE, e.IBV_ACCESS_REMOTE_WRITE))
    attempt("DmaBufMR", lambda: DmaBufMR(pd, 2 * PAGE, ACCESS, fd, PAGE))
    attempt("DmaBufMR past end", lambda: DmaBufMR(pd, 9 * PAGE, ACCESS, fd))
    attempt("MW 1", lambda: MW(pd, e.IBV_MW_TYPE_1))
    attempt("MW 2", lambda: MW(pd, e.IBV_MW_TYPE_2))
    attempt("DM", lambda: DM(ctx, AllocDmAttr(PAGE)))
    attempt("ParentDomain", lambda: ParentDomain(
        ctx, ParentDomainInitAttr(pd)))
    attempt("SRQ", lambda: SRQ(pd, SrqInitAttr(SrqAttr(16))))
    attempt("XRCD", lambda: XRCD(ctx, XRCDInitAttr(
        e.IBV_XRCD_INIT_ATTR_FD | e.IBV_XRCD_INIT_ATTR_OFLAGS,
        os.O_CREAT, -1)))
    for kind in ("RC", "UC", "UD", "RAW_PACKET"):
        kind_value = getattr(e, f"IBV_QPT_{kind}")
        attempt(f"QP {kind}", lambda k=kind_value: QP(pd, QPInitAttr(
            qp_type=k, scq=cq, rcq=cq, cap=cap)))
        attempt(f"QPEx {kind}", lambda k=kind_value: QP(ctx, QPInitAttrEx(
            qp_type=k, scq=cq, rcq=cq, cap=cap, pd=pd,
            comp_mask=e.IBV_QP_INIT_ATTR_PD)))
    os.close(fd)


class End:
    """One end of a connection, with a buffer."""

    def __init__(self, ctx, gid_index):
        from pyverbs.cq import CQ
        from pyverbs.mr import MR
        from pyverbs.pd import PD
        from pyverbs.qp import QP, QPCap, QPInitAttr

        self.gid_index, self.gid = gid_index, ctx.query_gid(1, gid_index)
        self.pd, self.cq = PD(ctx), CQ(ctx, 16)
        self.mr = MR(self.pd, PAGE, ACCESS)
        self.qp = QP(self.pd, QPInitAttr(
            qp_type=e.IBV_QPT_RC, scq=self.cq, rcq=self.cq,
            cap=QPCap(4, 4, 1, 1, 0)))

    def connect(self, other):
        from pyverbs.addr import AHAttr, GlobalRoute
        from pyverbs.qp import QPAttr

        attr = QPAttr(port_num=1)
        attr.qp_access_flags = ACCESS
        attr.path_mtu = e.IBV_MTU_1024
        attr.dest_qp_num = other.qp.qp_num
        attr.ah_attr = AHAttr(is_global=1, port_num=1, gr=GlobalRoute(
            other.gid, sgid_index=self.gid_index))
        attr.max_rd_atomic = attr.max_dest_rd_atomic = 1
        attr.min_rnr_timer, attr.timeout = 12, 14
        attr.retry_cnt = attr.rnr_retry = 7
        self.qp.to_rts(attr)

    def sge(self):
        from pyverbs.wr import SGE

        return SGE(self.mr.buf, PAGE, self.mr.lkey)

    def completion(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            count, wcs = self.cq.poll(1)
            if count:
                return wcs[0]
        raise SystemExit("no completion in 10 s")


def use_traffic(ctx, gid_index):
    from pyverbs.wr import RecvWR, SendWR

    a, b = End(ctx, gid_index), End(ctx, gid_index)
    a.connect(b)
    b.connect(a)
    a.mr.write("x" * PAGE, PAGE)
    b.qp.post_recv(RecvWR(2, 1, [b.sge()]))
    a.qp.post_send(SendWR(1, e.IBV_WR_SEND, 1, 0, [a.sge()]))
    for end in (a, b):
        done = end.completion()
        # Of a send the length is whatever the memory held before.
        print(done.wr_id, done.status, done.opcode,
              done.byte_len if end is b else "")
    print("as sent" if b.mr.read(PAGE, 0) == b"x" * PAGE else "wrong bytes")


PARTS = {"device": use_device, "objects": use_objects,
         "traffic": use_traffic}


def main():
    part, name, gid_index = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if part == "modules":
        use_modules()
    else:
        from pyverbs.device import Context

        with Context(name=name) as ctx:
            PARTS[part](ctx, gid_index)
    print("done")


main()
