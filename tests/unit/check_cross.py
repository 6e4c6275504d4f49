#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compile the library and the providers for another architecture.

check_cross.py COMPILER SOURCE_DIR INCLUDE_DIR SOURCE...: what the build makes
for this machine, COMPILER has to take without a warning as well. INCLUDE_DIR
has our public headers. Of the system's headers only those of libmnl are taken
from this machine: they know no architecture.
"""

import concurrent.futures
import os
import subprocess
import sys
import tempfile

FLAGS = ("-std=gnu11", "-O1", "-fPIC", "-D_GNU_SOURCE", "-Wall", "-Wextra",
         "-Werror", "-Wno-unused-parameter", "-Wmissing-prototypes",
         "-Wpointer-arith", "-Wstrict-prototypes")
LIBMNL = "/usr/include/libmnl"


def compile_one(compiler, includes, source):
    """What the compiler has to say against it; nothing if all is well."""
    flags = [f"-I{path}" for path in includes]
    flags.append(f"-I{os.path.dirname(source)}")
    done = subprocess.run([compiler, *FLAGS, *flags, "-c", "-o", "/dev/null",
                           source], text=True, capture_output=True, check=False)
    return done.stderr if done.returncode else ""


def check(compiler, source_dir, include_dir, sources):
    with tempfile.TemporaryDirectory(prefix="cross") as mnl, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        os.symlink(LIBMNL, os.path.join(mnl, "libmnl"))
        includes = (include_dir, os.path.join(source_dir, "kernel-headers"),
                    os.path.join(source_dir, "libibverbs"), mnl)
        jobs = [pool.submit(compile_one, compiler, includes, source)
                for source in sources]
        return [said for job in jobs if (said := job.result())]


def main():
    compiler, source_dir, include_dir, *sources = sys.argv[1:]
    assert sources, "nothing to compile"
    complaints = check(compiler, source_dir, include_dir, sources)
    print("".join(complaints), end="")
    print(f"{compiler}: {len(sources)} files, {len(complaints)} refused")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
