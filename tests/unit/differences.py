# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Differences between our interface and Debian's, and the list of known ones."""

import os
from typing import NamedTuple

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "differences.txt")
PACKAGES = ("release", "newest")


class Difference(NamedTuple):
    """One thing that is not as in the stock package."""

    where: str  # a library, or "headers"
    what: str  # a symbol, or a kind and a name
    text: str  # how it differs


class Known(NamedTuple):
    """One line of the list."""

    packages: tuple
    where: str
    what: str
    reason: str


def parse(lines):
    """The list's lines; the reason is the comment right above them."""
    known, reason, in_comment = [], [], False
    for line in lines:
        if line.startswith("#"):
            reason = (reason if in_comment else []) + [line[1:].strip()]
            in_comment = True
        elif line.strip():
            package, where, what = line.split(None, 2)
            packages = PACKAGES if package == "both" else (package,)
            known.append(Known(packages, where, what.strip(), " ".join(reason)))
            in_comment = False
        else:
            reason, in_comment = [], False
    return known


def read_known(package, where, path=LIST):
    """What the list has for one package and one place, by name."""
    with open(path, encoding="ascii") as lines:
        return {
            known.what: known
            for known in parse(lines)
            if package in known.packages and known.where == where
        }


def unexpected(found, known):
    """Differences nobody listed, then what is listed without being found."""
    seen = {difference.what for difference in found}
    for difference in found:
        if difference.what not in known:
            yield difference
    for what, entry in known.items():
        if what not in seen:
            text = "listed as different, but is not"
            yield Difference(entry.where, what, text)


def report(title, found, package, where):
    """Prints what is unexpected; returns the exit code."""
    bad = list(unexpected(found, read_known(package, where)))
    for difference in bad:
        print(f"{difference.what}: {difference.text}")
    print(f"{title}: {len(found)} differences, {len(bad)} of them unexpected")
    return 1 if bad else 0
