# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The software device under Debian's own programs, libraries and pyverbs.

What the stock provider makes of it is what says that the device is right. The
cases in tests/stock run in a process of their own, on Debian's libraries.
"""

import functools
import glob
import os

import pytest

import nested
import peer
import rdma
from peers import execute, others

BIN = "/usr/bin/"
FILES = [os.path.basename(path)[5:-3]
         for path in sorted(glob.glob(f"{nested.STOCK}/test_*.py"))]
ON_OURS = ("raw_packet", "clock", "direct_cq", "dynamic", "events")
# Files that run in one process do so once, for all cases that look at it.
run_stock = functools.lru_cache(nested.run_stock)


@pytest.mark.parametrize("name", FILES)
def test_stock_pyverbs(name):
    run_stock(*FILES).check(name)


@pytest.mark.parametrize("name", ("queues", "inline"))
def test_stock_pyverbs_with_large_completions(name):
    run_stock("queues", "inline", MLX5_CQE_SIZE="128").check(name)


@pytest.mark.parametrize("name", ON_OURS)
def test_stock_pyverbs_on_our_libraries(name):
    run_stock(*ON_OURS, LD_LIBRARY_PATH=peer.OUR_DIR).check(name)


@pytest.mark.parametrize("name", ("inline", "returned"))
@pytest.mark.parametrize("size", ("64", "128"))
def test_small_messages_on_our_libraries(size, name):
    run_stock("inline", "returned", LD_LIBRARY_PATH=peer.OUR_DIR,
              MLX5_CQE_SIZE=size, MLX5_SCATTER_TO_CQE="1").check(name)


def counter(device, name):
    return rdma.read_counters(f"{device}/stats")[name]


@pytest.fixture
def softhca():
    return peer.find_device("softhca")


@pytest.mark.parametrize("seed", range(1, 5))
def test_noise_in_queues_ends_queues_and_nothing_else(softhca, seed):
    program = f"{peer.OUR_BIN}/queue_noise"
    peer.run("stock", program, softhca.name, seed, 3000)
    peer.run_pair("stock", "stock", BIN + "ibv_rc_pingpong", "-d", softhca.name,
                  "-g", softhca.gid_index, "-n", 10, "-c")


@pytest.mark.parametrize("program", [
    "ibv_ud_pingpong", "ibv_uc_pingpong", "ibv_srq_pingpong"])
@pytest.mark.parametrize("mode", [(), ("-e",)], ids=["poll", "events"])
def test_pingpong(softhca, program, mode):
    check = () if program == "ibv_srq_pingpong" else ("-c",)
    size = ("-s", 1024) if program == "ibv_ud_pingpong" else ()
    peer.run_pair("stock", "stock", BIN + program, "-d", softhca.name,
                  "-g", softhca.gid_index, "-n", 200, *size, *check, *mode)


@pytest.mark.parametrize("libraries", ("stock", "newest"))
def test_pingpong_of_small_messages(softhca, libraries):
    before = counter(softhca.name, "inline")
    peer.run_pair(libraries, libraries, BIN + "ibv_rc_pingpong", "-d",
                  softhca.name, "-g", softhca.gid_index, "-n", 100, "-s", 16,
                  "-c")
    assert counter(softhca.name, "inline") == before + 200


@pytest.mark.parametrize("libraries", ("stock", "ours"))
@pytest.mark.parametrize("transport", ("rc_mlx5", "dc_mlx5"))
def test_ucx_makes_its_queues_by_devx(softhca, transport, libraries):
    row, = (row for row in others.ucx()
            if row.name == f"ucx_perftest {transport} am_lat")
    before = counter(softhca.name, "devx_queues")
    outcome = execute.run(row, "softhca", libraries)
    assert outcome.passed, outcome
    # Both sides: two CQs, and a QP at least.
    assert counter(softhca.name, "devx_queues") >= before + 6


def test_xsrq_pingpong(softhca):
    peer.run_pair("stock", "stock", BIN + "ibv_xsrq_pingpong", "-d",
                  softhca.name, "-g", softhca.gid_index, "-n", 200, "-c", 1)


@pytest.mark.parametrize("argv", [
    ("ib_send_bw", "-c", "UD"), ("ib_send_bw", "-c", "UC"),
    ("ib_write_bw", "-c", "UC"), ("ib_send_bw", "--use-srq", "-q", 3),
    ("ib_send_bw", "-c", "XRC", "--use-srq"), ("ib_write_lat", "-c", "XRC"),
    ("ib_send_lat", "-c", "UD", "-e"), ("ib_send_lat", "-e"),
    ("ib_read_bw", "-e"), ("ib_write_bw", "-q", 16)],
    ids=lambda argv: "_".join(map(str, argv)))
def test_perftest(softhca, argv):
    program, *options = argv
    peer.run_pair("stock", "stock", BIN + program, "-n", 200, "-F", "-d",
                  softhca.name, "-x", softhca.gid_index, *options)
