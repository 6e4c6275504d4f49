#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Make the initramfs that mounts the VM's root file system.

Takes a static busybox and the named kernel modules, with all they depend on,
from a Debian root file system. The cpio archive is written here, so that the
machine needs no tool for it, and uncompressed: it is small and goes to memory.
"""

import argparse
import lzma
import os
import stat
import sys

OPENERS = {".xz": lzma.open}


def read_dependencies(moddir):
    """Map a module's name to its path and the paths it needs first."""
    deps = {}
    with open(os.path.join(moddir, "modules.dep"), encoding="utf-8") as f:
        for line in f:
            path, needs = line.split(":")
            name = os.path.basename(path).split(".ko")[0].replace("-", "_")
            deps[name] = (path, needs.split())
    return deps


def read_builtin(moddir):
    with open(os.path.join(moddir, "modules.builtin"), encoding="utf-8") as f:
        return {os.path.basename(line.strip()).split(".ko")[0].replace("-", "_")
                for line in f}


def load_order(names, moddir):
    """Paths of the modules, each after what it depends on."""
    if not names:
        return []
    deps = read_dependencies(moddir)
    builtin = read_builtin(moddir)
    order = []
    for name in names:
        if name in builtin:
            continue
        if name not in deps:
            raise ValueError(f"{moddir}: no module {name}")
        path, needs = deps[name]
        for item in reversed(needs):
            if item not in order:
                order.append(item)
        if path not in order:
            order.append(path)
    return order


def read_module(path):
    opener = OPENERS.get(os.path.splitext(path)[1], open)
    with opener(path, "rb") as f:
        return f.read()


class Archive:
    """A cpio archive in the `newc` format."""

    def __init__(self, out):
        self.out = out
        self.inode = 0

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        encoded = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0,
                  rdev[0], rdev[1], len(encoded), 0)
        head = b"070701" + b"".join(b"%08X" % value for value in fields)
        self.write_padded(head + encoded)
        self.write_padded(data)

    def write_padded(self, data):
        self.out.write(data + b"\0" * (-len(data) % 4))

    def close(self):
        self.inode = -1
        self.add("TRAILER!!!", 0)


def write_initramfs(out, root, moddir, names, init):
    archive = Archive(out)
    for folder in ("dev", "proc", "sys", "bin", "modules", "newroot"):
        archive.add(folder, stat.S_IFDIR | 0o755)
    archive.add("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
    with open(os.path.join(root, "bin/busybox"), "rb") as f:
        archive.add("bin/busybox", stat.S_IFREG | 0o755, f.read())
    with open(init, "rb") as f:
        archive.add("init", stat.S_IFREG | 0o755, f.read())
    for i, path in enumerate(load_order(names, moddir)):
        base = os.path.basename(path).split(".ko")[0]
        archive.add(f"modules/{i:02d}-{base}.ko", stat.S_IFREG | 0o644,
                    read_module(os.path.join(moddir, path)))
    archive.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--root", required=True, help="root file system")
    parser.add_argument("--kernel", required=True, help="kernel release")
    parser.add_argument("--init", required=True, help="the /init to pack")
    parser.add_argument("--out", required=True)
    parser.add_argument("module", nargs="*")
    args = parser.parse_args()
    moddir = os.path.join(args.root, "lib/modules", args.kernel)
    try:
        with open(args.out, "wb") as out:
            write_initramfs(out, args.root, moddir, args.module, args.init)
    except (OSError, ValueError, lzma.LZMAError) as err:
        sys.exit(f"{err}")


if __name__ == "__main__":
    main()
