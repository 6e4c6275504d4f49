# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Connections made by librdmacm, over our library: by waiting and by events."""

import errno
import itertools
import threading

import pytest

from pyverbs import cm_enums as ce
from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.cmid import (
    CMID, AddrInfo, CMEvent, CMEventChannel, ConnParam, JoinMCAttrEx, UDParam)
from pyverbs.cq import CQ
from pyverbs.device import Context, rdma_get_devices
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.qp import ECE, QP, QPCap, QPInitAttr
from pyverbs.wr import SGE, RecvWR, SendWR

import rdma

HOST = '192.0.2.1'      # of rxe0
GROUP = '239.1.2.3'
ports = itertools.count(7471)


def qp_attr(qp_type=e.IBV_QPT_RC, **queues):
    return QPInitAttr(qp_type=qp_type, cap=QPCap(8, 8, 1, 1), **queues)


def passive_info(port, space=ce.RDMA_PS_TCP):
    return AddrInfo(src=HOST, src_service=port, port_space=space,
                    flags=ce.RAI_PASSIVE)


def active_info(port, space=ce.RDMA_PS_TCP, **source):
    return AddrInfo(dst=HOST, dst_service=port, port_space=space, **source)


def in_thread(function, *args):
    """Start it; the function returned waits for its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args)))
    thread.start()

    def join():
        thread.join(30)
        assert results, 'the thread raised, or hangs'
        return results[0]
    return join


class Pair:
    """Two CMIDs in a connection, each made by calls that wait."""

    def __init__(self, active=ConnParam(), passive=ConnParam()):
        port = next(ports)
        self.listener = CMID(passive_info(port), qp_attr())
        self.listener.listen()
        join = in_thread(self._accept, passive)
        self.a = CMID(active_info(port), qp_attr())
        self.a.connect(active)
        self.b = join()

    def _accept(self, param):
        cmid = self.listener.get_request()
        cmid.accept(param)
        return cmid

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for cmid in (self.a, self.b, self.listener):
            cmid.close()


def test_devices_that_connections_can_use():
    assert b'rxe0' in {device.name for device in rdma_get_devices()}


def test_message_goes_through():
    with Pair() as pair:
        source, dest = pair.a.reg_msgs(100), pair.b.reg_msgs(100)
        source.write(rdma.pattern(100, 1), 100)
        pair.b.post_recv(dest)
        pair.a.post_send(source)
        assert pair.a.get_send_comp().status == e.IBV_WC_SUCCESS
        wc = pair.b.get_recv_comp()
        assert (wc.status, wc.byte_len) == (e.IBV_WC_SUCCESS, 100)
        assert dest.read(100, 0) == rdma.pattern(100, 1)


def test_part_of_a_region_is_sent():
    with Pair() as pair:
        source, dest = pair.a.reg_msgs(100), pair.b.reg_msgs(100)
        source.write(b'x' * 100, 100)
        pair.b.post_recv(dest)
        pair.a.post_send(source, length=3)
        assert pair.b.get_recv_comp().byte_len == 3
        assert dest.read(4, 0) == b'xxx\0'


def test_write_and_read_the_peers_memory():
    with Pair() as pair:
        local, remote = pair.a.reg_msgs(64), pair.b.reg_write(64)
        local.write(rdma.pattern(64, 2), 64)
        pair.a.post_write(local, 64, remote.buf, remote.rkey,
                          e.IBV_SEND_SIGNALED)
        assert pair.a.get_send_comp().status == e.IBV_WC_SUCCESS
        assert remote.read(64, 0) == rdma.pattern(64, 2)

        readable = pair.b.reg_read(64)
        readable.write(rdma.pattern(64, 3), 64)
        pair.a.post_read(local, 64, readable.buf, readable.rkey,
                         e.IBV_SEND_SIGNALED)
        assert pair.a.get_send_comp().status == e.IBV_WC_SUCCESS
        assert local.read(64, 0) == rdma.pattern(64, 3)


def test_region_without_the_right_is_refused_by_the_peer():
    with Pair() as pair:
        local, remote = pair.a.reg_msgs(64), pair.b.reg_read(64)
        pair.a.post_write(local, 64, remote.buf, remote.rkey,
                          e.IBV_SEND_SIGNALED)
        assert pair.a.get_send_comp().status == e.IBV_WC_REM_ACCESS_ERR


def test_more_than_the_region_is_user_error():
    with Pair() as pair:
        mr = pair.a.reg_msgs(64)
        with pytest.raises(PyverbsUserError, match='not within'):
            pair.a.post_send(mr, length=65)
        with pytest.raises(PyverbsUserError, match='not within'):
            pair.a.post_write(mr, 65, 0, 0)


def test_cmid_tells_what_it_is():
    with Pair() as pair:
        assert pair.a.dev_name == pair.a.context.name == 'rxe0'
        assert pair.a.port_num == 1
        assert pair.a.event_channel is None
        attr, init_attr = pair.a.query_qp(e.IBV_QP_STATE | e.IBV_QP_DEST_QPN)
        assert attr.qp_state == e.IBV_QPS_RTS
        assert attr.dest_qp_num == pair.b.qpn
        assert init_attr.max_send_wr >= 8
        assert pair.a.context.query_port(1).state == e.IBV_PORT_ACTIVE


def test_what_is_made_in_its_pd_goes_with_it():
    pair = Pair()
    context, pd, mr = pair.a.context, pair.a.pd, pair.a.reg_msgs(64)
    with pair:
        assert pd.handle is not None and mr.lkey is not None
    assert pd.handle is None
    for closed in (lambda: mr.lkey, context.query_device):
        with pytest.raises(PyverbsUserError, match='closed'):
            closed()


def test_objects_of_the_cmids_device_and_pd():
    with Pair() as pair:
        context, pd = Context(cmid=pair.a), PD(pair.a)
        mr = MR(pair.a, 64, e.IBV_ACCESS_REMOTE_WRITE)
        assert context.name == 'rxe0'
        assert context.query_port(1).state == e.IBV_PORT_ACTIVE
        assert pd.handle == pair.a.pd.handle
        mr.write(b'a' * 64, 64)
        MR(pd, 64, e.IBV_ACCESS_LOCAL_WRITE).close()
        context.close()
        pd.close()
        assert pair.a.context.query_port(1).state == e.IBV_PORT_ACTIVE
    for closed in (lambda: mr.lkey, lambda: PD(context)):
        with pytest.raises(PyverbsUserError, match='closed'):
            closed()


def test_disconnect_waits_for_the_peer_to_do_so():
    with Pair() as pair:
        join = in_thread(lambda: pair.b.disconnect() or True)
        pair.a.disconnect()
        join()
        attr, _ = pair.a.query_qp(e.IBV_QP_STATE)
        assert attr.qp_state == e.IBV_QPS_ERR


def test_close_twice_does_no_harm():
    with Pair() as pair:
        pass
    pair.a.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        pair.a.disconnect()


def test_qp_in_a_pd_and_cq_of_the_programs():
    port = next(ports)
    listener = CMID(passive_info(port), qp_attr())
    listener.listen()
    join = in_thread(listener.get_request)
    probe = CMID(active_info(port))
    with probe.context as ctx:
        assert ctx is probe.context
    probe.close()

    outside = CMID(active_info(port))
    pd, cq = outside.pd, CQ(outside.context, 8)
    active = CMID(active_info(port), qp_attr(scq=cq, rcq=cq), pd)
    connect = in_thread(lambda: active.connect() or True)
    request = join()
    request.accept()
    connect()
    mr = active.reg_msgs(8)
    dest = request.reg_msgs(8)
    request.post_recv(dest)
    active.post_send(mr)
    assert rdma.poll(cq)[0].status == e.IBV_WC_SUCCESS
    assert active.pd is pd
    outside.close()         # before it what uses its PD: the other CMID
    with pytest.raises(PyverbsUserError, match='closed'):
        active.disconnect()
    request.close()
    listener.close()


# Errors

def test_nobody_listens():
    with CMID(active_info(next(ports)), qp_attr()) as cmid:
        with pytest.raises(PyverbsRDMAError) as error:
            cmid.connect(ConnParam())
    assert error.value.error_code == errno.ECONNREFUSED


def test_rejected():
    port = next(ports)
    with CMID(passive_info(port), qp_attr()) as listener, \
            CMID(active_info(port), qp_attr()) as active:
        listener.listen()

        def refuse():
            with listener.get_request() as request:
                request.reject(b'no')
            return True
        join = in_thread(refuse)
        with pytest.raises(PyverbsRDMAError) as error:
            active.connect(ConnParam())
        join()
    assert error.value.error_code == errno.ECONNREFUSED


def test_address_in_use():
    port = next(ports)
    with CMID(passive_info(port), qp_attr()) as first:
        first.listen()
        with pytest.raises(PyverbsRDMAError) as error:
            CMID(passive_info(port), qp_attr()).listen()
    assert error.value.error_code == errno.EADDRINUSE


def test_address_without_a_device():
    with pytest.raises(PyverbsRDMAError) as error:
        CMID(AddrInfo(src='203.0.113.9', src_service=1,
                      port_space=ce.RDMA_PS_TCP, flags=ce.RAI_PASSIVE),
             qp_attr()).listen()
    assert error.value.error_code in (errno.ENODEV, errno.EADDRNOTAVAIL)


def test_name_that_nobody_knows():
    with pytest.raises(PyverbsRDMAError, match='no.such.host'):
        AddrInfo(dst='no.such.host.', dst_service=1,
                 port_space=ce.RDMA_PS_TCP, flags=ce.RAI_NUMERICHOST)


def test_private_data_has_limits():
    with pytest.raises(PyverbsUserError):
        ConnParam(data_len=2).set_private_data(b'abc')
    with pytest.raises(PyverbsUserError):
        ConnParam().set_private_data(bytes(256))
    with pytest.raises(PyverbsUserError):
        ConnParam(data_len=256)


def test_private_data_is_padded():
    param = ConnParam(data_len=4)
    param.set_private_data('ab')
    assert param.private_data == b'ab\0\0'


def test_no_qp_is_user_error():
    with CMID(active_info(next(ports))) as cmid:
        if cmid.pd is not None:
            with pytest.raises(PyverbsUserError, match='no QP'):
                cmid.get_send_comp()


def test_cmid_of_something_else_is_user_error():
    with pytest.raises(PyverbsUserError):
        CMID('a text')


# Events

def expect_event(channel, event_type):
    """The next event, which is of that type."""
    rdma.wait_readable(channel.fd)
    event = CMEvent(channel)
    assert event.event_type == event_type, event.event_str()
    assert event.event_str() == event_type.name
    return event


def passed(channel, event_type):
    with expect_event(channel, event_type) as event:
        assert event.status == 0


class EventPair:
    """Both ends of a connection on event channels, before connect()."""

    def __init__(self, space=ce.RDMA_PS_TCP, qp_type=e.IBV_QPT_RC, own_qp=True):
        port = next(ports)
        self.channel_a, self.channel_b = CMEventChannel(), CMEventChannel()
        self.listener = CMID(self.channel_b, port_space=space)
        with passive_info(port, space) as info:
            self.listener.bind_addr(info)
        self.listener.listen(1)
        self.a = CMID(self.channel_a, port_space=space)
        with active_info(port, space) as info:
            self.a.resolve_addr(info)
        passed(self.channel_a, ce.RDMA_CM_EVENT_ADDR_RESOLVED)
        self.a.resolve_route()
        passed(self.channel_a, ce.RDMA_CM_EVENT_ROUTE_RESOLVED)
        if own_qp:
            self.a.create_qp(qp_attr(qp_type))

    def request(self):
        return expect_event(self.channel_b, ce.RDMA_CM_EVENT_CONNECT_REQUEST)

    def close(self):
        self.channel_a.close()
        self.channel_b.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def test_connection_by_events():
    with EventPair() as pair:
        param = ConnParam(data_len=4)
        param.set_private_data(b'ping')
        pair.a.connect(param)
        with pair.request() as event:
            assert event.private_data[:4] == b'ping'
            b = CMID(event, listen_id=pair.listener)
        b.create_qp(qp_attr())
        param.set_private_data(b'pong')
        b.accept(param)
        with expect_event(pair.channel_a, ce.RDMA_CM_EVENT_ESTABLISHED) as event:
            assert event.private_data[:4] == b'pong'
        passed(pair.channel_b, ce.RDMA_CM_EVENT_ESTABLISHED)
        assert b.event_channel is pair.channel_b

        source, dest = pair.a.reg_msgs(16), b.reg_msgs(16)
        source.write(rdma.pattern(16, 5), 16)
        b.post_recv(dest)
        pair.a.post_send(source)
        assert b.get_recv_comp().status == e.IBV_WC_SUCCESS
        assert dest.read(16, 0) == rdma.pattern(16, 5)

        pair.a.disconnect()
        passed(pair.channel_b, ce.RDMA_CM_EVENT_DISCONNECTED)
        b.disconnect()
        passed(pair.channel_a, ce.RDMA_CM_EVENT_DISCONNECTED)


def test_rejection_comes_with_private_data():
    with EventPair() as pair:
        pair.a.connect(ConnParam())
        with pair.request() as event:
            CMID(event, listen_id=pair.listener).reject(b'busy')
        with expect_event(pair.channel_a, ce.RDMA_CM_EVENT_REJECTED) as event:
            assert event.private_data[:4] == b'busy'
            assert event.status != 0


def test_request_that_nobody_takes_is_refused():
    with EventPair() as pair:
        pair.a.connect(ConnParam())
        pair.request().close()
        expect_event(pair.channel_a, ce.RDMA_CM_EVENT_REJECTED).close()


def test_request_is_taken_once():
    with EventPair() as pair:
        pair.a.connect(ConnParam())
        with pair.request() as event:
            CMID(event, listen_id=pair.listener)
            with pytest.raises(PyverbsUserError, match='taken'):
                CMID(event, listen_id=pair.listener)


def test_event_that_is_not_acknowledged_does_not_block_close():
    with EventPair() as pair:
        pair.a.connect(ConnParam())
        event = pair.request()
        pair.listener.close()
        event.ack_cm_event()


def test_other_event_is_no_request():
    channel = CMEventChannel()
    cmid = CMID(channel)
    with active_info(next(ports)) as info:
        cmid.resolve_addr(info)
    event = expect_event(channel, ce.RDMA_CM_EVENT_ADDR_RESOLVED)
    with pytest.raises(PyverbsUserError, match='Not a connection request'):
        CMID(event)
    channel.close()
    channel.close()


def test_address_that_cannot_be_resolved():
    with CMEventChannel() as channel, \
            AddrInfo(dst='203.0.113.9', dst_service=1,
                     port_space=ce.RDMA_PS_TCP,
                     flags=ce.RAI_NUMERICHOST | ce.RAI_NOROUTE) as info:
        cmid = CMID(channel)
        try:
            cmid.resolve_addr(info, 100)
        except PyverbsRDMAError as error:
            assert error.error_code in (errno.ENODEV, errno.ENETUNREACH)
        else:
            event = expect_event(channel, ce.RDMA_CM_EVENT_ADDR_ERROR)
            assert event.status < 0
            event.close()


def test_options():
    with CMEventChannel() as channel:
        cmid = CMID(channel)
        cmid.set_option(ce.RDMA_OPTION_ID, ce.RDMA_OPTION_ID_REUSEADDR, 1, 4)
        cmid.set_option(ce.RDMA_OPTION_ID, ce.RDMA_OPTION_ID_TOS, b'\x20', 1)
        with pytest.raises(PyverbsUserError):
            cmid.set_option(ce.RDMA_OPTION_ID, ce.RDMA_OPTION_ID_TOS, b'', 1)
        with pytest.raises(PyverbsRDMAError) as error:
            cmid.set_option(ce.RDMA_OPTION_ID, 77, 1, 4)
    assert error.value.error_code == errno.ENOSYS


class OutsideQP:
    """A QP that is not the CMID's, which only says how to connect it."""

    def __init__(self, cmid):
        self.cmid = cmid
        self.cq = CQ(cmid.context, 8)
        self.qp = QP(cmid.pd, qp_attr(scq=self.cq, rcq=self.cq))
        self.enter(e.IBV_QPS_INIT)

    def enter(self, *states):
        for state in states:
            attr, mask = self.cmid.init_qp_attr(state)
            self.qp.modify(attr, mask)

    def param(self):
        return ConnParam(qp_num=self.qp.qp_num)


