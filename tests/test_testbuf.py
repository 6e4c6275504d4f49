# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The software device's exporter of test dma-bufs, by its ioctls."""

import ctypes
import errno
import fcntl
import mmap
import os
import subprocess
import threading

import pytest

PAGE = mmap.PAGESIZE
DEVICE = "/dev/softhca_testbuf"
DYNAMIC = 1
FORCE = 1


class Create(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint64), ("flags", ctypes.c_uint32),
                ("fail_attach", ctypes.c_uint32), ("fail_map", ctypes.c_uint32),
                ("fail_pin", ctypes.c_uint32), ("fail_nth", ctypes.c_uint32),
                ("delay_us", ctypes.c_uint32), ("fd", ctypes.c_int32),
                ("reserved", ctypes.c_uint32)]


class Move(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_int32), ("flags", ctypes.c_uint32),
                ("count", ctypes.c_uint32), ("interval_us", ctypes.c_uint32),
                ("moved", ctypes.c_uint32), ("reserved", ctypes.c_uint32)]


class Revoke(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_int32), ("reserved", ctypes.c_uint32)]


class Guards(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_int32), ("guarded_page", ctypes.c_uint32),
                ("bad_bytes", ctypes.c_uint64), ("position", ctypes.c_int64),
                ("expected", ctypes.c_uint8), ("got", ctypes.c_uint8),
                ("reserved", ctypes.c_uint8 * 6)]


class Stats(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_int32), ("revoked", ctypes.c_uint32)] + \
        [(name, ctypes.c_uint64) for name in (
            "moves", "maps", "unmaps", "pins", "unpins", "faults",
            "cpu_begins", "cpu_ends", "violations", "guard_bad_bytes")] + \
        [(name, ctypes.c_uint32) for name in (
            "attachments", "mapped", "pinned", "reserved")]


def number(nr, struct, direction=3):
    return direction << 30 | ctypes.sizeof(struct) << 16 | 0xb5 << 8 | nr


COMMANDS = {
    Create: number(0x20, Create),
    Move: number(0x21, Move),
    Revoke: number(0x22, Revoke, direction=1),
    Guards: number(0x23, Guards),
    Stats: number(0x24, Stats),
}


@pytest.fixture
def device():
    with open(DEVICE, "rb+", buffering=0) as f:
        yield f


class Buf:
    """A test dma-buf and its mapping."""

    def __init__(self, device, size, flags=0):
        self.device = device
        self.fd = call(device, Create(size=size, flags=flags)).fd
        self.size = os.lseek(self.fd, 0, os.SEEK_END)
        self.map = mmap.mmap(self.fd, self.size)

    def call(self, struct, **args):
        return call(self.device, struct(fd=self.fd, **args))

    def close(self):
        self.map.close()
        os.close(self.fd)


def call(device, struct):
    fcntl.ioctl(device, COMMANDS[type(struct)], struct)
    return struct


@pytest.fixture
def make(device):
    bufs = []

    def make_one(size, flags=0):
        bufs.append(Buf(device, size, flags))
        return bufs[-1]

    yield make_one
    for buf in bufs:
        buf.close()


def assert_fails(code, device, struct):
    with pytest.raises(OSError) as caught:
        call(device, struct)
    assert caught.value.errno == code


def live():
    with open("/sys/kernel/debug/softhca/testbuf_live", encoding="ascii") as f:
        return int(f.read())


