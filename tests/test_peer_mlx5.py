# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Debian's programs on our mlx5 provider: every kind of queue it has."""

import pytest

import peer

BIN = "/usr/bin/"


@pytest.fixture
def softhca():
    return peer.find_device("softhca")


def run(program, *argv):
    peer.run_pair("ours", "ours", BIN + program, *argv)


def pingpong(device, *more):
    return ("-d", device.name, "-g", device.gid_index, "-n", 200, *more)


@pytest.mark.parametrize("program", [
    "ibv_uc_pingpong", "ibv_ud_pingpong", "ibv_srq_pingpong"])
def test_pingpong(softhca, program):
    run(program, *pingpong(softhca, "-c"))


def test_srq_pingpong_by_events(softhca):
    run("ibv_srq_pingpong", *pingpong(softhca, "-c", "-e"))


@pytest.mark.parametrize("name, value", [
    ("MLX5_CQE_SIZE", "128"), ("MLX5_SINGLE_THREADED", "1"),
    ("MLX5_SHUT_UP_BF", "1")])
def test_variables_of_the_stock_provider(softhca, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    run("ibv_rc_pingpong", *pingpong(softhca, "-c"))


def test_xsrq_pingpong(softhca):
    run("ibv_xsrq_pingpong", "-d", softhca.name, "-g", softhca.gid_index,
        "-n", 100)


@pytest.mark.parametrize("argv", [
    ("ib_send_bw", "-c", "UD", "-s", 1024),
    ("ib_send_bw", "-c", "UD", "-s", 1024, "--use_old_post_send"),
    ("ib_send_bw", "-c", "UC"), ("ib_write_bw", "-c", "UC"),
    ("ib_send_bw", "--use-srq"),
    ("ib_send_lat", "-c", "UD", "-s", 64, "-I", 64)],
    ids=lambda argv: "_".join(map(str, argv)))
def test_perftest(softhca, argv):
    program, *options = argv
    run(program, "-n", 200, "-F", "-d", softhca.name,
        "-x", softhca.gid_index, *options)
