#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Install the build to a folder and build an outside program against it.

By pkg-config and by CMake, shared and static. The shared program has to be bound
to the library that was installed, the static one to no RDMA library at all and
to have the providers inside.
"""

import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "outside")
PROVIDERS = ("verbs_provider_mlx5", "verbs_provider_rxe")


def run(*argv, **env):
    result = subprocess.run(argv, env=dict(os.environ, **env), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode:
        sys.exit(f"{' '.join(argv)}:\n{result.stdout}")
    return result.stdout


def find_up(prefix, name):
    for folder, _, files in os.walk(prefix):
        if name in files:
            return folder
    sys.exit(f"{name} was not installed")


def install(build, folder):
    """Install as a package does, with DESTDIR; returns the installed tree."""
    run("cmake", "--install", build, "--prefix", f"{folder}/usr")
    return f"{folder}/usr"


def flags(pc, prefix, *options):
    return run("pkg-config", *options, "--cflags", "--libs", "libibverbs",
               PKG_CONFIG_PATH=pc, PKG_CONFIG_LIBDIR=f"{pc}:" + run(
                   "pkg-config", "--variable=pc_path", "pkg-config").strip(),
               PKG_CONFIG_ALLOW_SYSTEM_CFLAGS="1",
               PKG_CONFIG_ALLOW_SYSTEM_LIBS="1").split()


def relocate(pc, prefix):
    """The files name the prefix that was configured."""
    for name in os.listdir(pc):
        path = os.path.join(pc, name)
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
        configured = lines[0].split("=", 1)[1]
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines).replace(configured, prefix) + "\n")


def build_by_pkg_config(cc, prefix, folder):
    pc = find_up(prefix, "libibverbs.pc")
    relocate(pc, prefix)
    source = os.path.join(HERE, "list.c")
    run(cc, source, "-o", f"{folder}/pc_shared", *flags(pc, prefix))
    # The rest of a static link is the C library's: only ours is archives.
    static = [f"-l:lib{flag[2:]}.a" if flag in STATIC else flag
              for flag in flags(pc, prefix, "--static")]
    run(cc, source, "-o", f"{folder}/pc_static", *static)
    return [f"{folder}/pc_shared"], [f"{folder}/pc_static"]


STATIC = ("-libverbs", "-lmlx5", "-lrxe-prv1")


def build_by_cmake(cc, prefix, folder):
    out = f"{folder}/cmake"
    run("cmake", "-S", HERE, "-B", out, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_C_COMPILER={cc}")
    run("cmake", "--build", out)
    return [f"{out}/list_shared"], [f"{out}/list_static"]


def check_shared(program, libdir):
    needed = run("readelf", "-d", program)
    if "libibverbs.so.1" not in needed:
        sys.exit(f"{program} is not linked to libibverbs.so.1")
    print(run(program, LD_LIBRARY_PATH=libdir).strip())


def check_static(program):
    if "libibverbs" in run("readelf", "-d", program):
        sys.exit(f"{program} needs a shared libibverbs")
    symbols = run("nm", program)
    for name in PROVIDERS:
        if name not in symbols:
            sys.exit(f"{program} has no {name}")
    print(run(program).strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--cc", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prefix = install(args.build, folder)
        libdir = find_up(prefix, "libibverbs.so.1")
        for build in (build_by_pkg_config, build_by_cmake):
            shared, static = build(args.cc, prefix, folder)
            for program in shared:
                check_shared(program, libdir)
            for program in static:
                check_static(program)


if __name__ == "__main__":
    main()
