# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""perftest: its programs, and the options that reach other verbs."""

from .rows import Row, label, pairs

COMMON = "-d {dev} -x {gid} -p {port} -F"
ITERS = {"bw": "-n 100 ", "lat": "-n 20 "}
OLD = "--use_old_post_send"
# The last line of figures: bytes and iterations, then peak and average, or least,
# most and typical (of a run by time, the average alone).
REAL = r"[ \t]+(?:[\d.]+|-?nan)"
COUNTS = r"(?m)^ *\d+[ \t]+\d+"
BW = rf"{COUNTS}{REAL}[ \t]+([\d.]+)(?:{REAL})+[ \t]*$"
LAT = rf"{COUNTS}(?:{REAL}{REAL})?[ \t]+([\d.]+)(?:{REAL})+[ \t]*$"
HUGEPAGES = "echo 64 >/proc/sys/vm/nr_hugepages"
BOTH = {"core": True, "works": ("rxe", "softhca")}
RXE = {"core": True, "works": ("rxe",)}
SOFTHCA = {"core": True, "works": ("softhca",)}
CORE = {"core": True}
CM = {"ready": "rdma_cm"}
# How often it went in that time is chance.
TIMED = {"iters": "", "varying": rf"{COUNTS}(?={REAL})"}
# Groups are of IPv6 unless asked otherwise, and so must the address be.
IPV6 = {"common": COMMON.replace("{gid}", "0")}

# Each way through the verbs once or twice, with the program where most depends
# on it; what differs in numbers alone is not repeated for all eight.
OPTIONS = {
    "ib_write_bw": {
        "": BOTH, OLD: BOTH, "-c UC": CORE, "-I 32 -s 32": CORE, "-c XRC": {},
        f"-c UC -b {OLD}": {}, "-R": CM, "-z": CM, "-b": {}, "-q 4": {},
        f"-a {OLD}": {"iters": "-n 10 "}, "-m 256": {}, "-t 1": {}, "-N": {},
        "-D 2": TIMED, "--write_with_imm": {}, "--use-null-mr": {},
        "--odp": SOFTHCA, "-c DC": SOFTHCA, "--use_hugepages": {"setup": HUGEPAGES}},
    "ib_write_lat": {
        "": BOTH, "-c UC": {}, f"-I 32 -s 32 {OLD}": {}, "-R": CM, "-C": {}},
    "ib_read_bw": {
        "": {}, OLD: BOTH, "-e": {}, "-q 64 -s 256": {}, "-o 1": {},
        "-c XRC": {}, "-c DC": {}, "-R -b": CM},
    "ib_read_lat": {"": {}, "-e": BOTH, "-D 2": TIMED},
    "ib_send_bw": {
        "": BOTH, f"-c UD -s 1024 {OLD}": RXE, "-c UD -s 1024": {},
        f"-c UC {OLD}": {}, "-c XRC": {}, "-e": {}, "-R": CM, "-r 16": {},
        "-c UD -R -s 1024": CM, "--use-srq": {}, f"--use-srq {OLD}": {},
        "--use-srq -q 4": {}, "--use-srq -c UD -s 1024": {}, "-l 4": {},
        f"-b -q 4 {OLD}": {}, "-I 100000": {}, "-c UD -g -s 1024": IPV6,
        "-c SRD": {}, "-c UD -s 8192": {}, "--recv_post_list 4": {},
        "-c DC": SOFTHCA},
    "ib_send_lat": {
        "-e": BOTH, OLD: BOTH, "-c UC": {}, "-c UD -s 1024": {},
        f"-c UD -s 32 -I 32 {OLD}": {}, "-I 32 -s 32": {}, "--use-srq -e": {},
        "-a": {"iters": "-n 10 ", "limit": 180}},
    "ib_atomic_bw": {
        "": BOTH, f"-A CMP_AND_SWAP {OLD}": {}, "-c XRC": {}, "-c DC": {},
        "-q 4": {},
        "-R": CM, "-o 1": {}},
    "ib_atomic_lat": {OLD: BOTH, "-A CMP_AND_SWAP": {}, "-e": {}},
}


# Frames from one port to another; these programs have no connection to agree by.
FRAMES = {
    "raw_ethernet_bw": {
        "": SOFTHCA, OLD: SOFTHCA, "-s 1024": {}, "-D 2": TIMED, "-q 4": {},
        "-J 192.0.2.8 -j 192.0.2.7 -K 2000 -k 1000": {}},
    "raw_ethernet_lat": {"": SOFTHCA, OLD: {}},
}


def frame_row(program, options, changes):
    fields = dict(changes)
    kind = program.rpartition("_")[2]
    common = f"-F {fields.pop('iters', ITERS[kind])} {options}"
    return Row(label(program, options),
               f"/usr/bin/{program} -d {{dev}} --client -B {{mac}} -E {{mac2}} "
               f"{common}", {"bw": BW, "lat": LAT}[kind],
               server=f"/usr/bin/{program} -d {{dev2}} --server -B {{mac2}} "
               f"-E {{mac}} {common}", ready="flow", **fields)


def perftest_rows(program):
    kind = program.rpartition("_")[2]
    figure = {"bw": BW, "lat": LAT}[kind]
    for options, changes in OPTIONS[program].items():
        fields = dict(changes)
        common = fields.pop("iters", ITERS[kind]) + \
            fields.pop("common", COMMON)
        yield from pairs("/usr/bin/" + program, program, common,
                         {options: fields}, figure=figure)


def rows():
    for program in OPTIONS:
        yield from perftest_rows(program)
    for program, rest in FRAMES.items():
        for options, changes in rest.items():
            yield frame_row(program, options, changes)
