#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Sum up test results from JUnit files, by tier.

Exit status 1 when a test failed, was skipped or none ran at all: everything a
test may ask for is there, so a skip hides something.
"""

import argparse
import json
import os
import sys
import xml.etree.ElementTree as ET

OUTCOMES = ("passed", "failed", "skipped")


def outcome(case):
    for child in case:
        if child.tag in ("failure", "error"):
            return "failed", child.get("message") or ""
    for child in case:
        if child.tag == "skipped":
            return "skipped", child.get("message") or ""
    if case.get("status") in ("fail", "notrun", "disabled"):
        return "failed", case.get("status")
    return "passed", ""


def tier_of(path, case):
    if os.path.basename(path) == "unit.xml":
        return "unit"
    return "peer" if "test_peer" in case.get("classname", "") else "vm"


def read_cases(path):
    """Yield one result per test case of a JUnit file."""
    for case in ET.parse(path).iter("testcase"):
        status, message = outcome(case)
        yield {"tier": tier_of(path, case), "name": case.get("name"),
               "class": case.get("classname", ""), "outcome": status,
               "seconds": float(case.get("time") or 0), "message": message}


def run_of(path):
    """Machines that share their tests write files of one run: vm-1.xml, ..."""
    return os.path.basename(path).removesuffix(".xml").partition("-")[0]


def read_results(paths):
    """Return (results, complaints) of all files. A file that is missing is a
    complaint, since its tests did not run, and so is a run without a test; but
    one of several machines may have found nothing left to do."""
    results, complaints = [], []
    ran = dict.fromkeys(map(run_of, paths), 0)
    for path in paths:
        try:
            found = list(read_cases(path))
        except (OSError, ET.ParseError) as err:
            complaints.append(f"no results from {os.path.basename(path)}: {err}")
            continue
        ran[run_of(path)] += len(found)
        results += found
    complaints += [f"no test ran: {run}" for run, n in ran.items() if not n]
    return results, complaints


def count(results, tier):
    mine = [r for r in results if r["tier"] == tier]
    counts = {o: sum(r["outcome"] == o for r in mine) for o in OUTCOMES}
    counts["seconds"] = round(sum(r["seconds"] for r in mine), 1)
    return counts


def matrix(results):
    """Count the cases of the dma-buf matrix, {mode: {exporter: {operation:
    counts}}}, from names like test[mode-exporter-operation-...]."""
    table = {}
    for item in results:
        if not item["class"].endswith("test_dmabuf_matrix"):
            continue
        parts = item["name"].partition("[")[2].split("-")
        if len(parts) < 3:
            continue
        mode, exporter, operation = parts[:3]
        cell = table.setdefault(mode, {}).setdefault(exporter, {}).setdefault(
            operation, {"passed": 0, "all": 0})
        cell["passed"] += item["outcome"] == "passed"
        cell["all"] += 1
    return table


def print_cell(cell):
    return f"{cell['passed']}/{cell['all']}" if cell else "-"


def print_matrix(table):
    """A row for each mode and exporter; a cell is passed/all."""
    operations = list(dict.fromkeys(
        operation for row in table.values() for cells in row.values()
        for operation in cells))
    print("\ndma-buf cases passed, of all that ran")
    print(f"{'mode':10}{'exporter':17}" +
          "".join(f"{operation:>11}" for operation in operations))
    for mode, row in table.items():
        for exporter, cells in row.items():
            print(f"{mode:10}{exporter:17}" + "".join(
                f"{print_cell(cells.get(operation)):>11}"
                for operation in operations))


def print_text(results, tiers, complaints):
    print(f"\n{'tier':8}{'passed':>8}{'failed':>8}{'skipped':>8}{'time':>10}")
    for tier, counts in tiers.items():
        print(f"{tier:8}" + "".join(f"{counts[o]:8}" for o in OUTCOMES) +
              f"{counts['seconds']:9.1f}s")
    for item in results:
        if item["outcome"] != "passed":
            lines = (item["message"] or "no reason given").splitlines()
            print(f"{item['outcome']}: {item['class']} {item['name']}: "
                  f"{lines[0]}")
    for line in complaints:
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--guest-status", type=int, default=0,
                        help="exit code of the VMs the tests ran in")
    parser.add_argument("file", nargs="+")
    args = parser.parse_args()
    results, complaints = read_results(args.file)
    if args.guest_status:
        complaints.append(f"the VM's exit code is {args.guest_status}")
    names = [t for t in ("unit", "vm", "peer")
             if any(r["tier"] == t for r in results)]
    tiers = {tier: count(results, tier) for tier in names}
    good = not complaints and all(r["outcome"] == "passed" for r in results)
    table = matrix(results)
    if args.json:
        json.dump({"passed": good, "tiers": tiers, "complaints": complaints,
                   "dmabuf": table, "tests": results}, sys.stdout, indent=1)
        print()
    else:
        if table:
            print_matrix(table)
        print_text(results, tiers, complaints)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
