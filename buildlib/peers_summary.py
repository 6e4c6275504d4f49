#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Sum up what machines found that ran Debian's programs.

Exit status 1 when a row differs without a reason, none ran, or a machine's
results are missing.
"""

import argparse
import collections
import json
import os
import sys


def read_rows(paths):
    """Return (rows, complaints) of all files."""
    rows, complaints = [], []
    for path in paths:
        try:
            with open(path, encoding="utf-8") as f:
                rows += json.load(f)
        except (OSError, ValueError) as err:
            complaints.append(f"no results from {os.path.basename(path)}: {err}")
    if not rows:
        complaints.append("no row was run")
    return rows, complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("file", nargs="+")
    args = parser.parse_args()
    rows, complaints = read_rows(args.file)
    bad = [row for row in rows if not row["good"]]
    counts = collections.Counter(row["verdict"] for row in rows)
    if args.json:
        json.dump({"counts": counts, "complaints": complaints, "rows": rows},
                  sys.stdout, indent=1)
        print()
    else:
        for row in bad:
            print(f"{row['verdict']}: {row['device'] or '-'} {row['row']}: "
                  f"{row['reason'] or 'no reason is known'}")
        print(", ".join(f"{n} {kind}" for kind, n in counts.items()))
        for line in complaints:
            print(line)
    sys.exit(1 if bad or complaints else 0)


if __name__ == "__main__":
    main()
