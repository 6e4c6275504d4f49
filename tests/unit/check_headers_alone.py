#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compile each public header alone, in C and C++, without a warning."""

import argparse
import os
import shutil
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
CC = os.environ.get("CC", "gcc")
CXX = os.environ.get("CXX", "g++")
LANGUAGES = [
    [CC, "-std=c11", "-xc"],
    [CC, "-std=gnu11", "-xc"],
    [CC, "-std=c2x", "-xc"],  # C23 by the name that older compilers know
    [CXX, "-std=c++17", "-xc++"],
    [CXX, "-std=c++20", "-xc++"],
]


def compiles(language, include_dir, header):
    # Twice, so that the include guard is tested too.
    source = f"#include <infiniband/{header}>\n" * 2
    command = [*language, *WARNINGS, "-fsyntax-only", f"-I{include_dir}", "-"]
    return subprocess.run(command, input=source, text=True).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("include_dir")
    parser.add_argument("headers", nargs="+")
    args = parser.parse_args()

    missing = {language[0] for language in LANGUAGES if not shutil.which(language[0])}
    if missing:
        print("SKIP:", *missing)
        return 77
    failed = [
        f"{header} in {' '.join(language)}"
        for language in LANGUAGES
        for header in args.headers
        if not compiles(language, args.include_dir, header)
    ]
    for line in failed:
        print("does not compile:", line)
    print(f"{len(args.headers)} headers, {len(failed)} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
