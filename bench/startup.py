#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What it costs a process to find and open a device, against the stock library.

Runs in the VM. Every figure is a difference between two runs of bench_startup
that differ in one call, so what they share (the start of the process, valgrind)
is not in it; "process start" alone is a whole run. Instructions are user
instructions by callgrind, which does not see the kernel.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

import measure

PROGRAM = os.path.join(measure.PROGRAMS, "bench_startup")

# (lists, opens) of the run that has the call, and of the one that has not.
STEPS = {
    "process start": ((0, 0), None),
    "first list+open+close": ((0, 1), (0, 0)),
    "a later list": ((3, 0), (2, 0)),
    "a later open+close": ((0, 3), (0, 2)),
}
# At most this part of stock's instructions and system calls.
AIMS = {"first list+open+close": 0.25, "a later list": 0.5,
        "a later open+close": 0.25}
MEASURES = ("instructions", "syscalls", "files opened", "objects mapped")


def read_trace(argv, library, folder):
    """One line per system call."""
    path = os.path.join(folder, "trace")
    measure.execute(["strace", "-f", "-qq", "-o", path, *argv], library)
    with open(path, encoding="utf-8") as f:
        return [line for line in f if not re.search(r"\+\+\+|---", line)]


def check_library(trace, library):
    """The library measured has to be the one that is meant."""
    opened = [path for path in opened_files(trace) if "/libibverbs.so" in path]
    if [os.path.dirname(path) for path in opened] != [measure.LIBRARIES[library]]:
        sys.exit(f"startup: {library}: ran on {opened}")


def opened_files(trace):
    """Paths of what was opened with success."""
    found = (re.search(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)".* = \d', line)
             for line in trace)
    return [match[1] for match in found if match]


def measure_run(lists, opens, library, device):
    """The figures of one process, in the order of MEASURES."""
    argv = [PROGRAM, str(lists), str(opens), device]
    with tempfile.TemporaryDirectory() as folder:
        trace = read_trace(argv, library, folder)
        check_library(trace, library)
        opened = opened_files(trace)
        return (measure.callgrind(argv, library, folder), len(trace),
                len(opened), sum(".so" in path for path in opened))


def subtract(whole, rest):
    return tuple(a - b for a, b in zip(whole, rest))


def measure_steps(library, device):
    runs = {pair: measure_run(*pair, library, device)
            for pair in sorted({pair for step in STEPS.values()
                                for pair in step if pair})}
    return {name: subtract(runs[with_it], runs[without]) if without
            else runs[with_it]
            for name, (with_it, without) in STEPS.items()}


def count_relocations(path):
    output = subprocess.run(["readelf", "-rW", path], text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    return len(re.findall(r"R_X86_64_", output))


def loaded_size(path):
    """Bytes of text, data and bss, as size(1) has them."""
    output = subprocess.run(["size", path], text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    return int(output.splitlines()[1].split()[3])


def needed(path, folders):
    """The object and all it needs, the C library's own parts apart."""
    found, todo = {}, [path]
    while todo:
        path = todo.pop()
        output = subprocess.run(["readelf", "-dW", path], text=True, check=True,
                                stdout=subprocess.PIPE).stdout
        found[os.path.basename(path)] = path
        for name in re.findall(r"NEEDED.*\[(.*)\]", output):
            if name not in found and not re.match(r"libc\.|ld-linux", name):
                todo.append(next(f"{folder}/{name}" for folder in folders
                                 if os.path.exists(f"{folder}/{name}")))
    return found.values()


def measure_objects(library):
    """libibverbs.so.1 with what it brings into a process."""
    folder = measure.LIBRARIES[library]
    main = os.path.join(folder, "libibverbs.so.1")
    objects = list(needed(main, (folder, measure.STOCK)))
    return {"libibverbs: bytes": loaded_size(main),
            "libibverbs: relocations": count_relocations(main),
            "with all it needs: objects": len(objects),
            "with all it needs: bytes": sum(map(loaded_size, objects)),
            "with all it needs: relocations":
                sum(map(count_relocations, objects))}


def step_rows(device):
    """(what, stock, ours, aim or None) of what depends on the device."""
    steps = {lib: measure_steps(lib, device) for lib in measure.LIBRARIES}
    for name in STEPS:
        for field, measure_name in enumerate(MEASURES):
            aim = AIMS.get(name) if field == 0 else None
            yield (f"{name}: {measure_name}", steps["stock"][name][field],
                   steps["ours"][name][field], aim)


def object_rows():
    objects = {lib: measure_objects(lib) for lib in measure.LIBRARIES}
    for name, value in objects["stock"].items():
        yield name, value, objects["ours"][name], None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("device", nargs="+", help="name of an RDMA device")
    args = parser.parse_args()
    tables = {f"start-up on {device}": list(step_rows(device))
              for device in args.device}
    tables["libibverbs.so.1"] = list(object_rows())
    measure.report(tables, args.json)


if __name__ == "__main__":
    main()
