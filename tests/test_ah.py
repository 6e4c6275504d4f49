# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Address handles: answers to messages, and the way to a GID on Ethernet."""

import errno
import json
import subprocess
import time

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH, GID, GRH, AHAttr, GlobalRoute
from pyverbs.cq import WC
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.qp import QPAttr
from pyverbs.wr import SendWR

import rdma
from rdma import Region, Side, compare, pattern, succeed, wait_until

GRH_LEN = 40
QKEY = 0x11111111
PEER_MAC = '02:00:00:00:00:02'
NO_VLAN = 0xffff


def ip(*args):
    return subprocess.run(['ip', *args], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def mac_of(name):
    return json.loads(ip('-j', 'link', 'show', name))[0]['address']


# What the peer says of itself; it has one cable to us, and a VLAN on it.
PEER = '''
link set rv1 address {mac} up
link set lo up
address add 198.51.100.2/24 dev rv1
address add 2001:db8:1::2/64 dev rv1 nodad
address add fe80::77/64 dev rv1 nodad
link add link rv1 name rv1.42 type vlan id 42
link set rv1.42 address 02:00:00:00:00:42 up
address add 198.51.101.2/24 dev rv1.42
'''

OURS = '''
link set rv0 up
address add 198.51.100.1/24 dev rv0
address add 2001:db8:1::1/64 dev rv0 nodad
link add link rv0 name rv0.42 type vlan id 42
link set rv0.42 up
address add 198.51.101.1/24 dev rv0.42
route add 203.0.113.0/24 via 198.51.100.2
neighbour add 198.51.100.77 lladdr 02:00:00:00:00:77 dev rv0 nud permanent
'''


def batch(text, *before):
    for line in text.format(mac=PEER_MAC).strip().splitlines():
        ip(*before, *line.split())


def gid_index(ctx, text):
    """The index of the GID of this IP address, or None."""
    want = GID(text).gid
    for entry in ctx.query_gid_table(64):
        if entry.gid_str() == want and \
           entry.gid_type == e.IBV_GID_TYPE_ROCE_V2:
            return entry.gid_index
    return None


@pytest.fixture(scope='module')
def network():
    """rxe9 on rv0, a cable to rv1, which is in another network namespace."""
    ip('netns', 'add', 'peer')
    ip('link', 'add', 'rv0', 'type', 'veth', 'peer', 'name', 'rv1')
    ip('link', 'set', 'rv1', 'netns', 'peer')
    batch(PEER, '-n', 'peer')
    batch(OURS)
    subprocess.run(['rdma', 'link', 'add', 'rxe9', 'type', 'rxe', 'netdev',
                    'rv0'], check=True)
    yield
    subprocess.run(['rdma', 'link', 'delete', 'rxe9'], check=True)
    ip('link', 'delete', 'rv0')
    ip('netns', 'delete', 'peer')


@pytest.fixture
def ctx(network):
    with Context(name='rxe9') as context:
        wait_until(lambda: gid_index(context, '::ffff:198.51.101.1'),
                   'the GID of the VLAN')
        yield context


def attr_to(ctx, to, source='::ffff:198.51.100.1', index=None):
    if index is None:
        index = gid_index(ctx, source)
    return AHAttr(is_global=1, port_num=1,
                  gr=GlobalRoute(GID(to), sgid_index=index, hop_limit=64))


def resolve(ctx, *args, **kwargs):
    return attr_to(ctx, *args, **kwargs).resolve_eth_l2(ctx)


def error_of(ctx, *args, **kwargs):
    return rdma.error_of(resolve, ctx, *args, **kwargs)


def neighbours():
    return {entry['dst'] for entry in json.loads(ip('-j', 'neighbour'))
            if entry['dev'].startswith('rv0') and 'lladdr' in entry}


# The way to a GID.

def test_neighbour_is_asked_for(ctx):
    ip('neighbour', 'flush', 'dev', 'rv0')
    assert '198.51.100.2' not in neighbours()
    assert resolve(ctx, '::ffff:198.51.100.2') == (PEER_MAC, NO_VLAN)
    assert '198.51.100.2' in neighbours()


def test_known_neighbour(ctx):
    assert resolve(ctx, '::ffff:198.51.100.77') == ('02:00:00:00:00:77',
                                                    NO_VLAN)


def test_neighbour_of_ip6_is_asked_for(ctx):
    ip('-6', 'neighbour', 'flush', 'dev', 'rv0')
    assert resolve(ctx, '2001:db8:1::2', source='2001:db8:1::1') == \
        (PEER_MAC, NO_VLAN)


def test_link_local_neighbour_is_asked_for(ctx):
    assert resolve(ctx, 'fe80::77', index=0) == (PEER_MAC, NO_VLAN)


def test_link_local_address_made_of_a_mac_tells_it(ctx):
    assert resolve(ctx, 'fe80::1034:56ff:fe78:9abc', index=0) == \
        ('12:34:56:78:9a:bc', NO_VLAN)


def test_router_for_what_is_behind_it(ctx):
    assert resolve(ctx, '::ffff:203.0.113.5') == (PEER_MAC, NO_VLAN)


def test_vlan_of_the_source_interface(ctx):
    assert resolve(ctx, '::ffff:198.51.101.2',
                   source='::ffff:198.51.101.1') == \
        ('02:00:00:00:00:42', 42)


def test_own_address(ctx):
    assert resolve(ctx, '::ffff:198.51.100.1') == (mac_of('rv0'), NO_VLAN)


def test_own_address_of_another_interface(ctx):
    assert resolve(ctx, '::ffff:192.0.2.1') == (mac_of('rdma0'), NO_VLAN)


def test_multicast_of_ip4(ctx):
    assert resolve(ctx, '::ffff:239.129.2.3') == ('01:00:5e:01:02:03',
                                                  NO_VLAN)


def test_multicast_of_ip6(ctx):
    assert resolve(ctx, 'ff12:401b::1234:5678') == ('33:33:12:34:56:78',
                                                    NO_VLAN)


def test_silent_neighbour_is_ehostunreach_in_bounded_time(ctx):
    start = time.monotonic()
    assert error_of(ctx, '::ffff:198.51.100.99') == errno.EHOSTUNREACH
    assert time.monotonic() - start < 10


def test_no_route_is_enetunreach(ctx):
    assert error_of(ctx, '::ffff:192.88.99.1') == errno.ENETUNREACH


def test_free_source_gid_is_enodata(ctx):
    assert error_of(ctx, '::ffff:198.51.100.2', index=60) == errno.ENODATA


def test_no_grh_is_einval(ctx):
    attr = attr_to(ctx, '::ffff:198.51.100.2')
    attr.is_global = 0
    with pytest.raises(PyverbsRDMAError) as info:
        attr.resolve_eth_l2(ctx)
    assert info.value.error_code == errno.EINVAL


# The way back to a sender.

def ud_side(device):
    side = Side(device, e.IBV_QPT_UD)
    attr = QPAttr(port_num=1)
    attr.qkey = QKEY
    side.qp.to_rts(attr)
    return side


@pytest.fixture
def sides():
    both = ud_side('rxe0'), ud_side('rxe0')
    yield both
    for side in both:
        side.close()


def send(side, ah, qp_num, region):
    wr = SendWR(1, e.IBV_WR_SEND, 1, 0, [region.sge()])
    wr.set_wr_ud(ah, qp_num, QKEY)
    side.qp.post_send(wr)
    succeed(side.cq)


def receive(side, region):
    wc, = succeed(side.cq)
    return wc, GRH.from_bytes(bytes(region.read(0, GRH_LEN)))


def gids_in_use(ctx):
    return [(entry.gid_index, entry.gid_str())
            for entry in ctx.query_gid_table(64)]


@pytest.mark.parametrize('nth', (0, 1), ids=('ip6', 'ip4'))
def test_answer_finds_its_way(sides, nth):
    a, b = sides
    index, gid = gids_in_use(a.ctx)[nth]
    there, back = Region(b.pd, 200 + GRH_LEN), Region(a.pd, 100 + GRH_LEN)
    b.recv([there.sge()])
    a.recv([back.sge()])
    attr = a.ah_attr(gid)
    attr.sgid_index = index
    send(a, AH(a.pd, attr=attr), b.qp.qp_num, Region(a.pd, 200, fill=1))
    wc, grh = receive(b, there)
    assert AHAttr.from_wc(b.ctx, wc, grh).sgid_index == index
    answer = AH(b.pd, wc=wc, grh=grh, port_num=1)
    send(b, answer, wc.src_qp, Region(b.pd, 100, fill=2))
    receive(a, back)
    compare(back.read(GRH_LEN), pattern(100, 2), 'answer')


def test_flow_label_is_in_the_packet():
    a, b = ud_side('mlx5_0'), ud_side('mlx5_0')
    index, gid = gids_in_use(a.ctx)[0]      # the one made from no IPv4 address
    there = Region(b.pd, 200 + GRH_LEN)
    b.recv([there.sge()])
    attr = a.ah_attr(gid)
    attr.sgid_index, attr.flow_label = index, 0x12345
    send(a, AH(a.pd, attr=attr), b.qp.qp_num, Region(a.pd, 200, fill=1))
    wc, grh = receive(b, there)
    assert AHAttr.from_wc(b.ctx, wc, grh).flow_label == 0x12345
    a.close()
    b.close()


def from_wc(device, grh, **kwargs):
    with Context(name=device) as ctx:
        return AHAttr.from_wc(ctx, WC(wc_flags=e.IBV_WC_GRH), grh, **kwargs)


def own_gid(device):
    with Context(name=device) as ctx:
        return ctx.query_gid(1, 0)


def make_grh(device, **kwargs):
    return GRH(sgid=GID('fe80::9'), dgid=GID(str(own_gid(device))),
               version_tclass_flow=int.from_bytes(b'\x61\x23\x45\x67',
                                                  'little'),
               **kwargs)


def test_header_is_taken_over(device):
    attr = from_wc(device, make_grh(device, next_hdr=17, hop_limit=33))
    assert attr.dgid == GID('fe80::9').gid
    assert (attr.sgid_index, attr.hop_limit) == (0, 33)
    assert (attr.traffic_class, attr.flow_label) == (0x12, 0x34567)


def expect_error(device, code, *args, **kwargs):
    with pytest.raises(PyverbsRDMAError) as info:
        from_wc(device, *args, **kwargs)
    assert info.value.error_code == code


def test_unknown_next_header_is_eprotonosupport(device):
    expect_error(device, errno.EPROTONOSUPPORT, make_grh(device, next_hdr=6))


def test_another_gid_is_einval(device):
    grh = make_grh(device, next_hdr=17)
    grh.dgid = '2001:db8::1'
    expect_error(device, errno.EINVAL, grh)


def test_missing_grh_is_einval(device):
    expect_error(device, errno.EINVAL, None)


def test_bad_port_is_einval(device):
    expect_error(device, errno.EINVAL, make_grh(device, next_hdr=17),
                 port_num=9)


def test_handle_of_a_bad_header_fails(device):
    with Context(name=device) as ctx, PD(ctx) as pd:
        with pytest.raises(PyverbsRDMAError) as info:
            AH(pd, wc=WC(), grh=GRH())
    assert info.value.error_code == errno.EPROTONOSUPPORT
