#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare a version map with the headers that declare what it exports.

Each function that the headers declare has to be in the map; each name in the
map has to be declared, or be one of --undeclared: what programs reach without
a header of ours.
"""

import argparse
import sys

import cheader
import dynsym


def declared(include_dir, headers, prefixes):
    functions = cheader.read_functions([include_dir], headers)
    return {
        name
        for name, prototype in functions.items()
        if prototype.startswith("extern") and name.lstrip("_").startswith(prefixes)
    }


def compare(version_map, functions, undeclared):
    if not functions:
        yield "no function found in the headers"
    for name in sorted(functions - version_map.names()):
        yield f"declared, but not in the map: {name}"
    for name in sorted(version_map.names() - functions - undeclared):
        yield f"in the map, but not declared: {name}"
    for name in sorted(undeclared & functions):
        yield f"listed as undeclared, but declared: {name}"
    for name in sorted(undeclared - version_map.names()):
        yield f"listed as undeclared, but not in the map: {name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--map", required=True)
    parser.add_argument("--include", required=True, metavar="INCLUDE_DIR")
    parser.add_argument("--prefix", action="append", required=True)
    parser.add_argument("--undeclared", nargs="*", default=[])
    parser.add_argument("--headers", nargs="+", required=True)
    args = parser.parse_args()

    functions = declared(args.include, args.headers, tuple(args.prefix))
    version_map = dynsym.VersionMap(args.map)
    found = list(compare(version_map, functions, set(args.undeclared)))
    for line in found:
        print(line)
    print(f"{len(functions)} functions, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
