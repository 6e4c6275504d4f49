#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Install the build, make pyverbs' sdist and have pip install it against that.

The modules of the wheel have to be those that CMake builds, be linked to the
library that was installed and answer like them. Nothing is downloaded.
"""

import argparse
import glob
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from check_install import find_up, install, relocate

PROGRAM = """
import importlib, pkgutil, pyverbs
from pyverbs.device import get_device_list
from pyverbs.dmabuf import known_exporters
from pyverbs.enums import IBV_QPT_RC
from pyverbs.__version__ import __version__
modules = [m.name for m in pkgutil.walk_packages(pyverbs.__path__, "pyverbs.")]
for module in modules:
    importlib.import_module(module)
assert IBV_QPT_RC == 2 and "udmabuf" in known_exporters()
print(__version__, pyverbs.__path__[0])
print(modules)
print([line.split()[-1] for line in open("/proc/self/maps") if "libibverbs" in line][0])
"""


def run(*argv, cwd=None, **env):
    done = subprocess.run(argv, cwd=cwd, env=dict(os.environ, **env), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}:\n{done.stdout}")
    return done.stdout


def use(target, libdir):
    """What a program finds in @target, on the libraries in @libdir."""
    lines = run(sys.executable, "-B", "-c", PROGRAM, cwd="/", PYTHONPATH=target,
                LD_LIBRARY_PATH=libdir).splitlines()
    return lines[-3:]


def copy_sources(source, folder):
    """What setup.py reads: it writes next to itself, the source may be read-only."""
    for name in ("pyverbs", "libibverbs/examples", "tests/softhca"):
        shutil.copytree(f"{source}/{name}", f"{folder}/{name}")
    return f"{folder}/pyverbs"


def make_sdist(source, folder):
    tree = copy_sources(source, f"{folder}/source")
    run(sys.executable, "setup.py", "-q", "sdist", "-d", folder, cwd=tree)
    return glob.glob(f"{folder}/pyverbs-*.tar.gz")[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--version", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prefix = install(args.build, folder)
        pc, libdir = find_up(prefix, "libibverbs.pc"), find_up(prefix, "libibverbs.so.1")
        relocate(pc, prefix)
        target = f"{folder}/target"
        run(sys.executable, "-m", "pip", "install", "--quiet", "--no-index",
            "--no-deps", "--no-build-isolation", "--target", target,
            make_sdist(args.source, folder), PKG_CONFIG_PATH=pc, CFLAGS="-O0 -w")
        version, modules, library = use(target, libdir)
        built = use(os.path.dirname(find_up(prefix, "py.typed")), libdir)
        print(version, modules, library, sep="\n")
        if not library.startswith(libdir):
            sys.exit(f"it runs on {library}, not on that in {libdir}")
        if modules != built[1]:
            sys.exit(f"pip installed other modules than CMake: {built[1]}")
        if version.split()[0] != args.version:
            sys.exit(f"the project's version is {args.version}")
        if not os.path.exists(f"{target}/pyverbs/enums.pyi"):
            sys.exit("no stub of the enums was installed")


if __name__ == "__main__":
    main()
