#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Print what the pyverbs package of one folder has, as JSON.

abi_python.py runs it once for each package, because a process can import only
one of that name, with the libraries that it was built for. With --all, names that
a module has from another one are told as well. Of a module that is for another
Python its file is read: the texts in there that errors and methods are named by.
"""

import enum
import importlib
import inspect
import json
import os
import re
import sys


def describe_parameter(parameter):
    """As written, without its type; an enum's member stands for its number."""
    if isinstance(parameter.default, enum.Enum):
        return f"{parameter.name}={int(parameter.default)}"
    return str(parameter).split(":")[0]


def signature(function):
    """What it takes."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return None  # Cython does not tell it
    return [describe_parameter(p) for p in parameters if p.name != "self"]


def is_public(name):
    """Numbers of enums that C has as macros begin with an underscore, too."""
    return not name.startswith("_") or re.fullmatch("_[A-Z0-9_]+", name) is not None


def describe_member(cls, name):
    if name not in vars(cls):
        return "inherited"
    member = inspect.getattr_static(cls, name)
    if callable(member) or isinstance(member, (staticmethod, classmethod)):
        return signature(getattr(cls, name)) or "method"
    return "attribute"


def constructor(cls):
    """The names of a constructor's arguments: Cython tells them in docstrings.

    In the first line of the class's (of the one that has the constructor), or
    described in that of __init__; None if they are in neither.
    """
    if inspect.isfunction(cls.__init__):  # of Python
        return [name.lstrip("*") for name in inspect.signature(cls).parameters]
    owner = next(base for base in cls.__mro__ if "__init__" in vars(base))
    head = (owner.__doc__ or "").split("\n")[0]
    written = re.match(rf"{owner.__name__}\((.*)\)$", head)
    if written:
        without_values = re.sub(r"=[^,]*", "", written.group(1))
        names = [part.split(":")[0].split() for part in without_values.split(",")]
        return [name[-1].lstrip("*") for name in names if name and name[-1] != "*"]
    described = re.findall(r":param (\w+):", cls.__init__.__doc__ or "")
    return described or None


def describe_class(cls):
    builtin = dir(Exception if issubclass(cls, Exception) else object)
    members = filter(is_public, set(dir(cls)) - set(builtin))
    return {
        "": "class",
        ".__init__": constructor(cls),
        **{f".{m}": describe_member(cls, m) for m in members},
    }


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
    if module.__name__.endswith("enums"):
        return inspect.ismodule(value) or value in (enum.IntEnum, enum.IntFlag)
    if isinstance(value, int):
        return True
    home = getattr(value, "__module__", module.__name__)
    return inspect.ismodule(value) or home != module.__name__


def describe_module(module, everything):
    names = {}
    for name in filter(is_public, dir(module)):
        value = getattr(module, name)
        if everything or not is_imported(module, value):
            found = describe(value)
            names.update({name + suffix: what for suffix, what in found.items()})
    return names


# What Cython puts into a file: qualified names of properties, for tracebacks, and
# of methods; and in modules of enums their members.
PROPERTY = rb"\0%s\.([A-Z]\w*)\.(\w+)\.__[gs]et__(?=\0)"
CLASS = rb"\0%s\.([A-Z]\w*)(?=\0)"
METHOD = rb"\0([A-Z]\w*)\.([a-z]\w*)(?=\0)"
MEMBER = rb"\0(_?(?:IBV|MLX5|MLX5DV|EFADV|RDMA)_[A-Z0-9_]+)(?=\0)"


def names_in_file(module, path):
    """What the file of a module tells of its names, as far as it does."""
    with open(path, "rb") as f:
        data = f.read()
    name = re.escape(module.encode())
    classes = {m.decode() for m in re.findall(CLASS % name, data)}
    pairs = re.findall(PROPERTY % name, data) + re.findall(METHOD, data)
    members = {f"{cls.decode()}.{member.decode()}" for cls, member in pairs
               if cls.decode() in classes and not member.startswith(b"_")}
    numbers = re.findall(MEMBER, data) if module.endswith("enums") else []
    return {**dict.fromkeys(sorted(classes), "class"),
            **dict.fromkeys(sorted(members), "member"),
            **{number.decode(): "number" for number in sorted(numbers)}}


def module_names(package):
    """Modules by file name: also those that are for another Python."""
    top = package.__path__[0]
    for folder, _, files in os.walk(top):
        parts = os.path.relpath(folder, os.path.dirname(top)).split(os.sep)
        for name in sorted(files):
            module, suffix = name.split(".", 1)
            if suffix == "py" or suffix.endswith("so"):
                yield (".".join(parts + [module] * (module != "__init__")),
                       os.path.join(folder, name))


def describe_package(package, everything):
    modules = {}
    for name, path in module_names(package):
        try:
            module = importlib.import_module(name)
            modules[name] = describe_module(module, everything)
        except ImportError as error:  # of ours its own words stand in for the names
            modules[name] = str(error) if everything else names_in_file(name, path)
    return modules


def main():
    folder = sys.argv[-1]
    sys.path.insert(0, folder)
    package = importlib.import_module("pyverbs")
    if not os.path.samefile(os.path.dirname(package.__path__[0]), folder):
        sys.exit(f"no pyverbs in {folder}")
    print(json.dumps(describe_package(package, "--all" in sys.argv)))


if __name__ == "__main__":
    main()
