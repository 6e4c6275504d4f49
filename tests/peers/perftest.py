# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""perftest: eight programs, and the options that reach other verbs."""

from .rows import Row, pairs

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
CORE = {"core": True}
CM = {"ready": "rdma_cm"}

# For every program.
EVERY = {
    "": {}, OLD: {}, "-s 1": {}, "-m 256": {}, "-m 4096": {}, "-R": CM,
    "-z": CM, "--odp": {}, "-c XRC": {}, "--dont_xchg_versions": {},
    "--no_lock": {}, "--use_hugepages": {"setup": HUGEPAGES},
}
EVERY_BW = {"-b": {}, "-q 4": {}, "-q 64 -s 256": {}, "-t 1": {}, "-Q 1": {},
            f"-b {OLD}": {}, f"-q 4 {OLD}": {}, "-N": {}, "--report_gbits": {},
            "--mr_per_qp": {}, "-l 4": {}, "-R -b": CM,
            "-D 2": {"iters": ""}}
EVERY_LAT = {"-H -s 8": {}, "-U -s 8": {}, "-C": {}, "-D 2": {"iters": ""}}
SIZES = {"-a": {"iters": "-n 10 ", "limit": 60},
         f"-a {OLD}": {"iters": "-n 10 ", "limit": 60},
         "-s 1000000": {}}
UNRELIABLE = {"-c UC": {}, f"-c UC {OLD}": {}}
DATAGRAM = {"-c UD -s 1024": {}, f"-c UD -s 1024 {OLD}": {},
            "-c UD -R -s 1024": CM}
INLINE = {"-I 32 -s 32": {}, f"-I 32 -s 32 {OLD}": {}, "-I 100000": {}}
EVENTS = {"-e": {}, f"-e {OLD}": {}}
SHARED = {"--use-srq": {}, f"--use-srq {OLD}": {}, "--use-srq -e": {},
          "--use-srq -q 4": {}, "--use-srq -c UD -s 1024": {}}

OPTIONS = {
    "ib_write_bw": EVERY | EVERY_BW | SIZES | UNRELIABLE | INLINE | {
        "": BOTH, OLD: BOTH, "-c UC": CORE, "-I 32 -s 32": CORE,
        "-c UC -b": {}, "-I 32 -s 32 -q 4": {}, "--use-null-mr": {},
        "--write_with_imm": {}, "--perform_warm_up": {}, "-c DC": {},
        f"--write_with_imm {OLD}": {}, "--report-both -b": {}, "-R -e": CM},
    "ib_write_lat": EVERY | EVERY_LAT | SIZES | UNRELIABLE | INLINE |
    {"": BOTH},
    "ib_read_bw": EVERY | EVERY_BW | SIZES | EVENTS | {OLD: BOTH, "-o 1": {}},
    "ib_read_lat": EVERY | EVERY_LAT | SIZES | EVENTS | {"-e": BOTH},
    "ib_send_bw": EVERY | EVERY_BW | SIZES | UNRELIABLE | DATAGRAM | INLINE |
    EVENTS | SHARED | {
        "": BOTH, f"-c UD -s 1024 {OLD}": RXE, "-r 16": {},
        "-c UD -g -s 1024": {},
        "-c SRD": {}, "-c UD -s 8192": {}, "--recv_post_list 4": {}},
    "ib_send_lat": EVERY | EVERY_LAT | SIZES | UNRELIABLE | DATAGRAM | INLINE |
    EVENTS | SHARED | {"-e": BOTH, OLD: BOTH},
    "ib_atomic_bw": EVERY | EVERY_BW | EVENTS | {
        "": BOTH, "-A CMP_AND_SWAP": {}, f"-A CMP_AND_SWAP {OLD}": {},
        "-o 1": {}},
    "ib_atomic_lat": EVERY | EVERY_LAT | EVENTS | {
        OLD: BOTH, "-A CMP_AND_SWAP": {}},
}
# A size is no option of these, nor are huge pages of the atomics.
NO_SIZE = ("ib_atomic_bw", "ib_atomic_lat")


def applies(program, options):
    return program not in NO_SIZE or not options.startswith("-s ")


def perftest_rows(program):
    kind = program.rpartition("_")[2]
    figure = {"bw": BW, "lat": LAT}[kind]
    for options, changes in OPTIONS[program].items():
        if not applies(program, options):
            continue
        fields = dict(changes)
        common = fields.pop("iters", ITERS[kind]) + COMMON
        yield from pairs("/usr/bin/" + program, program, common,
                         {options: fields}, figure=figure)


def rows():
    for program in OPTIONS:
        yield from perftest_rows(program)
    # No device here has packet queue pairs to give.
    yield Row("raw_ethernet_bw", "/usr/bin/raw_ethernet_bw -d {dev} --client "
              "-B 02:00:00:00:00:01 -E 02:00:00:00:00:02 -n 200 -F", BW,
              core=True)
