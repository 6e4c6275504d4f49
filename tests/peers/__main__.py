# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compare Debian's programs on Debian's libraries and on ours."""

import argparse
import json
import sys
import time

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


def summarise(verdicts):
    counts = {}
    for verdict in verdicts:
        counts[verdict.kind] = counts.get(verdict.kind, 0) + 1
    return counts


def run(rows, quiet):
    verdicts = []
    for row, driver in rows:
        verdicts.append(compare.compare(row, driver))
        if not quiet:
            print_verdict(verdicts[-1])
    return verdicts


def main():
    parser = argparse.ArgumentParser(prog="./dev peers", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--device", choices=DEVICES)
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    rows = list(chosen(args.name, args.device))
    if not rows:
        sys.exit(f"no row is called {' or '.join(args.name)}")
    start = time.monotonic()
    verdicts = run(rows, args.json)
    counts = summarise(verdicts)
    if args.json:
        json.dump({"counts": counts, "rows": [as_dict(v) for v in verdicts]},
                  sys.stdout, indent=1)
        print()
    else:
        print(", ".join(f"{n} {kind}" for kind, n in counts.items()),
              f"in {time.monotonic() - start:.0f} s")
    sys.exit(0 if all(v.good for v in verdicts) else 1)


if __name__ == "__main__":
    main()
