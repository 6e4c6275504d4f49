# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Debian's unmodified programs, on Debian's libraries and on ours.

On Debian's they show that the software device speaks what a stock libmlx5
expects; on ours, that our libraries are what a stock program expects.
"""

import difflib

import pytest

import peer

BIN = "/usr/bin/"
# Enough to wrap every ring a few times; the VM emulates its processor.
ITERS = ("-n", 200)
PROVIDERS = {"rxe": "rxe", "softhca": "mlx5"}
OLD_POST = "--use_old_post_send"


def need_device(driver):
    found = peer.find_device(driver)
    assert found, f"the VM has no device of driver {driver}"
    return found


@pytest.fixture
def device(driver):
    return need_device(driver)


@pytest.fixture
def softhca():
    return need_device("softhca")


@pytest.fixture
def rxe():
    return need_device("rxe")


on_both = pytest.mark.parametrize("driver", ["rxe", "softhca"])
by_poll_and_event = pytest.mark.parametrize("mode", [(), ("-e",)],
                                            ids=["poll", "events"])


def assert_provider(result, name):
    assert any(f"/lib{name}" in lib for lib in result.libraries), \
        f"lib{name} is not among {result.libraries}"


def pingpong(device, *more):
    return (*ITERS, "-d", device.name, "-g", device.gid_index, *more)


def perftest(device, *more):
    return (*ITERS, "-d", device.name, "-x", device.gid_index, "-F", *more)


# The stock libraries on the software device.

@by_poll_and_event
def test_stock_rc_pingpong_on_softhca(softhca, mode):
    peer.run_pair("stock", "stock", BIN + "ibv_rc_pingpong",
                  *pingpong(softhca, "-c", *mode))


@pytest.mark.parametrize("program", [
    "ib_write_bw", "ib_read_bw", "ib_send_lat", "ib_atomic_bw"])
def test_stock_perftest_on_softhca(softhca, program):
    peer.run_pair("stock", "stock", BIN + program, *perftest(softhca))


# Our libraries under stock programs.

def test_devices_lists_the_same_on_ours(rxe, softhca):
    stock = peer.run("stock", BIN + "ibv_devices").output
    ours = peer.run("ours", BIN + "ibv_devices").output
    assert rxe.name in ours and softhca.name in ours
    assert sorted(ours.splitlines()) == sorted(stock.splitlines())


@on_both
def test_devinfo_says_the_same_on_ours(device):
    argv = (BIN + "ibv_devinfo", "-v", "-d", device.name)
    stock = peer.run("stock", *argv).output.splitlines()
    ours = peer.run("ours", *argv).output.splitlines()
    difference = list(difflib.unified_diff(stock, ours, "stock", "ours",
                                           lineterm="", n=0))
    assert not difference, "\n".join(difference)
    assert any("GID[" in line for line in ours)


@by_poll_and_event
@on_both
def test_rc_pingpong_on_ours(device, driver, mode):
    client, server = peer.run_pair(
        "ours", "ours", BIN + "ibv_rc_pingpong",
        *pingpong(device, "-c", *mode))
    for result in (client, server):
        assert_provider(result, PROVIDERS[driver])


@on_both
@pytest.mark.parametrize("sides", [("ours", "stock"), ("stock", "ours")],
                         ids=["server-ours", "client-ours"])
def test_rc_pingpong_between_ours_and_stock(device, sides):
    peer.run_pair(*sides, BIN + "ibv_rc_pingpong",
                  *pingpong(device, "-c"))


def test_ud_pingpong_on_ours(rxe):
    peer.run_pair("ours", "ours", BIN + "ibv_ud_pingpong",
                  *pingpong(rxe, "-c"))


@on_both
def test_write_bw_on_ours(device):
    peer.run_pair("ours", "ours", BIN + "ib_write_bw",
                  *perftest(device, "-s", 4096, OLD_POST))


# Without that option perftest posts by the ibv_wr_* calls.
@pytest.mark.parametrize("program", [
    "ib_write_bw", "ib_read_bw", "ib_send_lat", "ib_atomic_bw"])
def test_perftest_by_calls_on_ours(softhca, program):
    client, _ = peer.run_pair("ours", "ours", BIN + program,
                              *perftest(softhca))
    assert "ibv_wr* API     : ON" in client.output


# That the helpers above notice what they are there to notice.

def test_run_on_the_wrong_libraries_is_an_error(monkeypatch):
    monkeypatch.setitem(peer.LIB_DIRS, "ours", peer.STOCK_DIR)
    with peer.Program("ours", BIN + "ibv_devices") as program:
        program.expected = peer.OUR_DIR
        with pytest.raises(peer.PeerError, match="ran on"):
            program.finish()


def test_failing_program_is_an_error():
    with pytest.raises(peer.PeerError, match="ended with"):
        peer.run("stock", BIN + "ibv_devinfo", "-d", "none_such")
