#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare the calls without implementation with the README's table of them.

A name in a table row may stand for several: a{b,c} is ab and ac.
"""

import re
import sys


def stubs(source):
    return set(re.findall(r"^UNSUPPORTED_\w+\((\w+)\)$", source, re.M))


def expand(name):
    head, braces, rest = name.partition("{")
    if not braces:
        return {name}
    words, _, tail = rest.partition("}")
    return {full for word in words.split(",") for full in expand(head + word + tail)}


def listed(readme):
    section = re.search(r"^## Not implemented\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    rows = [line for line in section[1].splitlines() if line.startswith("|")]
    names = re.findall(r"`([\w{},]+)`", "\n".join(rows))
    return {full for name in names for full in expand(name)}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def main():
    source, readme = map(read, sys.argv[1:])
    have, told = stubs(source), listed(readme)
    for name in sorted(have - told):
        print(f"not implemented, but not in the README's table: {name}")
    for name in sorted(told - have):
        print(f"in the README's table, but no stub: {name}")
    print(f"{len(have)} calls")
    return 1 if have != told or not have else 0


if __name__ == "__main__":
    sys.exit(main())
