# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What the benches share: both sets of libraries, callgrind, the table."""

import json
import os
import re
import subprocess
import sys

BENCH = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(BENCH), "build-vm")
PROGRAMS = os.path.join(BUILD, "bench")
STOCK = "/usr/lib/x86_64-linux-gnu"
LIBRARIES = {"stock": STOCK, "ours": os.path.join(BUILD, "lib")}
# callgrind counts a string instruction (`rep stosb`) once per repetition: this
# has the C library clear and copy memory with vector stores instead.
TUNABLES = ("glibc.cpu.x86_rep_stosb_threshold=0x40000000:"
            "glibc.cpu.x86_rep_movsb_threshold=0x40000000")


def environment(library, **more):
    return dict(os.environ, LD_LIBRARY_PATH=LIBRARIES[library],
                GLIBC_TUNABLES=TUNABLES, **more)


def execute(argv, library, **more):
    result = subprocess.run(argv, env=environment(library, **more), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if result.returncode:
        sys.exit(f"{library}: {' '.join(argv)}: exit status "
                 f"{result.returncode}\n{result.stderr}")
    return result


def callgrind(argv, library, folder, *options, **more):
    """User instructions of what was collected."""
    result = execute(["valgrind", "--tool=callgrind", *options,
                      f"--callgrind-out-file={folder}/callgrind.out", *argv],
                     library, **more)
    return int(re.search(r"Collected : (\d+)", result.stderr)[1])


def ratio(stock, ours):
    return ours / stock if stock else None


def as_dict(row):
    what, stock, ours, aim = row
    return {"what": what, "stock": stock, "ours": ours,
            "ratio": ratio(stock, ours), "aim": aim}


def print_row(what, stock, ours, aim):
    quotient = ratio(stock, ours)
    shown = "" if quotient is None else f"{quotient:.2f}"
    verdict = ""
    if aim is not None:
        met = quotient is not None and quotient <= aim
        verdict = f"at most {aim:.2f}: {'met' if met else 'MISSED'}"
    print(f"{what:46}{stock:>12,}{ours:>12,}{shown:>8}  {verdict}".rstrip())


def report(tables, as_json):
    """Print tables: {title: [(what, stock, ours, aim or None)]}."""
    if as_json:
        print(json.dumps({title: [as_dict(row) for row in rows]
                          for title, rows in tables.items()}, indent=1))
        return
    for title, rows in tables.items():
        print(f"{title:46}{'stock':>12}{'ours':>12}{'ratio':>8}")
        for row in rows:
            print_row(*row)
        print()
    print(f"taken with GLIBC_TUNABLES={TUNABLES}")