@pytest.fixture(name='outside')
def fixture_outside():
    """Such QPs at both ends: the CMIDs, connected, and the QPs."""
    with EventPair(own_qp=False) as pair:
        a = OutsideQP(pair.a)
        pair.a.set_local_ece(ECE(0x8086, 0x5))
        pair.a.connect(a.param())
        with pair.request() as event:
            pair.b = CMID(event, listen_id=pair.listener)
        b = OutsideQP(pair.b)
        b.enter(e.IBV_QPS_RTR, e.IBV_QPS_RTS)
        pair.b.set_local_ece(ECE(0x8086, 0x4))
        pair.b.accept(b.param())
        passed(pair.channel_a, ce.RDMA_CM_EVENT_CONNECT_RESPONSE)
        a.enter(e.IBV_QPS_RTR, e.IBV_QPS_RTS)
        pair.a.establish()
        passed(pair.channel_b, ce.RDMA_CM_EVENT_ESTABLISHED)
        yield pair, a, b


def test_qps_that_are_not_the_cmids_are_connected(outside):
    pair, a, b = outside
    source, dest = (MR(cmid.pd, 64, rdma.LOCAL) for cmid in (pair.a, pair.b))
    source.write(rdma.pattern(64, 7), 64)
    b.qp.post_recv(RecvWR(num_sge=1, sg=[SGE(dest.buf, 64, dest.lkey)]))
    a.qp.post_send(SendWR(num_sge=1, sg=[SGE(source.buf, 64, source.lkey)],
                          opcode=e.IBV_WR_SEND))
    rdma.succeed(a.cq)
    rdma.succeed(b.cq)
    assert dest.read(64, 0) == rdma.pattern(64, 7)


