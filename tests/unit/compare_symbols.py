# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare what one of our libraries exports with the library of a Debian package.

Every public symbol of the stock library has to be in ours at the same version
node. Nodes of both have to be the same, with the same order, and a symbol of
ours in one of them has to be there in the stock library. abidiff is asked the same,
and what it alone finds counts as well. There is no debug information in Debian's
libraries, so both see symbols; the types are in the headers.
"""

import re
import subprocess

import dynsym
from differences import Difference

# A node for stock's own parts, which change from release to release.
PRIVATE = "IBVERBS_PRIVATE_"
# A symbol in abidiff's report: deleted, added or changed.
ABIDIFF_ROW = re.compile(r"^ +\[([DAC])\] .*?(\w+@@?[\w.]+)", re.MULTILINE)
ABIDIFF_WORDS = {"D": "missing", "A": "not in the stock library", "C": "changed"}
# Bits of its exit code: it failed, or was used wrongly. The others tell of changes.
ABIDIFF_FAILED = 1 | 2


def is_public(symbol):
    return not dynsym.node_of(symbol).startswith(PRIVATE)


def compare_nodes(stock, ours):
    for node, parent in stock.items():
        if node not in ours or ours[node] != parent:
            text = f"not after {parent} as in the stock library"
            yield Difference(f"node {node}", text)


def compare_sets(stock, ours):
    public = {symbol for symbol in stock if is_public(symbol)}
    for symbol in sorted(public - ours):
        yield Difference(symbol, "missing")
    stock_nodes = {dynsym.node_of(symbol) for symbol in public}
    for symbol in sorted(ours - stock):
        if dynsym.node_of(symbol) in stock_nodes:
            yield Difference(symbol, "not in the stock library")


def abidiff_report(stock_path, our_path):
    command = ["abidiff", stock_path, our_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode & ABIDIFF_FAILED:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


def read_abidiff(report, stock_nodes):
    """Differences in abidiff's report. What nodes of our own add is no matter."""
    for change, symbol in ABIDIFF_ROW.findall(report):
        if not is_public(symbol):
            continue
        if change != "A" or dynsym.node_of(symbol) in stock_nodes:
            yield Difference(symbol, f"{ABIDIFF_WORDS[change]} (abidiff)")


def compare_symbols(stock_path, our_path):
    """The differences, and how many symbols were compared."""
    stock, stock_nodes = dynsym.exported(stock_path), dynsym.nodes(stock_path)
    found = [] if stock else [Difference("symbols", "none found in the stock library")]
    if dynsym.soname(stock_path) != dynsym.soname(our_path):
        found.append(Difference("soname", "differs"))
    found += compare_nodes(stock_nodes, dynsym.nodes(our_path))
    found += compare_sets(stock, dynsym.exported(our_path))
    report = abidiff_report(stock_path, our_path)
    told = {difference.what for difference in found}
    found += (d for d in read_abidiff(report, stock_nodes) if d.what not in told)
    return found, len([symbol for symbol in stock if is_public(symbol)])
