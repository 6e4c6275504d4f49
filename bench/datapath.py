#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What one operation of the data path costs, against the stock library.

Runs where the build does, without a VM: the null device stands in for kernel and
device. User instructions by callgrind; nanoseconds of the fastest batch, which
say little on a machine that does something else as well. A library is measured
with its default objects (locked) and with those of one thread.
"""

import argparse
import os
import sys
import tempfile

import measure

PROGRAM = os.path.join(measure.PROGRAMS, "bench_datapath")
PRELOAD = os.path.join(measure.PROGRAMS, "libbench_null.so")
BATCH = 64
COUNTED_ROUNDS = 20
TIMED_ROUNDS = 5000
# How the program calls it, how we do, and at most which part of stock's.
OPERATIONS = (
    ("post_send_inline", "post_send, 8 bytes inline", 0.6),
    ("post_send_sge", "post_send, one SGE", 0.6),
    ("post_send_list", "post_send, lists of 16, each", 0.6),
    ("wr_inline", "ibv_wr_*, 8 bytes inline", 0.6),
    ("wr_sge", "ibv_wr_*, one SGE", 0.6),
    ("post_recv", "post_recv", 1.0),
    ("poll_one", "poll_cq, one at a time", 0.6),
    ("poll_list", "poll_cq, 16 at a time, each", 0.6),
    ("poll_empty", "poll_cq, empty", 0.6),
    ("poll_ex", "extended poll, four fields", 1.0),
    ("reg_dmabuf", "reg_dmabuf_mr and dereg_mr", 1.0),
)


def run(operation, rounds, mode, library):
    """Nanoseconds of one operation; the libraries have to be the right ones."""
    lines = measure.execute([PROGRAM, operation, str(rounds), *mode], library,
                            LD_PRELOAD=PRELOAD).stdout.split()
    folder = os.path.realpath(measure.LIBRARIES[library])
    for path in lines[:-1]:
        if not os.path.realpath(path).startswith(folder + "/"):
            sys.exit(f"datapath: {library}: ran on {path}")
    return float(lines[-1])


def count(operation, mode, library):
    """User instructions of one operation."""
    with tempfile.TemporaryDirectory() as folder:
        total = measure.callgrind(
            [PROGRAM, operation, str(COUNTED_ROUNDS), *mode], library, folder,
            "--collect-atstart=no", LD_PRELOAD=PRELOAD)
    return round(total / (COUNTED_ROUNDS * BATCH), 1)


def rows(mode):
    for operation, name, aim in OPERATIONS:
        yield (f"{name}: instructions",
               *(count(operation, mode, lib) for lib in measure.LIBRARIES), aim)
        yield (f"{name}: ns",
               *(run(operation, TIMED_ROUNDS, mode, lib)
                 for lib in measure.LIBRARIES), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    measure.report({"default objects": list(rows(())),
                    "objects of one thread": list(rows(("single",)))},
                   args.json)


if __name__ == "__main__":
    main()