def test_each_end_sees_the_ece_of_the_other(outside):
    pair, _, _ = outside
    seen_by_a, seen_by_b = pair.a.get_remote_ece(), pair.b.get_remote_ece()
    assert (seen_by_b.vendor_id, seen_by_b.options) == (0x8086, 0x5)
    assert (seen_by_a.vendor_id, seen_by_a.options) == (0x8086, 0x4)


def test_ece_of_a_cmid_with_a_qp_is_einval():
    """The QP's own is the one to offer."""
    with Pair() as pair:
        with pytest.raises(PyverbsRDMAError) as error:
            pair.a.set_local_ece(ECE(0x8086, 0x5))
    assert error.value.error_code == errno.EINVAL


def test_no_connection_to_establish_is_einval():
    with CMEventChannel() as channel:
        with pytest.raises(PyverbsRDMAError) as error:
            CMID(channel).establish()
    assert error.value.error_code == errno.EINVAL


# Datagrams

def test_datagrams():
    with EventPair(ce.RDMA_PS_UDP, e.IBV_QPT_UD) as pair:
        pair.a.connect(ConnParam())
        with pair.request() as event:
            b = CMID(event, listen_id=pair.listener)
        b.create_qp(qp_attr(e.IBV_QPT_UD))
        dest = b.reg_msgs(16 + 40)
        b.post_recv(dest)
        b.accept(ConnParam(qp_num=b.qpn))
        with expect_event(pair.channel_a, ce.RDMA_CM_EVENT_ESTABLISHED) as event:
            peer = UDParam(event)
        assert peer.qp_num == b.qpn
        assert peer.qkey == ce.RDMA_UDP_QKEY

        source = pair.a.reg_msgs(16)
        source.write(rdma.pattern(16, 6), 16)
        ah = AH(pair.a.pd, attr=peer.ah_attr)
        pair.a.post_ud_send(source, ah, peer.qp_num)
        assert pair.a.get_send_comp().status == e.IBV_WC_SUCCESS
        assert b.get_recv_comp().byte_len == 16 + 40
        assert dest.read(16, 40) == rdma.pattern(16, 6)


