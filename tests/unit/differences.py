# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Differences between our interface and Debian's, and the list of known ones."""

import os
from typing import NamedTuple

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "differences.txt")
PACKAGES = ("release", "newest")


class Difference(NamedTuple):
    """One thing that is not as in the stock package."""

    what: str  # a symbol, or a kind and a name
    text: str  # how it differs


class Known(NamedTuple):
    """One line of the list."""

    packages: tuple
    where: str  # a library, or "headers"
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
    """What the list has for one package and one place: reasons by name."""
    with open(path, encoding="ascii") as lines:
        return {
            known.what: known.reason
            for known in parse(lines)
            if package in known.packages and known.where == where
        }


class Comparison:
    """What was found in one place, sorted by what the list says about it."""

    def __init__(self, package, where, compared, found, known):
        self.package = package
        self.where = where
        self.compared = compared
        self.listed = [d for d in found if d.what in known]
        self.unexpected = [d for d in found if d.what not in known]
        self.reasons = {d.what: known[d.what] for d in self.listed}
        for what in known.keys() - self.reasons.keys():
            text = "listed as different, but is not"
            self.unexpected.append(Difference(what, text))

    def as_dict(self):
        return {
            "package": self.package,
            "where": self.where,
            "compared": self.compared,
            "listed": [
                {**d._asdict(), "reason": self.reasons[d.what]} for d in self.listed
            ],
            "unexpected": [d._asdict() for d in self.unexpected],
        }
