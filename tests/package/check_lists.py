#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Whether debian/ and redhat/ fit what the build makes, without a package build.

One version everywhere, in what is installed as well; each installed file in one package, and nothing listed
that is not installed; symbols files that have each symbol, with the versions the
stock package has for it.
"""

import argparse
import fnmatch
import glob
import os
import re
import subprocess
import sys
import tempfile

from check_install import install

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SPEC = f"{TOP}/redhat/rdma-dmabuf.spec"
# Macros of the spec's file lists, as the build at hand installs them
MACROS = {"_libdir": "usr/lib", "_includedir": "usr/include",
          "_bindir": "usr/bin", "_mandir": "usr/share/man",
          "pyverbs_dir": "usr/lib/python3*/*-packages/pyverbs"}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def debian_version():
    return re.match(r"rdma-dmabuf \((\S+)\) ", read(f"{TOP}/debian/changelog"))[1]


def check_version(version, compatible):
    """Packages begin with the release that ours stands in for."""
    wanted = f"{compatible}.0+dmabuf{version}"
    if not re.fullmatch(re.escape(wanted) + r"-\d+", debian_version()):
        yield f"debian/changelog: {debian_version()}, not {wanted}-N"
    spec = read(SPEC)
    found = re.search(r"(?m)^Version:\s*(\S+)", spec)[1]
    if found != wanted:
        yield f"{SPEC}: Version {found}, not {wanted}"
    if f"%global ours {version}\n" not in spec:
        yield f"{SPEC}: 'ours' is not {version}"
    python = f"{TOP}/pyverbs/package/__version__.py"
    if f"__version__ = '{version}'\n" not in read(python):
        yield f"{python}: not {version}"


def check_installed_versions(folder, files, version):
    """pkg-config's files are of a library's version, which ends with ours; the
    libraries' own names have the same."""
    for path in files:
        if path.endswith(".pc"):
            found = re.search(r"(?m)^Version: (\S+)", read(f"{folder}/{path}"))[1]
            library = os.path.basename(path)[:-len(".pc")]
            if not re.fullmatch(r"\d+\.\d+\." + re.escape(version), found):
                yield f"{path}: {found}, which does not end with {version}"
            if not any(name.endswith(f"/{library}.so.{found}")
                       for name in files):
                yield f"{path}: no {library}.so.{found} is installed"
        if path.endswith("-config-version.cmake") and \
           f'set(PACKAGE_VERSION "{version}")' not in read(f"{folder}/{path}"):
            yield f"{path}: not {version}"


def list_files(folder):
    return [os.path.relpath(os.path.join(where, name), folder)
            for where, _, names in os.walk(folder) for name in names]


def debian_lists():
    """Map package names to patterns, the libraries' folder being usr/lib."""
    lists = {}
    for path in glob.glob(f"{TOP}/debian/*.install"):
        lines = read(path).split("\n")
        lists[os.path.basename(path)[:-len(".install")]] = [
            line.replace("usr/lib/*/", "usr/lib/") for line in lines if line]
    return lists


def expand(line):
    for name, value in MACROS.items():
        line = line.replace(f"%{{{name}}}", value)
    return line


def spec_lists():
    """The same of the spec. Modules and documents are no installed files."""
    lists = {}
    for part in re.split(r"(?m)^%files", read(SPEC))[1:]:
        name, *lines = re.split(r"(?m)^%[a-z]+$", part)[0].splitlines()
        found = [expand(line) for line in lines
                 if line and not re.match(r"%(doc|license|dir)|#", line)]
        lists[name.strip()] = [line for line in found if "%" not in line]
    return lists


def matches(path, pattern):
    """fnmatch, but * does not go across folders."""
    if path.count("/") > pattern.count("/"):
        path = "/".join(path.split("/")[:pattern.count("/") + 1])
    return path.count("/") == pattern.count("/") and \
        fnmatch.fnmatchcase(path, pattern)


def check_files(kind, lists, files):
    for path in files:
        owners = [name for name, patterns in lists.items()
                  if any(matches(path, pattern) for pattern in patterns)]
        if len(owners) != 1:
            yield f"{kind}: {path} is in {owners or 'no package'}"
    for name, patterns in lists.items():
        for pattern in patterns:
            if not any(matches(path, pattern) for path in files):
                yield f"{kind}: {name}: nothing is installed as {pattern}"


def check_symbols(package, libraries):
    """dpkg-gensymbols judges our file; nothing is built for it."""
    name = f"{TOP}/debian/{package}.symbols"
    with tempfile.TemporaryDirectory() as folder:
        argv = ["dpkg-gensymbols", f"-p{package}", f"-P{folder}", f"-I{name}",
                f"-v{debian_version()}", "-c4", "-q", "-O/dev/null",
                *(f"-e{library}" for library in libraries)]
        result = subprocess.run(argv, cwd=TOP, text=True,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
    if result.returncode:
        yield f"{name} does not fit: {' '.join(argv)}\n{result.stdout}"


def minimum_versions(path):
    return dict(re.findall(r"(?m)^ (\w\S*@\S+) (\S+)$", read(path)))


def check_minimum_versions(package, stock):
    """A program built with ours must not ask for more than it needs."""
    theirs = minimum_versions(f"{stock}/{package}")
    for symbol, version in minimum_versions(
            f"{TOP}/debian/{package}.symbols").items():
        if theirs.get(symbol) != version:
            yield f"{package}: {symbol} {version}, {theirs.get(symbol)} in stock"


def find_libraries(build):
    libs = f"{build}/lib"
    return {"libibverbs1": [f"{libs}/libibverbs.so.1"],
            "ibverbs-providers": [f"{libs}/lib{name}.so.1" for name in
                                  ("efa", "hns", "ionic", "mana", "mlx4",
                                   "mlx5")]}


def check_all(args):
    with tempfile.TemporaryDirectory() as folder:
        install(args.build, folder)
        files = list_files(folder)
        yield from check_installed_versions(folder, files, args.version)
    yield from check_version(args.version, args.compatible)
    yield from check_files("debian", debian_lists(), files)
    yield from check_files("redhat", spec_lists(), files)
    for package, libraries in find_libraries(args.build).items():
        yield from check_symbols(package, libraries)
        yield from check_minimum_versions(package, args.stock_symbols)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--version", required=True, help="our own")
    parser.add_argument("--compatible", required=True,
                        help="release of the stock libraries")
    parser.add_argument("--stock-symbols", required=True,
                        help="folder with its symbols files")
    args = parser.parse_args()
    if not os.path.exists("/usr/bin/dpkg-gensymbols") or \
            not os.path.isdir(args.stock_symbols):
        print("SKIP: dpkg-gensymbols, or the stock symbols files")
        sys.exit(77)
    found = list(check_all(args))
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
