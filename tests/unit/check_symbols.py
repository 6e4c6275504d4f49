#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare what our libraries export with Debian's libraries that are installed.

Every public symbol of the stock library has to be in ours at the same version
node, apart from those that --left-out lists with the reason. Nodes of both have
to be the same, with the same order, and a symbol of ours in one of them has to
be there in the stock library. Exits 77 where there is nothing to compare with.
"""

import argparse
import os
import sys

import dynsym

# A node for stock's own parts, which change from release to release.
PRIVATE = "IBVERBS_PRIVATE_"


def read_left_out(path, library):
    with open(path, encoding="ascii") as lines:
        rows = [line.split() for line in lines if not line.startswith("#")]
    return {row[1] for row in rows if row and row[0] == library}


def is_public(symbol):
    return not dynsym.node_of(symbol).startswith(PRIVATE)


def compare_symbols(stock, ours, left_out):
    public = {symbol for symbol in stock if is_public(symbol)}
    for symbol in sorted(public - ours - left_out):
        yield f"missing: {symbol}"
    for symbol in sorted(left_out & ours):
        yield f"listed as left out, but exported: {symbol}"
    for symbol in sorted(left_out - stock):
        yield f"listed as left out, but not in the stock library: {symbol}"
    stock_nodes = {dynsym.node_of(symbol) for symbol in public}
    for symbol in sorted(ours - stock):
        if dynsym.node_of(symbol) in stock_nodes:
            yield f"not in the stock library: {symbol}"


def compare(library, stock_path, our_path, left_out):
    if dynsym.soname(stock_path) != dynsym.soname(our_path):
        yield "the soname differs"
    stock_nodes, our_nodes = dynsym.nodes(stock_path), dynsym.nodes(our_path)
    for node, parent in stock_nodes.items():
        if node not in our_nodes or our_nodes[node] != parent:
            yield f"node {node} after {parent}: not so in ours"
    stock = dynsym.exported(stock_path)
    if not stock:
        yield f"no symbols found in {stock_path}"
    yield from compare_symbols(
        stock, dynsym.exported(our_path), read_left_out(left_out, library)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stock", required=True, metavar="LIB_DIR")
    parser.add_argument("--ours", required=True, metavar="LIB_DIR")
    parser.add_argument("--left-out", required=True, metavar="FILE")
    parser.add_argument("library")
    args = parser.parse_args()

    stock, ours = (os.path.join(d, args.library) for d in (args.stock, args.ours))
    if not os.path.exists(stock):
        print(f"SKIP: Debian's {args.library} is not installed")
        return 77
    found = list(compare(args.library, stock, ours, args.left_out))
    for line in found:
        print(line)
    print(f"{args.library}: {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
