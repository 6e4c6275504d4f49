# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Flows, what counts them, and their specifications.

The bytes of the latter are those that Debian's pyverbs makes of the same
arguments, where it can.
"""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.flow import Counters, Flow, FlowAttr
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.spec import (
    ActionDropSpec, ActionTagSpec, EthSpec, Ipv4ExtSpec, Ipv6Spec, Spec,
    TcpUdpSpec)

import frames
import rdma
from rdma import Side


@pytest.fixture
def qp():
    side = Side('rxe0')
    yield side.qp
    side.close()


def flow_attr(*specs):
    attr = FlowAttr(num_of_specs=len(specs))
    attr.specs.extend(specs)
    return attr


def test_device_without_flows_is_eopnotsupp(qp):
    attr = flow_attr(EthSpec(dst_mac='aa:bb:12:13:14:fe'),
                     Ipv4ExtSpec(dst_ip='1.2.3.4'),
                     TcpUdpSpec(e.IBV_FLOW_SPEC_UDP, dst_port=4791))
    with pytest.raises(PyverbsRDMAError) as info:
        Flow(qp, attr)
    assert info.value.error_code == errno.EOPNOTSUPP


def test_device_without_counters_is_eopnotsupp():
    with Context(name='rxe0') as ctx:
        assert rdma.error_of(Counters, ctx) == errno.EOPNOTSUPP


@pytest.mark.parametrize('description', (2, 7))
def test_counting_what_nobody_knows_is_eopnotsupp(b, description):
    with Counters(b.ctx) as counters:
        assert rdma.error_of(counters.attach, description, 0) == \
            errno.EOPNOTSUPP


def test_counters_of_a_flow_that_is_there_is_eopnotsupp(b):
    with Counters(b.ctx) as counters, b.to_me() as flow:
        assert rdma.error_of(counters.attach, e.IBV_COUNTER_PACKETS, 0,
                             flow) == errno.EOPNOTSUPP


def test_flow_ends_with_its_object(a, b):
    frame = frames.eth(b.mac, a.mac, rdma.pattern(100, 1))
    region, _ = b.post(2)
    with b.to_me():
        a.put(frame)
        rdma.succeed(b.cq)
    a.put(frame)
    assert region.read(0, len(frame)) == frame
    assert not b.cq.poll(1)[0]


def test_wrong_number_of_specs_is_refused(qp):
    with pytest.raises(PyverbsUserError, match='num_of_specs 1'):
        Flow(qp, FlowAttr(num_of_specs=1))


def test_attributes_are_followed_by_the_specs():
    spec = TcpUdpSpec(e.IBV_FLOW_SPEC_TCP)
    attr = FlowAttr(2, e.IBV_FLOW_ATTR_SNIFFER, 3, 4, 2)
    attr.specs.extend((spec, spec))
    assert bytes(attr) == bytes.fromhex(
        '00000000 03000000 3400 0300 02 04 0000 02000000') + 2 * bytes(spec)


@pytest.mark.parametrize('arguments, expected', (
    ({}, '2000000028000000' + 32 * '00'),
    ({'dst_mac': 'aa:bb:12:13:14:fe'},
     '200000002800 aabb121314fe 000000000000 0000 0000'
     'ffffffffffff 000000000000 0000 0000 0000'),
    ({'dst_mac': 'aa:bb:12:13:14:fe', 'dst_mac_mask': 'ff:00:00:00:00:00',
      'ether_type': 0x800, 'vlan_tag': 5, 'is_inner': 1},
     '200100002800 aabb121314fe 000000000000 0800 0005'
     'ff0000000000 000000000000 ffff ffff 0000'),
    # A mask without a value has nothing to compare.
    ({'src_mac_mask': 'ff:ff:ff:ff:ff:ff'}, '2000000028000000' + 32 * '00')))
def test_ethernet(arguments, expected):
    assert bytes(EthSpec(**arguments)) == bytes.fromhex(expected)


def test_ipv4():
    spec = Ipv4ExtSpec(dst_ip='1.2.3.4', dst_ip_mask='255.0.0.0',
                       src_ip='9.8.7.6', proto=17, tos=3, ttl=5, flags=2,
                       is_inner=1)
    assert bytes(spec) == bytes.fromhex(
        '3201000020000000 09080706 01020304 11 03 05 02'
        'ffffffff ff000000 ff ff ff ff')
    assert (spec.src_ip, spec.dst_ip_mask) == ('9.8.7.6', '255.0.0.0')


def test_ipv6():
    spec = Ipv6Spec(dst_ip='::1', src_ip='a0a1::2', flow_label=0x12345,
                    next_hdr=17, traffic_class=4, hop_limit=9)
    assert bytes(spec) == bytes.fromhex(
        '3100000058000000'
        'a0a10000000000000000000000000002 00000000000000000000000000000001'
        '00012345 11 04 09 00'
        'ffffffffffffffffffffffffffffffff ffffffffffffffffffffffffffffffff'
        '000fffff ff ff ff 00')
    assert (spec.src_ip, spec.flow_label) == ('a0a1::2', 0x12345)


def test_ports():
    spec = TcpUdpSpec(e.IBV_FLOW_SPEC_TCP, dst_port=4791, src_port=1,
                      src_port_mask=0xff)
    assert bytes(spec) == bytes.fromhex('400000001000 12b70001 ffff00ff 0000')
    assert (spec.dst_port, spec.dst_port_mask) == (4791, 0xffff)
    assert spec.size == 16


def test_actions():
    assert bytes(ActionTagSpec(0xabcdef)) == bytes.fromhex(
        '00100000 0c00 0000 efcdab00')
    assert bytes(ActionDropSpec()) == bytes.fromhex('01100000 0800 0000')


def test_ports_of_another_protocol_are_refused():
    with pytest.raises(PyverbsUserError, match='spec_type'):
        TcpUdpSpec(e.IBV_FLOW_SPEC_ETH)


def test_type_has_a_name():
    assert Spec.type_to_str(e.IBV_FLOW_SPEC_UDP) == 'IBV_FLOW_SPEC_UDP'
    assert Spec.type_to_str(e.IBV_FLOW_SPEC_ETH | e.IBV_FLOW_SPEC_INNER) == \
        'IBV_FLOW_SPEC_ETH IBV_FLOW_SPEC_INNER'


@pytest.mark.parametrize('text', ('aa:bb', 'aa:bb:cc:dd:ee:ff:00'))
def test_text_that_is_no_mac_address_is_refused(text):
    with pytest.raises(PyverbsUserError, match='no MAC'):
        EthSpec(dst_mac=text)
