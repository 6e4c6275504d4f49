# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare the names of our pyverbs with those of Debian's.

Ours has to have all of them; what it has besides is not told. Of a module that is
for another Python than this one, those that can be read in its file.
"""

import json
import os
import subprocess
import sys

from differences import Comparison, Difference, read_known

HERE = os.path.dirname(os.path.abspath(__file__))
PYNAMES = os.path.join(HERE, "pynames.py")
LIST = os.path.join(HERE, "differences_python.txt")
MODULE = "module"


def read_modules(folder, *options, libraries=None):
    """Names by module, read by a process with @libraries in front."""
    environment = dict(os.environ)
    if libraries:
        environment["LD_LIBRARY_PATH"] = libraries
    done = subprocess.run(
        [sys.executable, "-B", PYNAMES, *options, folder],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        check=True,
    )
    return json.loads(done.stdout)


def accepts(ours, stock):
    """A signature that takes whatever another one takes."""
    more = ours[len(stock):]
    return ours[: len(stock)] == stock and all("=" in p or "*" in p for p in more)


def describe_difference(name, stock, ours):
    """Signatures and values; of the kinds of a name only these are compared."""
    if name.endswith(".__init__"):
        lacking = sorted(set(stock or ()) - set(ours or ()) - {"kwargs"})
        return f"does not take {', '.join(lacking)}" if lacking else None
    if isinstance(stock, list) and isinstance(ours, list) and accepts(ours, stock):
        return None
    comparable = isinstance(stock, type(ours)) and isinstance(stock, (list, int))
    return f"{stock}, ours {ours}" if comparable and stock != ours else None


def compare_names(stock, ours):
    for name, what in stock.items():
        owner = name.rpartition(".")[0]
        if name not in ours:
            # Said once: not of a missing class, nor of those that inherit.
            if (not owner or owner in ours) and what != "inherited":
                yield Difference(name, "missing")
        elif text := describe_difference(name, what, ours[name]):
            yield Difference(name, text)


def compare_module(stock, ours):
    """stock and ours: names, or why it could not be imported, or None."""
    if ours is None:
        return [Difference(MODULE, "missing")]
    if isinstance(ours, str):
        return [Difference(MODULE, f"ours cannot be imported: {ours}")]
    return [] if isinstance(stock, str) else list(compare_names(stock, ours))


def compare_package(package, ours):
    for module, names in read_modules(package.python).items():
        found = compare_module(names, ours.get(module))
        compared = 0 if isinstance(names, str) else len(names)
        known = read_known(package.name, module, LIST)
        yield Comparison(package.name, module, compared, found, known)


def compare(packages, build):
    """A Comparison for each module of each package."""
    build = os.path.abspath(build)
    libraries = os.path.join(build, "lib")
    ours = read_modules(os.path.join(build, "python"), "--all", libraries=libraries)
    return [c for package in packages for c in compare_package(package, ours)]
