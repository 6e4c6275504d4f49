# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Debian's unmodified programs, on Debian's libraries and on ours.

On Debian's they show that the software device speaks what a stock libmlx5
expects; on ours, that our libraries are what a stock program expects. The rows
are those of `./dev peers`, which runs many more; also servers and clients that fail
on Debian's too, which takes long and shows little.
"""

import pytest

import peer
from peers import all_rows, compare, known

BIN = "/usr/bin/"
ROWS = [(row, driver) for row, driver in all_rows() if row.core and
        not (row.server and known.failure(driver, row.name))]


def name(pair):
    row, driver = pair
    return f"{row.name} on {driver}" if driver else row.name


@pytest.mark.parametrize("pair", ROWS, ids=name)
def test_same_on_ours(pair):
    verdict = compare.compare(*pair)
    assert verdict.good, "\n".join(
        (f"{verdict.kind}: {verdict.text}", *verdict.lines))


@pytest.fixture
def device(driver):
    found = peer.find_device(driver)
    assert found, f"the VM has no device of driver {driver}"
    return found


@pytest.mark.parametrize("driver", ["rxe", "softhca"])
@pytest.mark.parametrize("sides", [("ours", "stock"), ("stock", "ours")],
                         ids=["server-ours", "client-ours"])
def test_rc_pingpong_between_ours_and_stock(device, sides):
    peer.run_pair(*sides, BIN + "ibv_rc_pingpong", "-n", 200, "-c", "-d",
                  device.name, "-g", device.gid_index)


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


def test_program_that_does_not_end_is_stopped():
    device = peer.find_device("rxe")
    with peer.Program("ours", BIN + "ibv_asyncwatch", "-d",
                      device.name) as program:
        assert program.end(1).code is None
