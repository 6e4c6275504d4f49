#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare what one of our libraries exports with the library of a Debian package.

Every public symbol of the stock library has to be in ours at the same version
node. Nodes of both have to be the same, with the same order, and a symbol of
ours in one of them has to be there in the stock library. What differs all the
same is in differences.txt. Exits 77 where there is nothing to compare with.
"""

import argparse
import os
import sys

import dynsym
from differences import PACKAGES, Difference, report

# A node for stock's own parts, which change from release to release.
PRIVATE = "IBVERBS_PRIVATE_"


def is_public(symbol):
    return not dynsym.node_of(symbol).startswith(PRIVATE)


def compare_nodes(stock, ours):
    for node, parent in stock.items():
        if node not in ours or ours[node] != parent:
            yield f"node {node}", f"not after {parent} as in the stock library"


def compare_symbols(stock, ours):
    public = {symbol for symbol in stock if is_public(symbol)}
    for symbol in sorted(public - ours):
        yield symbol, "missing"
    stock_nodes = {dynsym.node_of(symbol) for symbol in public}
    for symbol in sorted(ours - stock):
        if dynsym.node_of(symbol) in stock_nodes:
            yield symbol, "not in the stock library"


def compare(stock_path, our_path):
    if dynsym.soname(stock_path) != dynsym.soname(our_path):
        yield "soname", "differs"
    yield from compare_nodes(dynsym.nodes(stock_path), dynsym.nodes(our_path))
    stock = dynsym.exported(stock_path)
    if not stock:
        yield "symbols", f"none found in {stock_path}"
    yield from compare_symbols(stock, dynsym.exported(our_path))


def compare_libraries(library, stock_path, our_path):
    return [Difference(library, *pair) for pair in compare(stock_path, our_path)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", required=True, choices=PACKAGES)
    parser.add_argument("--stock", required=True, metavar="LIB_DIR")
    parser.add_argument("--ours", required=True, metavar="LIB_DIR")
    parser.add_argument("library")
    args = parser.parse_args()

    stock, ours = (os.path.join(d, args.library) for d in (args.stock, args.ours))
    if not os.path.exists(stock):
        print(f"SKIP: no {args.library} in {args.stock}")
        return 77
    found = compare_libraries(args.library, stock, ours)
    return report(args.library, found, args.package, args.library)


if __name__ == "__main__":
    sys.exit(main())
