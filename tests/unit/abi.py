#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare headers and libraries of our build with those of Debian's packages.

Two packages: the release's, of which ours has to be a superset, and the newest,
which ours has to equal. With --python pyverbs instead, of which ours has to be a
superset of both. Differences that are meant are in differences.txt, or in
differences_python.txt, with their reasons. Exits 0 if there are no others and each of these is still there,
77 where there is nothing to compare with, or an older version than is expected.
"""

import argparse
import json
import os
import re
import shutil
import sys
import sysconfig
import textwrap

import abi_python
import compare_headers
import compare_symbols
from differences import LIST, PACKAGES, Comparison, Difference, read_known

HEADERS = "headers"
LIBRARIES = [
    f"lib{name}.so.1"
    for name in ("ibverbs", "mlx5", "mlx4", "efa", "hns", "ionic", "mana")
]
SKIPPED = 77


class Package:
    """A stock package: where its files are below the root of its system."""

    def __init__(self, name, root):
        self.name = name
        self.include = os.path.join(root, "usr/include")
        self.lib = os.path.join(root, "usr/lib", sysconfig.get_config_var("MULTIARCH"))
        self.python = os.path.join(root, "usr/lib/python3/dist-packages")

    def library(self, name):
        return os.path.join(self.lib, name)

    def version(self):
        """As the library's file has it: libibverbs.so.1.14.56.1 is of 56.1."""
        path = os.path.realpath(self.library("libibverbs.so.1"))
        return re.sub(r".*\.so\.1\.\d+\.", "", path)

    def is_there(self):
        header = os.path.join(self.include, "infiniband/verbs.h")
        return os.path.exists(header) and os.path.exists(self.library(LIBRARIES[0]))


def compare_library(package, build, name):
    """A library that came after the release has none to be compared with."""
    stock, ours = package.library(name), os.path.join(build, "lib", name)
    if not os.path.exists(ours):
        return [Difference(name, "not built")], 0
    if not os.path.exists(stock):
        is_newer = package.name != "newest"
        return [] if is_newer else [Difference(name, "not in the stock package")], 0
    return compare_symbols.compare_symbols(stock, ours)


def compare(package, build, where):
    known = read_known(package.name, where)
    if where == HEADERS:
        partial = {w.split()[1] for w in known if w.startswith("header ")}
        found, compared = compare_headers.compare_headers(
            package.name, package.include, os.path.join(build, "include"), partial
        )
    else:
        found, compared = compare_library(package, build, where)
    return Comparison(package.name, where, compared, found, known)


def table(versions, comparisons):
    rows = [("package", "where", "compared", "listed", "unexpected")]
    for c in comparisons:
        unit = "symbols" if c.where in LIBRARIES else "names"
        rows.append(
            (
                f"{versions[c.package]} ({c.package})",
                c.where,
                f"{c.compared} {unit}",
                str(len(c.listed)),
                str(len(c.unexpected)),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        yield "  ".join(cells).rstrip()


def listed(comparisons):
    """The differences that are meant, under their reasons."""
    reasons = {}
    for c in comparisons:
        for difference in c.listed:
            places = reasons.setdefault(c.reasons[difference.what], {})
            packages = places.setdefault((c.where, difference.what), [])
            packages.append(c.package)
    for reason, places in reasons.items():
        yield "\n" + textwrap.fill(reason, 80)
        for (where, what), packages in sorted(places.items()):
            only = f" ({packages[0]})" if len(packages) == 1 else ""
            yield f"  {where}: {what}{only}"


def unexpected(comparisons):
    for c in comparisons:
        for difference in c.unexpected:
            yield f"{c.package} {c.where}: {difference.what}: {difference.text}"


def print_report(versions, comparisons, source):
    print("\n".join(table(versions, comparisons)))
    if any(c.listed for c in comparisons):
        print(f"\nListed differences (tests/unit/{os.path.basename(source)}):")
        print("\n".join(listed(comparisons)))
    if any(c.unexpected for c in comparisons):
        print("\nUnexpected differences:\n")
        print("\n".join(unexpected(comparisons)))
    else:
        print("\nNo unexpected differences.")


def as_data(versions, comparisons):
    return {
        "packages": versions,
        "comparisons": [c.as_dict() for c in comparisons],
        "unexpected": sum(len(c.unexpected) for c in comparisons),
    }


def compare_interface(packages, build):
    return [
        compare(package, build, where)
        for package in packages
        for where in (HEADERS, *LIBRARIES)
    ]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--release", default="/", metavar="ROOT")
    parser.add_argument("--newest", default="/opt/rdma-newest", metavar="ROOT")
    parser.add_argument("--package", choices=PACKAGES, help="this one only")
    parser.add_argument("--expect", metavar="VERSION", help="of the package, else skip")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--python", action="store_true", help="pyverbs instead")
    parser.add_argument("build", help="our build tree")
    return parser.parse_args()


def missing(packages, expected, python):
    """What keeps us from comparing. The list of differences is for @expected."""
    if not python and not shutil.which("abidiff"):
        yield "abidiff (abigail-tools)"
    for package in packages:
        if not package.is_there():
            yield f"libibverbs-dev below {package.include}"
        elif python and not os.path.exists(os.path.join(package.python, "pyverbs")):
            yield f"python3-pyverbs below {package.python}"
        elif expected and major(package) < int(expected):
            yield f"rdma-core {expected}: {package.name} is {package.version()}"


def major(package):
    return int(package.version().split(".")[0])


def only_report(packages, expected):
    """Debian moves on without us: what a release brings that our interface is not
    of yet is no mistake of today's change."""
    newer = [p for p in packages if expected and major(p) > int(expected)]
    for package in newer:
        print(f"rdma-core {package.version()} is newer than {expected}, which "
              "our interface is of: the differences are a report only.\n")
    return bool(newer)


def main():
    args = parse_arguments()
    names = [args.package] if args.package else PACKAGES
    packages = [Package(name, getattr(args, name)) for name in names]
    if lacking := list(missing(packages, args.expect, args.python)):
        print("SKIP:", ", ".join(lacking))
        return SKIPPED
    versions = {package.name: package.version() for package in packages}
    is_report = only_report(packages, args.expect)
    command, source = compare_interface, LIST
    if args.python:
        command, source = abi_python.compare, abi_python.LIST
    comparisons = command(packages, args.build)
    if args.json:
        print(json.dumps(as_data(versions, comparisons), indent=2))
    else:
        print_report(versions, comparisons, source)
    failed = any(c.unexpected for c in comparisons)
    return 1 if failed and not is_report else 0


if __name__ == "__main__":
    sys.exit(main())
