#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare our copy of the kernel's names with the system's kernel headers.

Two headers in <infiniband/> stand in for those of the same name in <rdma/>, which
may be older or newer. What both have must be the same: values of
constants, sizes of structs, place and type of members. A member may replace
reserved bytes, and each side may have names that the other lacks.

kernel-headers/rdma has names that the system's headers may lack. The kernels
that have them, of the newest headers found, must agree with their values.
"""

import argparse
import glob
import os
import re
import sys

import cheader

COPIES = ["ib_user_ioctl_verbs.h", "mlx5_user_ioctl_verbs.h"]


def members(layout):
    """Members by name: offset and type. Not those that only keep a place."""
    rows = (line.rsplit(" ", 1) for line in layout[1:])
    return {name: place for place, name in rows if not name.startswith("reserved")}


def compare_structs(kernels, ours):
    for name in kernels.keys() & ours.keys():
        if name.startswith("enum"):
            continue
        if kernels[name][0] != ours[name][0]:
            yield f"{name}: {ours[name][0]}, the kernel's {kernels[name][0]}"
        theirs, mine = members(kernels[name]), members(ours[name])
        for member in theirs.keys() & mine.keys():
            if theirs[member] != mine[member]:
                yield f"{name}.{member}: {mine[member]}, the kernel's {theirs[member]}"


def compare_values(kernels, ours):
    for name in kernels.keys() & ours.keys():
        if kernels[name] != ours[name]:
            yield f"{name} is {ours[name]}, the kernel's {kernels[name]}"


def common_names(kernels, ours):
    """How much of our header was compared; both include the same others."""
    others = cheader.read_types([], ["rdma/ib_user_verbs.h"])
    common = kernels.constants.keys() & ours.constants.keys()
    return common - others.constants.keys()


def newest_kernel():
    """Where the headers of the newest kernel are that modules are built for."""
    folders = glob.glob("/usr/src/linux-headers-*-common/include/uapi")
    versions = {tuple(map(int, re.findall(r"\d+", f)[:3])): f for f in folders}
    return versions[max(versions)] if versions else None


def compare_newer(folder, kernels):
    """Yield what differs, and then for each header how much was compared."""
    for path in sorted(glob.glob(f"{folder}/rdma/*.h")):
        name = f"rdma/{os.path.basename(path)}"
        theirs = cheader.read_types([kernels], [name]).constants
        with open(path, encoding="ascii") as f:
            ours = re.findall(r"^#define (\w+) (\d+)$", f.read(), re.M)
        for constant, value in ours:
            if theirs.get(constant) != int(value):
                yield f"{constant} is {value}, the kernel's {theirs.get(constant)}"
        if not ours:
            yield f"{name}: nothing to compare"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("include_dir")
    parser.add_argument("newer_dir", help="kernel-headers")
    args = parser.parse_args()

    kernels = cheader.read_types([], [f"rdma/{name}" for name in COPIES])
    ours = cheader.read_types([args.include_dir], COPIES)
    found = [
        *compare_structs(kernels.layouts, ours.layouts),
        *compare_values(kernels.constants, ours.constants),
    ]
    newest = newest_kernel()
    if newest:
        found += compare_newer(args.newer_dir, newest)
    else:
        print("no kernel headers to compare the newer names with")
    compared = len(common_names(kernels, ours))
    for line in sorted(found):
        print(line)
    print(f"{compared} constants compared, {len(found)} differences")
    return 1 if found or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