@pytest.mark.parametrize('extended', [False, True])
def test_multicast(extended):
    with CMEventChannel() as channel:
        cmid = CMID(channel, port_space=ce.RDMA_PS_UDP)
        with AddrInfo(src=HOST, dst=GROUP, dst_service=next(ports),
                      port_space=ce.RDMA_PS_UDP) as info:
            cmid.resolve_addr(info)
            passed(channel, ce.RDMA_CM_EVENT_ADDR_RESOLVED)
            cmid.create_qp(qp_attr(e.IBV_QPT_UD))
            if extended:
                mask = (ce.RDMA_CM_JOIN_MC_ATTR_ADDRESS |
                        ce.RDMA_CM_JOIN_MC_ATTR_JOIN_FLAGS)
                cmid.join_multicast(mc_attr=JoinMCAttrEx(
                    info, mask, ce.RDMA_MC_JOIN_FLAG_FULLMEMBER))
            else:
                cmid.join_multicast(info)
            with expect_event(channel, ce.RDMA_CM_EVENT_MULTICAST_JOIN) as event:
                assert UDParam(event).qp_num == 0xffffff
            cmid.leave_multicast(info)


def test_join_takes_one_address():
    with CMEventChannel() as channel:
        cmid = CMID(channel, port_space=ce.RDMA_PS_UDP)
        with pytest.raises(PyverbsUserError, match='either'):
            cmid.join_multicast()
