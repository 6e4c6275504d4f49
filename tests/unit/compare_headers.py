# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare our public headers with those of a Debian package.

Everything that the stock headers declare has to be in ours and be the same:
members, offsets and sizes, enum values, prototypes, macros. Beside that, ours
may have what the newest package has, and names that are reserved for us (two
underscores in front).
"""

import os

import cheader
from differences import Difference


def is_reserved(name):
    return name.split()[-1].startswith("__")


def describe(value):
    return "\n    ".join(value) if isinstance(value, list) else str(value)


def changed(what, stock, ours):
    for name, value in stock.items():
        if name not in ours:
            yield Difference(f"{what}{name}", "missing")
        elif ours[name] != value:
            text = (
                f"differs\n  stock:\n    {describe(value)}\n"
                f"  ours:\n    {describe(ours[name])}"
            )
            yield Difference(f"{what}{name}", text)


def added(what, stock, ours):
    for name in ours:
        if name not in stock and not is_reserved(name):
            yield Difference(f"{what}{name}", "the stock headers have no such name")


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
            yield Difference(what.strip() or "types", "none found in the stock headers")
        yield from changed(what, names, ours[what])
        if package == "newest":
            yield from added(what, names, ours[what])


def header_names(include_dir):
    names = os.listdir(os.path.join(include_dir, "infiniband"))
    return {name for name in names if name.endswith(".h")}


def compare_names(package, stock, ours):
    for name in sorted(stock - ours):
        yield Difference(f"header {name}", "missing")
    if package == "newest":
        for name in sorted(ours - stock):
            yield Difference(f"header {name}", "not in the stock package")


def compare_contents(package, stock_dir, our_dir, headers):
    # Kernel headers come from the same place for both.
    stock = read_all([stock_dir], headers)
    found = list(compare(package, stock, read_all([our_dir, stock_dir], headers)))
    return found, sum(map(len, stock.values()))


def compare_headers(package, stock_dir, our_dir, partial):
    """The differences, and how many names were compared.

    Each of the headers in @partial is one difference as long as it has any.
    """
    stock, ours = header_names(stock_dir), header_names(our_dir)
    common = sorted(stock & ours - partial)
    found, compared = compare_contents(package, stock_dir, our_dir, common)
    told = {difference.what for difference in found}
    for name in sorted(stock & ours & partial):
        more, _ = compare_contents(package, stock_dir, our_dir, [*common, name])
        count = len([difference for difference in more if difference.what not in told])
        if count:
            found.append(Difference(f"header {name}", f"{count} names differ"))
    return [*compare_names(package, stock, ours), *found], compared
