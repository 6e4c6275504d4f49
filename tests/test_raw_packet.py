# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Raw packets: whole frames, from memory of every kind to memory of every kind."""

import errno

import pytest

import frames
import rdma
from ports import B, SEND_OPS, Port
from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.qp import QPAttr, QPCap, QPEx, QPInitAttrEx


def exchange(a, b, frame, exporter=None, flags=0):
    """What of it arrives, and the completion."""
    region, = b.post(exporter=exporter)
    a.put(frame, flags, exporter)
    wc, = rdma.succeed(b.cq)
    return region.read(0, wc.byte_len), wc


@pytest.mark.parametrize('length', (60, 61, 1500))
def test_frame_arrives_in_a_dmabuf(a, b, exporter, length):
    with b.to_me():
        frame = frames.eth(b.mac, a.mac, rdma.pattern(length - 14, 1))
        got, _ = exchange(a, b, frame, exporter)
        rdma.compare(got, frame, 'frame')


def test_inline_frame_arrives(a, b):
    with b.to_me():
        frame = frames.eth(b.mac, a.mac, rdma.pattern(46, 1))
        got, _ = exchange(a, b, frame, flags=e.IBV_SEND_INLINE)
        assert got == frame


def test_more_inline_data_than_granted_is_einval(a, b):
    region = rdma.Region(a.pd, 1024)
    assert rdma.error_of(a.send, e.IBV_WR_SEND, [region.sge()],
                         flags=e.IBV_SEND_INLINE) == errno.EINVAL


@pytest.mark.parametrize('opcode', (e.IBV_WR_SEND_WITH_IMM, e.IBV_WR_RDMA_READ))
def test_other_request_is_einval(a, opcode):
    region = rdma.Region(a.pd, 100)
    assert rdma.error_of(a.send, opcode, [region.sge()]) == errno.EINVAL


@pytest.mark.parametrize('proto', (frames.TCP, frames.UDP))
def test_checksums_are_filled_in_and_seen_to_be_right(a, b, proto):
    bare, full = (frames.packet(b.mac, a.mac, proto=proto, sum_up=sum_up)
                  for sum_up in (False, True))
    with b.to_me(kind=0x800):
        got, wc = exchange(a, b, bare, flags=e.IBV_SEND_IP_CSUM)
        assert got == full
        assert wc.wc_flags & e.IBV_WC_IP_CSUM_OK
        _, wc = exchange(a, b, bare)
        assert not wc.wc_flags & e.IBV_WC_IP_CSUM_OK


def tso_qp(port):
    qp = QPEx(port.ctx, QPInitAttrEx(
        qp_type=e.IBV_QPT_RAW_PACKET, scq=port.cq, rcq=port.cq, pd=port.pd,
        cap=QPCap(4, 4, 2, 2, 0), max_tso_header=54, send_ops_flags=SEND_OPS,
        comp_mask=e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_MAX_TSO_HEADER |
        e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS))
    qp.to_rts(QPAttr(port_num=1))
    return qp


def send_tso(qp, header, sge):
    qp.wr_start()
    qp.wr_id, qp.wr_flags = 1, e.IBV_SEND_SIGNALED | e.IBV_SEND_IP_CSUM
    qp.wr_send_tso(header, len(header), 1000)
    qp.wr_set_sge(sge)
    qp.wr_complete()


def test_long_message_is_cut_up(a, b):
    data = rdma.pattern(2500, 1)
    whole = frames.packet(b.mac, a.mac, proto=frames.TCP, payload=data)
    region = rdma.Region(a.pd, len(data))
    region.fill(data)
    with tso_qp(a) as qp, b.to_me(kind=0x800):
        got = b.post(3)
        send_tso(qp, whole[:54], region.sge())
        rdma.succeed(a.cq)
        wcs = rdma.succeed(b.cq, 3)
    assert all(wc.wc_flags & e.IBV_WC_IP_CSUM_OK for wc in wcs)
    pieces = [part.read(54, wc.byte_len - 54) for part, wc in zip(got, wcs)]
    assert [len(piece) for piece in pieces] == [1000, 1000, 500]
    assert b''.join(pieces) == data


@pytest.mark.parametrize('length', (13, 55))
def test_header_of_impossible_length_is_einval(a, length):
    region = rdma.Region(a.pd, 100)
    with tso_qp(a) as qp:
        assert rdma.error_of(send_tso, qp, bytes(length),
                             region.sge()) == errno.EINVAL


def test_vlan_tag_is_taken_off_and_told(a):
    b = Port(B, cq_ex={'wc_flags': e.IBV_WC_STANDARD_FLAGS |
                       e.IBV_WC_EX_WITH_CVLAN})
    qp = QPEx(b.ctx, QPInitAttrEx(
        qp_type=e.IBV_QPT_RAW_PACKET, scq=b.cq, rcq=b.cq, pd=b.pd,
        cap=QPCap(1, 4, 1, 1, 0), send_ops_flags=e.IBV_QP_EX_WITH_SEND,
        create_flags=e.IBV_QP_CREATE_CVLAN_STRIPPING,
        comp_mask=e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_CREATE_FLAGS |
        e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS))
    qp.to_rts(QPAttr(port_num=1))
    payload = rdma.pattern(100, 1)
    with b.to_me(qp=qp):
        region, = b.post(queue=qp)
        a.put(frames.eth(b.mac, a.mac, payload, vlan=0x123))
        rdma.wait_until(lambda: not b.cq.start_poll(None), 'a completion')
        tag = b.cq.read_cvlan()
        b.cq.end_poll()
    frame = frames.eth(b.mac, a.mac, payload)
    assert tag == 0x123
    assert region.read(0, len(frame)) == frame
    b.close()


@pytest.mark.parametrize('device', ('rxe0',))
def test_device_without_raw_packets_is_eopnotsupp(device):
    with Context(name=device):
        assert rdma.error_of(rdma.Side, device, e.IBV_QPT_RAW_PACKET) == \
            errno.EOPNOTSUPP
