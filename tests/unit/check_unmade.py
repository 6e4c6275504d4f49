#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Check that objects of pyverbs without anything behind them crash nothing.

check_unmade.py BUILD: an object of every class is made by __new__ alone, as of a
subclass that forgot to call __init__(), or one whose __init__() failed. Its
properties and methods may raise what they like, close() has to do nothing, twice.
"""

import faulthandler
import importlib
import inspect
import itertools
import os
import pkgutil
import sys

# What stands in for an argument.
VALUES = (None, 0, b"", [])


def classes(package, base):
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        for cls in vars(module).values():
            if isinstance(cls, type) and cls.__module__ == info.name and \
                    issubclass(cls, base):
                yield cls


def required(method):
    """How many arguments it has to be given."""
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return 0
    return sum(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
               for p in parameters)


def attempt(what, call, *arguments):
    """Call it, whatever it raises; a crash is told by the last line printed."""
    print(what, flush=True)
    try:
        call(*arguments)
    except Exception:  # pylint: disable=broad-except
        return False
    return True


def use(cls, obj):
    for name in sorted(set(dir(cls)) - set(dir(object))):
        what = f"{cls.__module__}.{cls.__name__}.{name}"
        member = inspect.getattr_static(cls, name)
        if name.startswith("_") and name not in ("__bytes__", "__enter__"):
            continue
        if not callable(getattr(member, "__func__", member)):
            attempt(what, getattr, obj, name)
        elif name != "close" and not isinstance(member, (classmethod, staticmethod)):
            method = getattr(obj, name)
            for value in VALUES:
                attempt(what, method, *itertools.repeat(value, required(method)))


def check(cls):
    """What was wrong with the class, in lines."""
    obj = cls.__new__(cls)
    attempt(f"{cls.__name__}.__str__", str, obj)
    use(cls, obj)
    if hasattr(obj, "close"):
        for _ in range(2):
            if not attempt(f"{cls.__name__}.close", obj.close):
                yield f"{cls.__name__}.close() raises"


def main():
    build = os.path.abspath(sys.argv[1])
    sys.path.insert(0, os.path.join(build, "python"))
    import pyverbs
    from pyverbs.base import PyverbsObject

    faulthandler.enable()
    found = list(classes(pyverbs, PyverbsObject))
    if len(found) < 80:
        sys.exit(f"{len(found)} classes")
    bad = [line for cls in found for line in check(cls)]
    print(*bad, sep="\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
