#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare our public headers with those of a Debian package.

Everything that the stock headers declare has to be in ours and be the same:
members, offsets and sizes, enum values, prototypes, macros. Beside that, ours
may have what the newest package has, and names that are reserved for us (two
underscores in front). What differs all the same is in differences.txt.
Exits 77 where there is nothing to compare with.
"""

import argparse
import os
import sys

import cheader
from differences import PACKAGES, Difference, report


def is_reserved(name):
    return name.split()[-1].startswith("__")


def describe(value):
    return "\n    ".join(value) if isinstance(value, list) else str(value)


def changed(what, stock, ours):
    for name, value in stock.items():
        if name not in ours:
            yield Difference("headers", f"{what}{name}", "missing")
        elif ours[name] != value:
            text = (
                f"differs\n  stock:\n    {describe(value)}\n"
                f"  ours:\n    {describe(ours[name])}"
            )
            yield Difference("headers", f"{what}{name}", text)


def added(what, stock, ours):
    for name in ours:
        if name not in stock and not is_reserved(name):
            text = "the stock headers have no such name"
            yield Difference("headers", f"{what}{name}", text)


def without_values(layouts):
    """Enums may get values: those are compared one by one, as constants."""
    return {
        name: lines[:1] if name.startswith("enum ") else lines
        for name, lines in layouts.items()
    }


def read_all(include_dirs, headers):
    """What the headers declare, by the word in front of the names."""
    types = cheader.read_types(include_dirs, headers)
    return {
        "": without_values(types.layouts),
        "constant ": types.constants,
        "function ": cheader.read_functions(include_dirs, headers),
        "macro ": cheader.read_macros(include_dirs, headers),
    }


def compare(package, stock, ours):
    for what, names in stock.items():
        if not names:
            text = "not one found in the stock headers"
            yield Difference("headers", what.strip() or "type", text)
        yield from changed(what, names, ours[what])
        if package == "newest":
            yield from added(what, names, ours[what])


def compare_headers(package, stock_dir, our_dir, headers):
    # Kernel headers come from the same place for both.
    stock = read_all([stock_dir], headers)
    return list(compare(package, stock, read_all([our_dir, stock_dir], headers)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", required=True, choices=PACKAGES)
    parser.add_argument("--stock", required=True, metavar="INCLUDE_DIR")
    parser.add_argument("--ours", required=True, metavar="INCLUDE_DIR")
    parser.add_argument("headers", nargs="+")
    args = parser.parse_args()

    if not os.path.exists(os.path.join(args.stock, "infiniband/verbs.h")):
        print(f"SKIP: no headers in {args.stock}")
        return 77
    found = compare_headers(args.package, args.stock, args.ours, args.headers)
    title = f"{len(args.headers)} headers"
    return report(title, found, args.package, "headers")


if __name__ == "__main__":
    sys.exit(main())
