# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare Debian's programs on Debian's libraries and on ours."""

import argparse
import json
import sys

from claims import Claims

from . import all_rows, compare
from .rows import DEVICES


def chosen(names, device):
    for row, driver in all_rows():
        if device and driver and driver != device:
            continue
        if not names or any(name in row.name for name in names):
            yield row, driver


def column(outcome):
    if outcome.passed:
        return f"pass {outcome.figure}"
    code = outcome.code
    return "fail stopped" if code is None else f"fail {code}"


def print_verdict(verdict):
    print(f"{verdict.driver or '-':8}{verdict.row.name:42}"
          f"{column(verdict.stock):>20}{column(verdict.ours):>20}  "
          f"{verdict.kind}{': ' if verdict.text else ''}{verdict.text}",
          flush=True)
    if verdict.kind == compare.DIFFERS and \
            verdict.ours.passed == verdict.stock.passed:
        print("\n".join(f"        {line}" for line in verdict.lines[2:]),
              flush=True)


def side_as_dict(outcome):
    return {"passed": outcome.passed, "figure": outcome.figure,
            "complaint": outcome.complaint,
            "exit_codes": {name: side.code for name, side in outcome.sides()}}


def as_dict(verdict):
    return {"row": verdict.row.name, "device": verdict.driver,
            "stock": side_as_dict(verdict.stock),
            "ours": side_as_dict(verdict.ours), "verdict": verdict.kind,
            "good": verdict.good, "reason": verdict.text,
            "difference": list(verdict.lines)}


def run(rows, mine):
    verdicts = []
    for i, (row, driver) in enumerate(rows):
        if mine(f"row-{i}"):
            verdicts.append(compare.compare(row, driver))
            print_verdict(verdicts[-1])
    return verdicts


def main():
    parser = argparse.ArgumentParser(prog="./dev peers", description=__doc__)
    parser.add_argument("--device", choices=DEVICES)
    parser.add_argument("--claims", metavar="FOLDER", required=True,
                        help="shared with others, who run some of the rows")
    parser.add_argument("--results", metavar="FILE", required=True,
                        help="for the rows that this one ran, as JSON")
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    rows = list(chosen(args.name, args.device))
    if not rows:
        sys.exit(f"no row is called {' or '.join(args.name)}")
    verdicts = run(rows, Claims(args.claims).claim)
    with open(args.results, "w", encoding="utf-8") as f:
        json.dump([as_dict(v) for v in verdicts], f)


if __name__ == "__main__":
    main()
