# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What a shared library exports, and what a version map says it does."""

import re
import subprocess


def read_elf(path, *options):
    return subprocess.run(
        ["readelf", "--wide", *options, path],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout


def exported(path):
    """Symbols as name@NODE, or name@@NODE where that is the default version."""
    rows = (line.split() for line in read_elf(path, "--dyn-syms").splitlines())
    return {
        row[7] for row in rows if len(row) > 7 and row[6] != "UND" and "@" in row[7]
    }


def soname(path):
    return re.search(r"soname: \[(.*?)\]", read_elf(path, "--dynamic"))[1]


def nodes(path):
    """Version nodes by name, each with the node it follows or None."""
    found, last = {}, None
    listing = read_elf(path, "--version-info").split("Version needs")[0]
    for kind, name in re.findall(r"(Name|Parent \d+): (\S+)", listing):
        if kind == "Name":
            last = name
            found[last] = None
        else:
            found[last] = name
    found.pop(soname(path), None)
    return found


def node_of(symbol):
    return symbol.rsplit("@", 1)[1]


class VersionMap:
    """A linker version script: which node a name goes to."""

    def __init__(self, path):
        with open(path, encoding="ascii") as script:
            text = re.sub(r"/\*.*?\*/", "", script.read(), flags=re.DOTALL)
        self.patterns = {}
        for node, body in re.findall(r"(\w+)\s*\{(.*?)\}", text, re.DOTALL):
            for name in body.split("local:")[0].replace("global:", "").split(";"):
                if name.strip():
                    self.patterns[name.strip()] = node

    def names(self):
        """The names that the script spells out."""
        return {name for name in self.patterns if "*" not in name}
