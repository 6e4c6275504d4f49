# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Run Debian's programs on our packages, installed in place of the stock ones.

The rows are some of those of `./dev peers`, which have to work.
"""

import os
import sys

sys.path.insert(0, os.getcwd())

# pylint: disable=wrong-import-position
from peers import all_rows, compare, execute     # noqa: E402

# One of each kind: driver, name
ROWS = {
    *((driver, name) for driver in ("rxe", "softhca") for name in (
        "ib_write_bw", "ib_read_lat -e", "ib_send_bw", "ib_atomic_bw",
        "ucx_perftest rc_verbs am_lat", "mpirun rc_verbs",
        "fi_pingpong -p 'verbs' -e msg -S 65536 -c")),
    ("", "fi_info -p verbs"),
    ("rxe", "rping"),
    ("rxe", "ucmatose -C 10"),
}
# Part of the names of the stock providers, which must be gone
STOCK_PROVIDER = "-rdmav"


def run(row, driver):
    outcome = execute.run(row, driver, "stock")
    if not outcome.passed:
        return compare.reason(outcome)
    if any(STOCK_PROVIDER in lib for lib in outcome.libraries):
        return f"ran on {outcome.libraries}"
    return ""


def main():
    chosen = [(row, driver) for row, driver in all_rows()
              if (driver, row.name) in ROWS]
    missing = ROWS - {(driver, row.name) for row, driver in chosen}
    if missing:
        sys.exit(f"no such rows: {missing}")
    failed = 0
    for row, driver in chosen:
        trouble = run(row, driver)
        failed += bool(trouble)
        print(f"{driver or '-':8}{row.name:40}"
              f"{'FAILED: ' + trouble if trouble else 'pass'}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
