#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare our public headers with those of rdma-core that are installed.

Everything that the stock headers declare has to be in ours and be the same:
members, offsets and sizes, enum values, prototypes, macros. Ours may add names
that are reserved for us (two underscores in front) and nothing else.
Exits 77 where there is nothing to compare with.
"""

import argparse
import os
import sys

import cheader

# New in rdma-core 56, the release that ours agree with.
NEWEST_MEMBER = ("struct ibv_port_attr", "active_speed_ex")


def is_reserved(name):
    return name.split()[-1].startswith("__")


def describe(value):
    return "\n    ".join(value) if isinstance(value, list) else str(value)


def differences(what, stock, ours):
    for name, value in stock.items():
        if name not in ours:
            yield f"{what} {name}: missing"
        elif ours[name] != value:
            yield (
                f"{what} {name} differs\n  stock:\n    {describe(value)}\n"
                f"  ours:\n    {describe(ours[name])}"
            )


def additions(what, stock, ours):
    for name in ours:
        if name not in stock and not is_reserved(name):
            yield f"{what} {name}: the stock headers have no such name"


def compare_types(stock, ours):
    yield from differences("type", stock.layouts, ours.layouts)
    yield from differences("constant", stock.constants, ours.constants)
    yield from additions("constant", stock.constants, ours.constants)
    yield from additions("type", stock.layouts, ours.layouts)


def compare(stock_dir, our_dir, headers):
    # Kernel headers come from the same place for both.
    stock_dirs, our_dirs = [stock_dir], [our_dir, stock_dir]
    stock = cheader.read_types(stock_dirs, headers)
    newest_type, newest_member = NEWEST_MEMBER
    if not any(newest_member in line for line in stock.layouts[newest_type]):
        print("SKIP: rdma-core 56 headers (the installed ones are older)")
        sys.exit(77)

    yield from compare_types(stock, cheader.read_types(our_dirs, headers))
    for what, read in (
        ("function", cheader.read_functions),
        ("macro", cheader.read_macros),
    ):
        pair = read(stock_dirs, headers), read(our_dirs, headers)
        if not pair[0]:
            yield f"not one {what} found in the stock headers"
        yield from differences(what, *pair)
        yield from additions(what, *pair)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stock", required=True, metavar="INCLUDE_DIR")
    parser.add_argument("--ours", required=True, metavar="INCLUDE_DIR")
    parser.add_argument("headers", nargs="+")
    args = parser.parse_args()

    if not os.path.exists(os.path.join(args.stock, "infiniband/verbs.h")):
        print("SKIP: libibverbs-dev is not installed")
        return 77
    found = list(compare(args.stock, args.ours, args.headers))
    for line in found:
        print(line)
    print(f"{len(args.headers)} headers, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