@pytest.mark.parametrize("size", (1, PAGE, PAGE + 1, 2 * PAGE, 1 << 20))
def test_size_is_whole_pages_of_zeros(make, size):
    buf = make(size)
    assert buf.size == -(-size // PAGE) * PAGE
    assert buf.map[:] == bytes(buf.size)


@pytest.mark.parametrize("bad", (
    {"size": 0}, {"size": (256 << 20) + 1}, {"size": 2**64 - 1},
    {"flags": 2}, {"fail_attach": 512}, {"fail_map": 512}, {"fail_pin": 512},
    {"delay_us": 1000001}, {"reserved": 1}))
def test_create_refuses(device, bad):
    assert_fails(errno.EINVAL, device, Create(**{"size": PAGE, **bad}))


def test_descriptor_is_close_on_exec(make):
    assert not os.get_inheritable(make(PAGE).fd)


@pytest.mark.parametrize("pages", (1, 2, 3, 64))
def test_move_keeps_the_data(make, pages):
    buf = make(pages * PAGE, DYNAMIC)
    data = os.urandom(buf.size)
    buf.map[:] = data
    assert buf.call(Move, count=20).moved == 20
    assert buf.map[:] == data
    stats = buf.call(Stats)
    assert stats.moves == 20
    # All pages had to be faulted in again: the mapping moved, too.
    assert stats.faults == 2 * pages
    assert stats.violations == 0
    assert buf.call(Guards).bad_bytes == 0


def test_cpu_sees_its_own_writes_while_the_buffer_moves(make):
    buf = make(8 * PAGE, DYNAMIC)
    errors = []

    def move():
        try:
            buf.call(Move, count=1000)
        except OSError as err:
            errors.append(err)

    mover = threading.Thread(target=move)
    mover.start()
    rounds = 0
    while mover.is_alive() or not rounds:
        data = bytes([rounds & 0xff]) * buf.size
        buf.map[:] = data
        assert buf.map[:] == data
        rounds += 1
    mover.join()
    assert not errors
    assert buf.call(Stats).moves == 1000


def test_static_buffer_does_not_move(make):
    buf = make(PAGE)
    assert_fails(errno.EOPNOTSUPP, buf.device, Move(fd=buf.fd, count=1))


def test_revoked_buffer_does_not_move(make):
    buf = make(PAGE, DYNAMIC)
    buf.call(Revoke)
    assert buf.call(Stats).revoked == 1
    assert_fails(errno.ENODEV, buf.device, Move(fd=buf.fd, count=1))


@pytest.mark.parametrize("bad", ({"flags": 2}, {"reserved": 1},
                                 {"interval_us": 100001}))
def test_move_refuses(make, bad):
    buf = make(PAGE, DYNAMIC)
    assert_fails(errno.EINVAL, buf.device, Move(fd=buf.fd, count=1, **bad))


@pytest.mark.parametrize("struct", (Move, Revoke, Guards, Stats))
def test_commands_want_a_test_buffer(device, struct):
    assert_fails(errno.EBADF, device, struct(fd=-1))
    assert_fails(errno.EINVAL, device, struct(fd=device.fileno()))


@pytest.mark.parametrize("nr", (0x00, 0x01, 0x02, 0x25))
def test_unknown_command_is_enotty(device, nr):
    with pytest.raises(OSError) as caught:
        fcntl.ioctl(device, number(nr, Stats), bytes(ctypes.sizeof(Stats)))
    assert caught.value.errno == errno.ENOTTY


@pytest.mark.parametrize("struct", COMMANDS)
def test_unmapped_argument_is_efault(device, struct):
    with pytest.raises(OSError) as caught:
        fcntl.ioctl(device, COMMANDS[struct], 16)
    assert caught.value.errno == errno.EFAULT


def test_private_mapping_is_refused(make):
    buf = make(PAGE)
    with pytest.raises(OSError) as caught:
        mmap.mmap(buf.fd, PAGE, flags=mmap.MAP_PRIVATE)
    assert caught.value.errno == errno.EINVAL


def test_mapping_past_the_end_is_refused(make):
    buf = make(2 * PAGE)
    with pytest.raises(OSError) as caught:
        mmap.mmap(buf.fd, 2 * PAGE, offset=PAGE)
    assert caught.value.errno == errno.EINVAL


def test_mapping_keeps_the_buffer_alive(device):
    before = live()
    fd = call(device, Create(size=PAGE)).fd
    with mmap.mmap(fd, PAGE) as mapped:
        os.close(fd)
        assert live() == before + 1
        mapped[0] = 7
        assert mapped[0] == 7
    assert live() == before


def test_killed_process_leaves_nothing(device):
    """A series of moves ends with the process that asked for it."""
    before = live()
    code = f"""
import sys
sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r})
import test_testbuf as t
f = open(t.DEVICE, "rb+", buffering=0)
buf = t.Buf(f, 64 * t.PAGE, t.DYNAMIC)
print("ready", flush=True)
buf.call(t.Move, count=2**32 - 1, interval_us=1000)
"""
    with subprocess.Popen(["python3", "-c", code], stdout=subprocess.PIPE,
                          text=True) as child:
        assert child.stdout.readline() == "ready\n"
        assert live() == before + 1
        child.kill()
    assert live() == before


def module_references():
    with open("/sys/module/softhca/refcnt", encoding="ascii") as f:
        return int(f.read())


def test_buffer_holds_the_module():
    """Also when the device it was made with is closed."""
    before = module_references()
    with open(DEVICE, "rb+", buffering=0) as device:
        fd = call(device, Create(size=PAGE)).fd
    assert module_references() == before + 1
    os.close(fd)
    assert module_references() == before
