#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Check pyverbs' stubs: against the modules, and by typing programs.

mypy's stubtest imports every module and compares it with its stub. Then mypy
reads the package's own Python and the examples, strictly. 77 without mypy.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile

SKIPPED = 77

# What Cython puts into every module or class, which is nobody's to call.
CYTHON = r"""
.*\.__reduce_cython__
.*\.__setstate_cython__
.*\.__pyx_vtable__
.*\.__pyx_capi__
.*\.__test__
.*\.__reduce__
# Constructors that take what __init__ takes, or take anything and drop it.
.*\.__new__
pyverbs\.cmid\.CMEventChannel\.__init__
pyverbs\.cq\.PollCqAttr\.__init__
pyverbs\.device\.Context\.__init__
pyverbs\.spec\.ActionDropSpec\.__init__
pyverbs\.\w+\.Enum\.__init__
# Their members' values are the compiler's to know.
pyverbs\..*enums\.\w+\.\w+
"""


def run(what, argv, environment):
    done = subprocess.run([sys.executable, "-B", "-m", *argv], env=environment,
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        print(f"{what}:\n{done.stdout}")
    return done.returncode


def check(build, sources, folder):
    environment = dict(
        os.environ,
        LD_LIBRARY_PATH=os.path.join(build, "lib"),
        PYTHONPATH=os.path.join(build, "python"),
        MYPYPATH=os.path.join(build, "python"),
        MYPY_CACHE_DIR=folder)
    allowed = os.path.join(folder, "allowed")
    with open(allowed, "w", encoding="ascii") as f:
        f.write(CYTHON)
    stubtest = run("stubtest", ["mypy.stubtest", "--allowlist", allowed,
                                "--ignore-unused-allowlist", "pyverbs"], environment)
    package = run("the package", ["mypy", "--strict", "-p", "pyverbs"], environment)
    programs = run("the examples", ["mypy", "--strict", *sources], environment)
    return 1 if stubtest or package or programs else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("sources", nargs="+")
    args = parser.parse_args()
    if not importlib.util.find_spec("mypy"):
        print("SKIP: mypy")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        return check(os.path.abspath(args.build), args.sources, folder)


if __name__ == "__main__":
    sys.exit(main())
