#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Print what the pyverbs package of one folder has, as JSON.

abi_python.py runs it once for each package, because a process can import only
one of that name, with the libraries that it was built for.
"""

import enum
import importlib
import inspect
import json
import os
import sys


def signature(function):
    """What it takes, as written, without types."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return None  # Cython does not tell it
    return [str(p).split(":")[0] for p in parameters if p.name != "self"]


def is_public(name):
    return not name.startswith("_")


def describe_member(cls, name):
    if name not in vars(cls):
        return "inherited"
    member = inspect.getattr_static(cls, name)
    if callable(member) or isinstance(member, (staticmethod, classmethod)):
        return signature(getattr(cls, name)) or "method"
    return "attribute"


def describe_class(cls):
    builtin = dir(Exception if issubclass(cls, Exception) else object)
    members = filter(is_public, set(dir(cls)) - set(builtin))
    return {"": "class", **{f".{m}": describe_member(cls, m) for m in members}}


def describe(value):
    """What a name stands for: by suffix, so that members of it come along."""
    if isinstance(value, type) and issubclass(value, enum.Enum):
        members = value.__members__.items()
        return {"": "enum", **{f".{name}": int(m.value) for name, m in members}}
    if isinstance(value, type):
        return describe_class(value)
    if isinstance(value, int):
        return {"": int(value)}
    if callable(value):
        return {"": signature(value) or "function"}
    return {"": "value"}


def is_imported(module, value):
    """Names that a module has from another one; numbers are of the enums."""
    if isinstance(value, int):
        return not module.__name__.endswith("enums")
    home = getattr(value, "__module__", module.__name__)
    return inspect.ismodule(value) or home != module.__name__


def describe_module(module):
    names = {}
    for name in filter(is_public, dir(module)):
        value = getattr(module, name)
        if not is_imported(module, value):
            found = describe(value)
            names.update({name + suffix: what for suffix, what in found.items()})
    return names


def module_names(package):
    """Modules by file name: also those that are for another Python."""
    top = package.__path__[0]
    for folder, _, files in os.walk(top):
        parts = os.path.relpath(folder, os.path.dirname(top)).split(os.sep)
        for name in sorted(files):
            module, suffix = name.split(".", 1)
            if suffix == "py" or suffix.endswith("so"):
                yield ".".join(parts + [module] * (module != "__init__"))


def describe_package(package):
    modules = {}
    for name in module_names(package):
        try:
            modules[name] = describe_module(importlib.import_module(name))
        except ImportError as error:  # its own words stand in for the names
            modules[name] = str(error)
    return modules


def main():
    folder = sys.argv[1]
    sys.path.insert(0, folder)
    package = importlib.import_module("pyverbs")
    if not os.path.samefile(os.path.dirname(package.__path__[0]), folder):
        sys.exit(f"no pyverbs in {folder}")
    print(json.dumps(describe_package(package)))


if __name__ == "__main__":
    main()
