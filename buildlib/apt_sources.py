#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Print one-line apt sources for another Debian release.

Reads the sources this machine is configured for (deb822 and one-line
format), keeps those that serve the machine's own release, and prints them
with the release's name replaced. So a root file system of any release comes
from the mirror the machine's owner chose. With --instead, the same mirror's line
for another suite (backports, unstable).
"""

import argparse
import glob
import os
import re
import sys

ALIASES = ("stable", "oldstable", "testing")


def read_os_codename(root):
    path = os.path.join(root, "etc/os-release")
    with open(path, encoding="utf-8") as f:
        fields = dict(line.rstrip("\n").split("=", 1) for line in f if "=" in line)
    if fields.get("ID", "").strip('"') != "debian":
        raise ValueError(f"{path}: this is not Debian, so its package mirror "
                         "does not serve the release needed here")
    return fields.get("VERSION_CODENAME", "").strip('"')


def parse_one_line(text):
    """Yield (uri, suite, components) of each active `deb` line."""
    for line in text.splitlines():
        line = line.split("#", 1)[0].strip()
        match = re.match(r"deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)\s*(.*)$", line)
        if match:
            yield match[1], match[2], match[3].split()


def parse_stanza(stanza):
    fields = {}
    key = None
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and key:
            fields[key] += " " + line.strip()
        elif ":" in line:
            key, value = line.split(":", 1)
            key = key.strip().lower()
            fields[key] = value.strip()
    return fields


def parse_deb822(text):
    """Yield (uri, suite, components) of each enabled stanza."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = parse_stanza(stanza)
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield uri, suite, fields.get("components", "").split()


def read_sources(root):
    parts = os.path.join(root, "etc/apt/sources.list.d")
    lists = [os.path.join(root, "etc/apt/sources.list")]
    lists += sorted(glob.glob(os.path.join(parts, "*.list")))
    for path in lists:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                yield from parse_one_line(f.read())
    for path in sorted(glob.glob(os.path.join(parts, "*.sources"))):
        with open(path, encoding="utf-8") as f:
            yield from parse_deb822(f.read())


def resolve_mirror_list(uri):
    """Cloud images name a file that lists mirrors: take its first line."""
    if not uri.startswith("mirror+file:"):
        return uri
    with open(uri[len("mirror+file:"):], encoding="utf-8") as f:
        for line in f:
            words = line.split("#", 1)[0].split()
            if words:
                return words[0]
    raise ValueError(f"{uri}: no mirror in it")


def translate_suite(suite, own, wanted):
    """Return the wanted release's name for @suite, None if it is no release
    suite (backports, proposed updates, somebody else's repository)."""
    for name in (own,) + ALIASES:
        if suite == name:
            return wanted
        for tail in ("-updates", "-security"):
            if suite == name + tail:
                return wanted + tail
    return None


def translate(sources, own, wanted):
    lines = []
    for uri, suite, components in sources:
        new = translate_suite(suite, own, wanted)
        if not new or "main" not in components:
            continue
        line = f"deb {resolve_mirror_list(uri)} {new} main"
        if line not in lines:
            lines.append(line)
    if not any(line.split()[2] == wanted for line in lines):
        raise ValueError("the apt configuration of this machine names no "
                         f"mirror with suite '{own}' and component 'main'")
    return lines


def instead(lines, release, suite):
    """The line of @release, naming @suite."""
    words = next(line.split() for line in lines if line.split()[2] == release)
    words[2] = suite
    return [" ".join(words)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("release", help="code name of the release to print for")
    parser.add_argument("--root", default="/", help="where /etc is (default: /)")
    parser.add_argument("--instead", metavar="SUITE",
                        help="print that mirror's line for SUITE, and no other")
    args = parser.parse_args()
    try:
        own = read_os_codename(args.root)
        lines = translate(read_sources(args.root), own, args.release)
        if args.instead:
            lines = instead(lines, args.release, args.instead)
    except (OSError, ValueError) as err:
        sys.exit(f"{err}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
