# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare the names of our pyverbs with those of Debian's.

A report, not a test: what ours lacks is said in one line for each module.
"""

import json
import os
import subprocess
import sys

PYNAMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pynames.py")


def read_modules(folder, libraries=None):
    """Names by module, read by a process with @libraries in front."""
    environment = dict(os.environ)
    if libraries:
        environment["LD_LIBRARY_PATH"] = libraries
    done = subprocess.run(
        [sys.executable, "-B", PYNAMES, folder],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        check=True,
    )
    return json.loads(done.stdout)


def differs(stock, ours):
    """Signatures and values; of the kinds of a name only these are compared."""
    comparable = isinstance(stock, type(ours)) and isinstance(stock, (list, int))
    return comparable and stock != ours


def compare_module(stock, ours):
    for name, what in stock.items():
        owner = name.rpartition(".")[0]
        if name not in ours:
            # Said once: not of a missing class, nor of those that inherit.
            if (not owner or owner in ours) and what != "inherited":
                yield f"{name}: missing"
        elif differs(what, ours[name]):
            yield f"{name}: {what}, ours {ours[name]}"


def compare(stock, ours):
    """For each module of the stock package, how ours differs."""
    for module, names in stock.items():
        if module not in ours:
            yield module, ["missing"]
        elif isinstance(ours[module], str):
            yield module, [f"ours cannot be imported: {ours[module]}"]
        elif isinstance(names, str):
            yield module, ["not compared: it is for another Python than this"]
        else:
            yield module, list(compare_module(names, ours[module]))


def report(packages, build):
    """The same as data: for each package and module the differences."""
    build = os.path.abspath(build)
    ours = read_modules(os.path.join(build, "python"), os.path.join(build, "lib"))
    return {
        package.name: dict(compare(read_modules(package.python), ours))
        for package in packages
    }


def print_report(found, versions):
    for name, modules in found.items():
        print(f"\npyverbs of {versions[name]} ({name}), {len(modules)} modules:")
        for module, lines in sorted(modules.items()):
            for line in sorted(lines):
                print(f"  {module}: {line}")
