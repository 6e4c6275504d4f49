#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Bind every symbol of Debian's programs to our libraries, as the loader would.

Most of these are bound when they are loaded: one missing symbol or version node
and they do not start. Nothing is run. Exits 77 where there is no such program.
"""

import argparse
import glob
import os
import re
import subprocess
import sys

PROGRAMS = [
    "usr/bin/ib_*",
    "usr/bin/ibv_*",
    "usr/bin/raw_ethernet_*",
    "usr/bin/rping",
    "usr/bin/rstream",
    "usr/bin/ucmatose",
    "usr/lib/*/librdmacm.so.1",
    "usr/lib/python3/dist-packages/pyverbs/**/*.so",
]
# Other complaints are about libraries that this machine has too old.
COMPLAINT = re.compile(
    r"\b(_?ibv_|IBVERBS_|_*mlx[45]dv_|MLX[45]_|efadv_|EFA_|hnsdv_|HNS_|manadv_|MANA_)"
)
OURS = re.compile(r"\s*(lib(?:ibverbs|mlx[45]|efa|hns|mana)\.so\.1) => (\S+)")


def find_programs(root):
    for pattern in PROGRAMS:
        yield from sorted(glob.glob(os.path.join(root, pattern), recursive=True))


def bind(program, libraries):
    """What the loader says when it binds all of @program's symbols."""
    environment = dict(os.environ, LD_LIBRARY_PATH=libraries, LC_ALL="C")
    return subprocess.run(
        ["ldd", "-r", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        check=False,
        text=True,
    ).stdout


def complaints(program, libraries):
    for line in bind(program, libraries).splitlines():
        if match := OURS.match(line):
            if os.path.dirname(match[2]) != libraries:
                yield f"{program}: {match[1]} is {match[2]}"
        elif "not found" in line or "not defined" in line or "undefined" in line:
            if COMPLAINT.search(line.replace(program, "")):
                yield f"{program}: {line.strip()}"


def uses_verbs(program):
    with open(program, "rb") as file:
        return b"libibverbs.so.1" in file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stock", required=True, metavar="ROOT")
    parser.add_argument("--ours", required=True, metavar="LIB_DIR")
    args = parser.parse_args()

    programs = [p for p in find_programs(args.stock) if uses_verbs(p)]
    if not programs:
        print("SKIP: no program of Debian's that uses verbs is installed")
        return 77
    found = [line for p in programs for line in complaints(p, args.ours)]
    for line in found:
        print(line)
    print(f"{len(programs)} programs and libraries, {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
