# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Multicast: one datagram for all queue pairs of a group."""

import errno
import socket

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH, GID
from pyverbs.wr import SendWR

from rdma import QKEY, Region, compare, error_of, pattern, succeed, ud_side

GRH_LEN = 40
LEN = 300
GROUP = '239.1.2.3'
MULTICAST_QPN = 0xffffff


def group_gid():
    return GID('::ffff:' + GROUP)


@pytest.fixture
def member_of_group(device):
    """The interface takes packets of the group as long as a socket has joined."""
    side = ud_side(device)
    own = '.'.join(str(byte) for byte in
                   socket.inet_pton(socket.AF_INET6, side.gid)[-4:])
    side.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        socket.inet_aton(GROUP) + socket.inet_aton(own))
        yield


@pytest.fixture
def sides(device, member_of_group):
    made = [ud_side(device) for _ in range(3)]
    yield made
    for side in made:
        side.close()


def send(side, region):
    ah = AH(side.pd, attr=side.ah_attr(str(group_gid())))
    wr = SendWR(1, e.IBV_WR_SEND, 1, 0, [region.sge()], e.IBV_SEND_SIGNALED)
    wr.set_wr_ud(ah, MULTICAST_QPN, QKEY)
    side.qp.post_send(wr)
    succeed(side.cq)
    ah.close()


def receive(side):
    region = Region(side.pd, GRH_LEN + LEN)
    side.recv([region.sge()])
    return region


def test_datagram_reaches_all_of_the_group(sides):
    sender, *receivers = sides
    regions = [receive(side) for side in receivers]
    for side in receivers:
        side.qp.attach_mcast(group_gid())
    send(sender, Region(sender.pd, LEN, fill=1))
    for side, region in zip(receivers, regions, strict=True):
        wc, = succeed(side.cq)
        assert wc.byte_len == GRH_LEN + LEN
        compare(region.read(GRH_LEN), pattern(LEN, 1), 'what arrived')
        side.qp.detach_mcast(group_gid())


def test_who_has_left_receives_no_more(sides):
    sender, left, member = sides
    regions = receive(left), receive(member)
    for side in (left, member):
        side.qp.attach_mcast(group_gid())
    left.qp.detach_mcast(group_gid())
    send(sender, Region(sender.pd, LEN, fill=1))
    succeed(member.cq)              # by then the other one had it, too
    assert left.cq.poll(1)[0] == 0
    member.qp.detach_mcast(group_gid())
    assert regions[0].read(GRH_LEN) != pattern(LEN, 1)


def test_leaving_a_group_that_was_not_joined_is_einval(device):
    side = ud_side(device)
    assert error_of(side.qp.detach_mcast, group_gid()) == errno.EINVAL
    side.close()


def test_address_that_is_no_group_is_einval(device):
    side = ud_side(device)
    assert error_of(side.qp.attach_mcast, GID(side.gid)) == errno.EINVAL
    side.close()
