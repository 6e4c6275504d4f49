# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Importing what another context made."""

import errno
import os
import subprocess
import sys

import pytest

from pyverbs.device import DM, Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsUserError

from rdma import ALL, PAGE, compare, error_of, pattern


def test_no_file_is_einval():
    assert error_of(Context, cmd_fd=-1) == errno.EINVAL


def test_file_of_no_device_is_enodev():
    fd = os.open('/dev/null', os.O_RDWR)
    assert error_of(Context, cmd_fd=fd) == errno.ENODEV
    os.close(fd)


def test_rxe_devices_are_not_importable():
    with Context(name='rxe0') as ctx:
        fd = os.dup(ctx.cmd_fd)
        assert error_of(Context, cmd_fd=fd) == errno.EOPNOTSUPP
        os.close(fd)                # would be EBADF


def test_context_is_opened_in_one_way(device):
    with pytest.raises(PyverbsUserError, match='takes one of'):
        Context(name=device, cmd_fd=3)
    with pytest.raises(PyverbsUserError, match='takes one of'):
        Context()


def test_rxe_pds_are_not_importable():
    with Context(name='rxe0') as ctx, PD(ctx) as pd:
        assert error_of(PD, ctx, handle=pd.handle) == errno.EOPNOTSUPP


def test_device_memory_of_rxe_is_not_importable():
    with Context(name='rxe0') as ctx:
        assert error_of(DM, ctx, handle=0) == errno.EOPNOTSUPP


def test_rxe_regions_are_not_importable(rxe_pd):
    with MR(rxe_pd, PAGE, ALL) as mr:
        assert error_of(MR, rxe_pd, handle=mr.handle) == errno.EOPNOTSUPP


def test_imported_region_is_the_same_region(hca_pd):
    with MR(hca_pd, 5000, ALL) as mr:
        with MR(hca_pd, handle=mr.handle) as imported:
            assert imported.lkey == mr.lkey
            assert imported.rkey == mr.rkey
            assert imported.handle == mr.handle
            assert imported.length == 5000
            assert imported.addr == 0
        assert mr.read(1, 0) == b'\0'
        mr.write(b'x', 1)


def test_closing_an_imported_region_leaves_its_owner(hca_pd):
    mr = MR(hca_pd, PAGE, ALL)
    MR(hca_pd, handle=mr.handle).close()
    MR(hca_pd, handle=mr.handle).unimport()
    handle = mr.handle
    mr.close()                      # the kernel still had it
    assert error_of(MR, hca_pd, handle=handle) == errno.ENOENT


def test_memory_of_an_imported_region_is_not_here(hca_pd):
    with MR(hca_pd, PAGE, ALL) as mr, MR(hca_pd, handle=mr.handle) as imported:
        with pytest.raises(PyverbsUserError, match='not here'):
            imported.read(1, 0)
        with pytest.raises(PyverbsUserError, match='not here'):
            imported.write(b'x', 1)


@pytest.fixture
def owner(hca):
    with Context(name=hca) as ctx:
        yield ctx


def test_imported_device_is_the_same_device(owner):
    with Context(cmd_fd=os.dup(owner.cmd_fd)) as ctx:
        assert ctx.name == owner.name
        assert ctx.num_comp_vectors == owner.num_comp_vectors
        assert ctx.query_device().node_guid == owner.query_device().node_guid


def test_closed_import_leaves_the_device_open(owner):
    fd = os.dup(owner.cmd_fd)
    Context(cmd_fd=fd).close()
    with pytest.raises(OSError):
        os.fstat(fd)                # was the context's
    PD(owner).close()


def test_imported_pd_is_the_same_pd(owner):
    with PD(owner) as pd, Context(cmd_fd=os.dup(owner.cmd_fd)) as ctx:
        with PD(ctx, handle=pd.handle) as imported:
            assert imported.handle == pd.handle
            mr = MR(imported, PAGE, ALL)
            assert error_of(pd.close) == errno.EBUSY
            mr.close()


def test_pd_that_is_none_is_enoent(owner):
    with PD(owner) as pd, MR(pd, PAGE, ALL) as mr:
        assert error_of(PD, owner, handle=12345) == errno.ENOENT
        assert error_of(PD, owner, handle=mr.handle + 1000) == errno.ENOENT


# Is handed the file of a device, and what is in it by name alone.
IMPORTER = '''
import sys
import rdma
from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.qp import QPCap

class Importer(rdma.Side):
    def __init__(self, ctx, pd):
        self.ctx, self.pd, self.access = ctx, pd, rdma.REMOTE
        self.cq = CQ(ctx, 16)
        self.qp = rdma.make_qp(ctx, pd, self.cq, e.IBV_QPT_RC,
                               QPCap(4, 4, 1, 1, 0))
        self.gid_index, self.gid = rdma.routable_gid(ctx)

fd, pd_handle, mr_handle, addr = map(int, sys.argv[1:])
ctx = Context(cmd_fd=fd)
pd = PD(ctx, handle=pd_handle)
mr = MR(pd, handle=mr_handle)
own = rdma.Region(pd, rdma.PAGE, fill=1)
a, b = Importer(ctx, pd), Importer(ctx, pd)
rdma.connect(a, b)
a.send(e.IBV_WR_RDMA_WRITE, [own.sge()], (mr.rkey, addr))
rdma.succeed(a.cq)
a.send(e.IBV_WR_RDMA_READ, [own.sge()], (mr.rkey, addr + rdma.PAGE))
rdma.succeed(a.cq)
rdma.compare(own.read(), rdma.pattern(rdma.PAGE, 2), 'what the owner wrote')
for end in (a, b):
    end.qp.close()
    end.cq.close()
own.close()
mr.unimport()
pd.unimport()
print('done')
'''


def test_another_process_does_rdma_with_what_it_imports(owner):
    with PD(owner) as pd, MR(pd, 2 * PAGE, ALL) as mr:
        mr.write(pattern(PAGE, 2), PAGE, PAGE)
        path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
        done = subprocess.run(
            [sys.executable, '-B', '-c', IMPORTER,
             *map(str, (owner.cmd_fd, pd.handle, mr.handle, mr.buf))],
            pass_fds=[owner.cmd_fd], stdout=subprocess.PIPE, check=True,
            env={**os.environ, 'PYTHONPATH': path}, timeout=120)
        assert done.stdout == b'done\n'
        compare(mr.read(PAGE, 0), pattern(PAGE, 1), 'what it wrote')
