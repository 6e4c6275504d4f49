# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What a queue pair is granted is what Debian's library grants for the same."""

import collections
import re

import pytest

import probe

DEVICES = ('rxe0', 'mlx5_0')

Caps = collections.namedtuple('Caps', 'send_wr send_sge inline recv_wr recv_sge')
Answer = collections.namedtuple('Answer', 'wanted granted')
CAPS = re.compile(r'(\d+)/(\d+)/(\d+),(\d+)/(\d+)')


def parse_caps(text):
    """Of the caps that the text begins with; what does not, an errno, as it is."""
    found = CAPS.match(text)
    return Caps(*map(int, found.groups())) if found else text


def answers(libraries, device):
    asked = probe.ask(libraries, 'qp_caps', device)
    return {name: [Answer(*map(parse_caps, pair.split('=')))
                   for pair in said.split()] for name, said in asked.items()}


def without_absent_queue(wanted, caps):
    """The stock library hands back what was asked of a queue that is not there,
    and of one whose WQEs have no room for data a negative number of bytes."""
    if isinstance(caps, str):
        return caps
    if not wanted.send_wr:
        caps = caps._replace(send_sge=0, inline=0)
    if not wanted.recv_wr:
        caps = caps._replace(recv_sge=0)
    return caps._replace(inline=0) if caps.inline >= 1 << 31 else caps


def is_same(name, ours, stock):
    wanted = stock.wanted
    if ours.granted == stock.granted:
        return True
    if name == 'xrc_recv':      # nothing can be posted to it
        return ours.granted == Caps(0, 0, 0, 0, 0)
    if name.startswith('xrc_send') and wanted.recv_wr:
        # Nor is there anything to receive; the device refuses a queue for it.
        return ours.granted[3:] == (0, 0)
    return without_absent_queue(wanted, ours.granted) == \
        without_absent_queue(wanted, stock.granted)


@pytest.mark.parametrize('device', DEVICES)
def test_granted_is_what_stock_grants(device):
    ours, stock = answers('ours', device), answers('stock', device)
    assert ours.keys() == stock.keys()
    wrong = [f'{name}: wanted {b.wanted}, stock {b.granted}, ours {a.granted}'
             for name in ours
             for a, b in zip(ours[name], stock[name], strict=True)
             if not is_same(name, a, b)]
    assert not wrong, '\n'.join(wrong)


@pytest.mark.parametrize('device', DEVICES)
def test_granted_is_what_a_query_says(device):
    said = probe.ask('ours', 'qp_caps', device)
    assert not [name for name, text in said.items() if '!' in text]
