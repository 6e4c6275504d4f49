# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""ibv_dmabuf_pingpong and ibv_dmabuf_demo: what they move, and that they notice.

A tool that checks data is worth as much as the errors it finds, so each test of
something that works has one of something that is broken on purpose.
"""

import glob
import json
import os
import socket
import subprocess
import time

import pytest

import rdma

PROGRAM = "ibv_dmabuf_pingpong"
DEMO = "ibv_dmabuf_demo"
DEBUGFS = "/sys/kernel/debug/softhca"
EXPORTERS = ("udmabuf", "heap:system", "vgem", "testbuf", "testbuf:dynamic")
OPS = ("write", "read", "send")
# Starts and ends within a page, at another address for the device.
UNALIGNED = ("--offset", "0x1811", "--iova", "0x7f0000000811", "-s", "100001")
OK, FAILED, NO_IMPORT, WRONG_DATA = range(4)
TCP_LISTEN = "0A"


def run(program, *args):
    done = subprocess.run([program, *map(str, args)], capture_output=True,
                          text=True, timeout=60, check=False)
    print(done.stdout, done.stderr)
    return done


def loopback(*args):
    """Exit code and report of a run with both ends in one process."""
    done = run(PROGRAM, "--loopback", "--json", "-n", 5, *args)
    return done.returncode, json.loads(done.stdout)


def device_names():
    return sorted(os.listdir("/sys/class/infiniband"))


def can_move(name):
    code, _ = loopback("-d", name, "--exporter", "testbuf:dynamic",
                       "--moves", 2, "-s", 4096)
    return code == OK


@pytest.fixture(scope="module")
def dynamic():
    """The software device that lets the buffers it imports move."""
    for name in device_names():
        if not name.startswith("rxe") and can_move(name):
            return name
    pytest.fail("the VM has no device that imports dma-bufs dynamically")
    return None


@pytest.fixture
def corrupt_copy():
    """Have the software device spoil a byte of the next copy."""
    path = f"{DEBUGFS}/corrupt_copy"

    def write(value):
        with open(path, "w", encoding="ascii") as f:
            f.write(value)

    write("1")
    yield
    write("0")


def wait_for_listener(port):
    wanted = f":{port:04X}"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for path in glob.glob("/proc/net/tcp*"):
            with open(path, encoding="ascii") as f:
                for line in f:
                    fields = line.split()
                    if fields[1].endswith(wanted) and fields[3] == TCP_LISTEN:
                        return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def client_and_server(server_args, client_args):
    """Exit codes and outputs of both, server first."""
    port = free_port()
    command = [PROGRAM, "-p", str(port), "-n", "5"]
    with subprocess.Popen(command + list(server_args), text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as server:
        try:
            wait_for_listener(port)
            client = run(*command, *client_args, "127.0.0.1")
            output = server.communicate(timeout=60)[0]
        finally:
            server.kill()
    print(output)
    return server.returncode, client.returncode, output, \
        client.stdout + client.stderr


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("op", OPS)
def test_every_exporter_unaligned(dynamic, exporter, op):
    code, report = loopback("-d", dynamic, "--exporter", exporter, "--op", op,
                            *UNALIGNED)
    assert code == OK, report["error"]
    assert report["result"] == "ok"
    assert report["bytes"] == 2 * 5 * 100001
    # Ten turns, each with the region and canaries on both sides of it.
    assert report["bytes_checked"] > report["bytes"] + 10 * (0x1811 + 4096)


@pytest.mark.parametrize("size", (1, 4095, 4096, 4097, 1 << 20))
def test_sizes_around_a_page(dynamic, size):
    code, report = loopback("-d", dynamic, "-s", size, "--exporter", "testbuf")
    assert code == OK, report["error"]
    assert report["bytes"] == 2 * 5 * size


@pytest.mark.parametrize("op", OPS)
def test_client_and_server(dynamic, op):
    """Each end has an exporter, an offset and an address of its own."""
    server = ("-d", dynamic, "--op", op, "--exporter", "udmabuf")
    client = ("-d", dynamic, "--op", op, "--exporter", "testbuf:dynamic",
              "--offset", "0x2010", "--iova", "0x700010")
    server_code, client_code, _, _ = client_and_server(server, client)
    assert (server_code, client_code) == (OK, OK)


def test_other_side_with_another_op_is_told(dynamic):
    codes = client_and_server(("-d", dynamic, "--op", "read"),
                              ("-d", dynamic, "--op", "write"))
    assert codes[:2] == (FAILED, FAILED)
    assert "--op" in codes[2] and "--op" in codes[3]


@pytest.mark.parametrize("op", OPS)
def test_buffers_move_under_traffic(dynamic, op):
    code, report = loopback("-d", dynamic, "--exporter", "testbuf:dynamic",
                            "--moves", 300, "--op", op, *UNALIGNED[:4],
                            "-s", 20001)
    assert code == OK, report["error"]
    assert report["moves"] == 300
    assert report["mismatches"] == 0
    # Two moves may happen between two uses of a buffer, but not all do.
    assert report["faults"] >= 150


def test_corrupted_copy_is_found(dynamic, corrupt_copy):
    code, report = loopback("-d", dynamic, "--exporter", "testbuf", *UNALIGNED)
    assert code == WRONG_DATA
    assert report["result"] == "wrong data"
    assert report["where"] == "region"
    assert 0x1811 <= report["position"] < 0x1811 + 100001
    assert report["expected"] != report["got"]
    assert report["mismatches"] == 1


def test_corrupted_copy_fails_the_demo(dynamic, corrupt_copy):
    done = run(DEMO, "-d", dynamic, "--exporter", "testbuf", "--json")
    assert done.returncode == FAILED
    report = json.loads(done.stdout)
    assert report["verified"] < report["count"]
    assert any(row["result"] == "wrong data" for row in report["rows"])


def test_device_without_import_is_exit_2():
    rxe = next(name for name in device_names() if name.startswith("rxe"))
    done = run(PROGRAM, "--loopback", "-d", rxe)
    assert done.returncode == NO_IMPORT
    assert "Operation not supported" in done.stderr
    assert rxe in done.stderr


# Where buffers may move they are mapped unpinned, if the kernel lets them.
@pytest.mark.parametrize("mode, step", (("dynamic", "attach"),
                                        ("dynamic", "map"), ("pinned", "pin")))
def test_exporters_refusal_is_passed_on(mode, step):
    code, report = loopback("-d", rdma.SOFTHCA[mode], "--exporter",
                            f"testbuf:dynamic,fail_{step}=EDQUOT")
    assert code == FAILED
    assert "Disk quota exceeded" in report["error"]


def test_offset_and_iova_that_disagree(dynamic):
    code, report = loopback("-d", dynamic, "--offset", "0x10",
                            "--iova", "0x20")
    assert code == FAILED
    assert "Invalid argument" in report["error"]


def test_missing_exporter_says_what_lacks():
    done = run(PROGRAM, "--loopback", "--exporter", "heap:nosuch")
    assert done.returncode == FAILED
    assert "/dev/dma_heap/nosuch" in done.stderr
    assert "No such file or directory" in done.stderr


def test_missing_device_is_told():
    done = run(PROGRAM, "--loopback", "-d", "nosuch0")
    assert done.returncode == FAILED
    assert "nosuch0" in done.stderr


def test_missing_exporter_is_a_failed_row(dynamic):
    done = run(DEMO, "-d", dynamic, "--exporter", "heap:nosuch",
               "--exporter", "udmabuf")
    assert done.returncode == FAILED
    assert "12 rows, 6 verified" in done.stdout


def test_moving_needs_a_dynamic_buffer(dynamic):
    code, report = loopback("-d", dynamic, "--exporter", "testbuf",
                            "--moves", 1)
    assert code == FAILED
    assert "Operation not supported" in report["error"]


def device_of_mode(mode):
    for path in glob.glob(f"{DEBUGFS}/*/mode"):
        with open(path, encoding="ascii") as f:
            if f.read().strip() == mode:
                return path.split("/")[-2]
    return pytest.fail(f"the VM has no software device that is {mode}")


@pytest.mark.parametrize("mode", ("pinned", "revocable"))
@pytest.mark.parametrize("exporter", EXPORTERS)
def test_devices_that_pin(mode, exporter):
    code, report = loopback("-d", device_of_mode(mode), "--exporter", exporter,
                            *UNALIGNED)
    assert code == OK, report["error"]


@pytest.mark.parametrize("mode", ("pinned", "revocable"))
def test_pinned_buffer_does_not_move(mode):
    code, report = loopback("-d", device_of_mode(mode), "--exporter",
                            "testbuf:dynamic", "--moves", 1)
    assert code == FAILED
    assert "Device or resource busy" in report["error"]


def test_nothing_stays_after_a_run(dynamic):
    loopback("-d", dynamic, "--exporter", "testbuf:dynamic", "--moves", 4)
    with open(f"{DEBUGFS}/testbuf_live", encoding="ascii") as f:
        assert f.read().strip() == "0"
