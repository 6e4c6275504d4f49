# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What programs print through the library reads the same on ours and on the
stock library: names of enum values, conversions of rates."""

import json
import subprocess
import sys

import pytest

STOCK = "/usr/lib/x86_64-linux-gnu/libibverbs.so.1"
OURS = "/src/build-vm/lib/libibverbs.so.1"

# Two libraries with one SONAME do not mix in a process: each gets its own.
ASK = """
import ctypes, json, sys
lib = ctypes.CDLL(sys.argv[1])
call = getattr(lib, sys.argv[2])
if sys.argv[2].endswith("_str"):
    call.restype = ctypes.c_char_p
def answer(value):
    out = call(value)
    return out.decode() if isinstance(out, bytes) else out
print(json.dumps([answer(v) for v in json.loads(sys.argv[3])]))
"""

MULTS = sorted({0, 1, 2, 3, 5, 10, 11, 20, 22, 4, 8, 12, 16, 24, 32, 48, 160,
                240, 320, 480, 1000, -1})
MBPS = [0, 1, -1, 2500, 5000, 10000, 14000, 14062, 20000, 25781, 28125, 30000,
        40000, 53125, 56250, 60000, 80000, 103125, 112500, 120000, 168750,
        206250, 309375, 425000, 637500, 850000, 1275000]

CALLS = [
    ("ibv_wc_status_str", range(-1, 27)),
    ("ibv_event_type_str", range(-1, 23)),
    ("ibv_node_type_str", range(-1, 10)),
    ("ibv_port_state_str", range(-1, 8)),
    # Two values between the opcodes crash or are nameless in the stock one.
    ("ibv_wr_opcode_str", [*range(-1, 12), 14, 15, 16]),
    ("ibv_rate_to_mult", range(0, 30)),
    ("ibv_rate_to_mbps", range(0, 30)),
    ("mult_to_ibv_rate", MULTS),
    ("mbps_to_ibv_rate", MBPS),
]


def ask(library, call, values):
    out = subprocess.run(
        [sys.executable, "-c", ASK, library, call, json.dumps(list(values))],
        check=True, capture_output=True, text=True, env={})
    return json.loads(out.stdout)


@pytest.mark.parametrize("call,values", CALLS, ids=[c for c, _ in CALLS])
def test_answers_are_the_stock_librarys(call, values):
    assert ask(OURS, call, values) == ask(STOCK, call, values)


def test_nameless_opcodes_are_unknown():
    assert ask(OURS, "ibv_wr_opcode_str", [12, 13]) == ["unknown", "unknown"]
