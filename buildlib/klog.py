#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Find kernel trouble in a console log.

Prints each finding with the lines that belong to it. Exit status 1 when there
was one, 0 for a clean log.
"""

import argparse
import re
import sys

TROUBLE = re.compile("|".join((
    r"WARNING: ", r"BUG: ", r"kernel BUG at", r"\bOops\b", r"Kernel panic",
    r"general protection fault", r"unable to handle",
    r"refcount_t: ", r"UBSAN: ", r"KASAN: ", r"KFENCE: ",
    r"soft lockup", r"hard LOCKUP", r"detected stall", r"detected expedited",
    r"INFO: task .* blocked for more than", r"self-detected stall",
    r"possible circular locking", r"possible recursive locking",
    r"possible irq lock inversion", r"suspicious RCU usage",
    r"sleeping function called", r"scheduling while atomic",
    r"held lock freed", r"bad unlock balance", r"list_(add|del) corruption",
    r"Bad page state", r"Bad rss-counter", r"unregister_netdevice: waiting",
    r"Out of memory: Killed", r"invoked oom-killer",
    r"ODEBUG: ", r"kmemleak: \d+ new suspected",
)))
TRACE_END = re.compile(r"---\[ end |</TASK>")
CONTEXT = 60


def findings(lines):
    """Yield lists of lines, each starting at a line that means trouble."""
    i = 0
    while i < len(lines):
        if not TROUBLE.search(lines[i]):
            i += 1
            continue
        end = trace_end(lines, i)
        yield lines[i:end]
        i = end


def trace_end(lines, start):
    """Where the report that begins at @start ends: at its closing line, or
    after one line if no trace follows it."""
    stop = min(start + CONTEXT, len(lines))
    for i in range(start, stop):
        if TRACE_END.search(lines[i]):
            return i + 1
    return start + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("log")
    args = parser.parse_args()
    with open(args.log, encoding="utf-8", errors="replace") as f:
        lines = f.read().splitlines()
    found = list(findings(lines))
    for block in found:
        print("\n".join("    " + line for line in block))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
