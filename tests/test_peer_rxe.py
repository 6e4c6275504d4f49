# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Debian's unmodified programs on rxe, over our libraries."""

import pytest

import peer

BIN = "/usr/bin/"
# Enough to wrap every ring a few times; the VM emulates its processor.
ITERS = ("-n", 200)
OLD_POST = "--use_old_post_send"


def pingpong(device, *more):
    return (*ITERS, "-d", device.name, "-g", device.gid_index, *more)


def perftest(device, *more):
    return (*ITERS, "-d", device.name, "-x", device.gid_index, "-F", *more)


@pytest.fixture
def rxe():
    found = peer.find_device("rxe")
    assert found, "the VM has no device of driver rxe"
    return found


def run(program, *argv):
    client, server = peer.run_pair("ours", "ours", BIN + program, *argv)
    for result in (client, server):
        assert any("/librxe" in lib for lib in result.libraries)
    return client


@pytest.mark.parametrize("mode", [(), ("-e",), ("-s", 65536)],
                         ids=["poll", "events", "large"])
@pytest.mark.parametrize("program", ["ibv_rc_pingpong", "ibv_uc_pingpong",
                                     "ibv_srq_pingpong"])
def test_pingpong(rxe, program, mode):
    run(program, *pingpong(rxe, "-c", *mode))


@pytest.mark.parametrize("mode", [(), ("-e",)], ids=["poll", "events"])
def test_ud_pingpong(rxe, mode):
    run("ibv_ud_pingpong", *pingpong(rxe, "-c", "-s", 512, *mode))


def test_rc_pingpong_by_calls(rxe):
    run("ibv_rc_pingpong", *pingpong(rxe, "-c", "-N"))


def test_srq_pingpong_over_many_qps(rxe):
    run("ibv_srq_pingpong", *pingpong(rxe, "-c", "-q", 8))


@pytest.mark.parametrize("sides", [("ours", "stock"), ("stock", "ours")],
                         ids=["server-ours", "client-ours"])
@pytest.mark.parametrize("program", ["ibv_uc_pingpong", "ibv_srq_pingpong"])
def test_pingpong_between_ours_and_stock(rxe, program, sides):
    peer.run_pair(*sides, BIN + program, *pingpong(rxe, "-c"))


@pytest.mark.parametrize("program", [
    "ib_write_bw", "ib_read_bw", "ib_send_bw", "ib_atomic_bw",
    "ib_write_lat", "ib_read_lat", "ib_send_lat", "ib_atomic_lat"])
def test_perftest(rxe, program):
    run(program, *perftest(rxe, OLD_POST))


def test_perftest_over_uc(rxe):
    run("ib_write_bw", *perftest(rxe, "-c", "UC"))
