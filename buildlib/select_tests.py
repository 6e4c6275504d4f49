#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Sort the names given to `./dev test` into unit tests and pytest arguments.

A name is a tier (unit, vm, peer), a unit test, a pytest file with or without
folder and suffix, a pytest node (FILE::TEST), or part of a test's name. Prints
one line each: `unit NAME` or `pytest ARGUMENT`. A name that stands for nothing
is an error: a test that does not run must not pass.
"""

import argparse
import ast
import glob
import json
import os
import sys


def unit_tests(path):
    """Names of the unit tests, from ctest's description of a build."""
    with open(path, encoding="utf-8") as f:
        return [test["name"] for test in json.load(f)["tests"]]


def pytest_files(source):
    found = glob.glob(os.path.join(source, "tests", "test_*.py"))
    return sorted(os.path.relpath(path, source) for path in found)


def is_peer(path):
    return os.path.basename(path).startswith("test_peer")


def test_nodes(source, path):
    """Yield FILE::TEST and FILE::CLASS::TEST of everything in one file."""
    with open(os.path.join(source, path), encoding="utf-8") as f:
        tree = ast.parse(f.read(), path)
    for item in tree.body:
        if isinstance(item, ast.FunctionDef) and item.name.startswith("test"):
            yield f"{path}::{item.name}"
        elif isinstance(item, ast.ClassDef):
            for method in item.body:
                if isinstance(method, ast.FunctionDef) and \
                   method.name.startswith("test"):
                    yield f"{path}::{item.name}::{method.name}"


def find_file(name, files):
    base = os.path.basename(name)
    for path in files:
        if os.path.basename(path) in (base, base + ".py", f"test_{base}.py"):
            return path
    return None


def select(name, source, units):
    """Return what one name stands for, as (kind, argument) pairs."""
    files = pytest_files(source)
    if name == "unit":
        return [("unit", unit) for unit in units]
    if name in ("vm", "peer"):
        return [("pytest", path) for path in files
                if is_peer(path) == (name == "peer")]
    path, _, node = name.partition("::")
    if node:
        path = find_file(path, files)
        return [("pytest", f"{path}::{node}")] if path else []
    if find_file(name, files):
        return [("pytest", find_file(name, files))]
    if name in units:
        return [("unit", name)]
    return [("unit", unit) for unit in units if name in unit] + [
        ("pytest", node) for path in files
        for node in test_nodes(source, path)
        if name in node.partition("::")[2]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--source", required=True)
    parser.add_argument("--ctest", required=True, metavar="JSON")
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    units = unit_tests(args.ctest)
    chosen = []
    # The longest files first: the machines that share them end together.
    for name in args.name or ("unit", "peer", "vm"):
        found = select(name, args.source, units)
        if not found:
            sys.exit(f"no test is called '{name}'")
        chosen += [item for item in found if item not in chosen]
    for kind, argument in chosen:
        print(kind, argument)


if __name__ == "__main__":
    main()
