# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Finding, opening and asking devices."""

import errno
import os
import re

import pytest

from pyverbs import enums as e
from pyverbs.device import (
    Context, QueryDeviceExInput, get_device_list, guid_format)
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError


def test_list_has_every_device():
    names = {dev.name.decode() for dev in get_device_list()}
    assert names == set(os.listdir('/sys/class/infiniband'))


def test_list_tells_guid_and_type(device):
    dev = next(d for d in get_device_list() if d.name.decode() == device)
    with open(f'/sys/class/infiniband/{device}/node_guid') as f:
        assert guid_format(dev.guid) == f.read().strip()
    assert dev.node_type == e.IBV_NODE_CA
    assert dev.transport_type == e.IBV_TRANSPORT_IB


def test_open_unknown_name_is_user_error():
    with pytest.raises(PyverbsUserError, match='nosuch'):
        Context(name='nosuch')


def test_close_twice_does_no_harm(device):
    ctx = Context(name=device)
    ctx.close()
    ctx.close()


def test_closed_context_is_refused(device):
    ctx = Context(name=device)
    ctx.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        ctx.query_device()


def test_open_many_times_at_once(device):
    contexts = [Context(name=device) for _ in range(8)]
    assert len({ctx.cmd_fd for ctx in contexts}) == 8
    for ctx in contexts:
        ctx.close()


def test_dropped_context_closes_itself(device):
    Context(name=device)        # the leak check looks


def test_query_device(device):
    with Context(name=device) as ctx:
        attr = ctx.query_device()
    assert attr.phys_port_cnt == 1
    assert attr.max_qp > 0 and attr.max_cq > 0 and attr.max_mr > 0
    assert attr.max_mr_size > 0 and attr.max_sge >= 1
    dev = next(d for d in get_device_list() if d.name.decode() == device)
    assert attr.node_guid == dev.guid


def test_query_port(device):
    with Context(name=device) as ctx:
        attr = ctx.query_port(1)
    assert attr.state == e.IBV_PORT_ACTIVE
    assert attr.link_layer == e.IBV_LINK_LAYER_ETHERNET
    assert attr.gid_tbl_len > 0 and attr.pkey_tbl_len > 0
    assert attr.max_mtu >= attr.active_mtu >= e.IBV_MTU_256


@pytest.mark.parametrize('port', (0, 2, 255))
def test_query_port_that_is_not_there_is_einval(device, port):
    with Context(name=device) as ctx:
        with pytest.raises(PyverbsRDMAError) as info:
            ctx.query_port(port)
    assert info.value.error_code == errno.EINVAL


def sysfs_gids(device):
    """index -> text of the GIDs in sysfs, without the empty ones."""
    folder = f'/sys/class/infiniband/{device}/ports/1/gids'
    gids = {}
    for name in os.listdir(folder):
        with open(f'{folder}/{name}') as f:
            gids[int(name)] = f.read().strip()
    return {i: gid for i, gid in gids.items() if int(gid.replace(':', ''), 16)}


def test_gid_table_is_that_of_sysfs(device):
    with Context(name=device) as ctx:
        table = ctx.query_gid_table(1024)
    assert {entry.gid_index: entry.gid_str()
            for entry in table} == sysfs_gids(device)
    assert all(entry.port_num == 1 for entry in table)


def test_each_gid_alone_is_that_of_the_table(device):
    with Context(name=device) as ctx:
        for index, gid in sysfs_gids(device).items():
            entry = ctx.query_gid_ex(1, index)
            assert entry.gid_str() == ctx.query_gid(1, index).gid == gid
            assert entry.gid_type == e.IBV_GID_TYPE_ROCE_V2
            assert ctx.query_gid_type(1, index) == \
                e.IBV_GID_TYPE_SYSFS_ROCE_V2


def test_gid_tells_its_netdev(device):
    with Context(name=device) as ctx:
        for entry in ctx.query_gid_table(16):
            path = f'/sys/class/infiniband/{device}/ports/1/gid_attrs/ndevs'
            with open(f'{path}/{entry.gid_index}') as f:
                netdev = f.read().strip()
            with open(f'/sys/class/net/{netdev}/ifindex') as f:
                assert entry.ndev_ifindex == int(f.read())


def test_gid_past_the_table_fails(device):
    with Context(name=device) as ctx:
        past = ctx.query_port(1).gid_tbl_len
        with pytest.raises(PyverbsRDMAError) as info:
            ctx.query_gid_ex(1, past)
    assert info.value.error_code == errno.EINVAL


def test_pkey(device):
    with Context(name=device) as ctx:
        pkey = ctx.query_pkey(1, 0)
        assert pkey == 0xffff
        assert ctx.get_pkey_index(1, pkey) == 0


def test_pkey_past_the_table_fails(device):
    with Context(name=device) as ctx:
        with pytest.raises(PyverbsRDMAError):
            ctx.query_pkey(1, ctx.query_port(1).pkey_tbl_len)


def test_extended_query_has_what_the_plain_one_has(device):
    with Context(name=device) as ctx:
        plain, extended = ctx.query_device(), ctx.query_device_ex()
    assert str(extended.orig_attr) == str(plain)
    assert extended.phys_port_cnt_ex == plain.phys_port_cnt


def test_extended_query_takes_an_input(device):
    with Context(name=device) as ctx:
        attr = ctx.query_device_ex(QueryDeviceExInput())
    assert attr.tso_caps.max_tso >= 0
    assert attr.rss_caps.max_rwq_indirection_tables >= 0


def test_extended_query_refuses_unknown_input(device):
    with Context(name=device) as ctx, pytest.raises(PyverbsRDMAError) as error:
        ctx.query_device_ex(QueryDeviceExInput(comp_mask=1))
    assert error.value.error_code == errno.EINVAL


def test_device_attributes_are_printed(device):
    with Context(name=device) as ctx:
        text = str(ctx.query_device_ex())
        max_qp = ctx.query_device().max_qp
    for name in ('orig_attr', 'odp_caps', 'tso_caps', 'rss_caps', 'tm_caps',
                 'packet_pacing_caps', 'cq_mod_caps', 'pci_atomic_caps'):
        assert f'\n  {name}:\n' in text
    assert re.search(rf'\n    max_qp +{max_qp}\n', text)


def test_clock_of_a_device_without_one():
    with Context(name='rxe0') as ctx, pytest.raises(PyverbsRDMAError) as error:
        ctx.query_rt_values_ex()
    assert error.value.error_code == errno.EOPNOTSUPP


def test_objects_are_printed(device):
    with Context(name=device) as ctx:
        text = str(ctx.query_port(1))
        assert re.search(r'\n  state +IBV_PORT_ACTIVE\n', text)
        assert re.search(rf'\n  name +{device}\n', str(ctx))
    assert 'cmd_fd' not in str(ctx)     # it is closed
