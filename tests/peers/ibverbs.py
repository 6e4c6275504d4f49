# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""ibverbs-utils: the release's, and those of Debian's newest."""

from .rows import Row, pairs

BIN = "/usr/bin/"
NEWEST = "/opt/rdma-newest/usr/bin/"
ADDRESS = "-d {dev} -g {gid} -p {port}"
USEC = r"([\d.]+ usec)/iter"
BOTH = {"core": True, "works": ("rxe", "softhca")}
RXE = {"core": True, "works": ("rxe",)}
CORE = {"core": True}

# Kind, options, messages. Few, for on a busy machine a round through three
# threads takes 20 ms. The one of XRC has its own idea.
RELEASE = (
    ("rc", "-n 20", {
        "": {}, "-c": BOTH, "-e": BOTH, "-s 100000 -c": {}, "-m 512 -c": {},
        "-r 10 -l 3": {}, "-t": CORE, "-t -e": {}, "-N": CORE, "-N -e -c": {},
        "-N -t": {}, "-o": CORE, "-O": {}, "-o -P -c": {}, "-j": CORE,
        "-j -N": {}, "-i 2": {}}),
    ("uc", "-n 20", {"": {}, "-c": RXE, "-e": {}}),
    ("ud", "-n 20", {"": {}, "-c": RXE, "-e": {}, "-s 8192": {}}),
    ("srq", "-n 5", {"-c": RXE, "-e": {}, "-q 4 -c": {}, "-o": {}}),
    ("xsrq", "", {"": CORE, "-e": {}}),
)
NEWEST_ONES = (
    ("rc", "-n 20", {"-c": {}, "-e": {}, "-N": {}, "-t": {}, "-o": {},
                     "-j": {}}),
    ("uc", "-n 20", {"-c": {}}),
    ("ud", "-n 20", {"-c": {}}),
    ("srq", "-n 5", {"-c": {}, "-e": {}}),
    ("xsrq", "", {"": {}}),
)


def pingpongs(folder, prefix, kinds, **fields):
    for kind, iters, rows in kinds:
        name = f"ibv_{kind}_pingpong"
        # The one of XRC tells no time, and its exit code how it went.
        figure = r"(remote): LID" if kind == "xsrq" else USEC
        yield from pairs(folder + name, prefix + name, f"{ADDRESS} {iters}",
                         rows, figure=figure, **fields)


def listings(folder, prefix, **fields):
    def row(options, figure, **more):
        return Row(prefix + options, folder + options, figure,
                   **{"core": True, **more, **fields})

    yield row("ibv_devices", r"(rxe0)\s", devices=())
    yield row("ibv_devinfo", r"hca_id:\s*(\S+)", devices=())
    yield row("ibv_devinfo -l", r"(\d+ HCAs? found)", devices=())
    yield row("ibv_devinfo -v", r"GID\[\s*\d+\]:\s*(\S+)", devices=())
    yield row("ibv_devinfo -d none_such", "hca_id", devices=())
    yield row("ibv_devinfo -v -d {dev}", r"GID\[\s*\d+\]:\s*(\S+)")
    yield row("ibv_devinfo -d {dev} -i 1", r"state:\s*(\S+)")
    yield row("ibv_devinfo -d {dev} -i 2", r"state:\s*(\S+)")
    yield row("ibv_asyncwatch -d {dev}", r"event_type (\w+PORT_ACTIVE)",
              trigger_at="async event FD",
              trigger="ip link set {net} down && ip link set {net} up")


def rows():
    yield from listings(BIN, "")
    yield from pingpongs(BIN, "", RELEASE)
    yield from listings(NEWEST, "newest ", stock="newest", core=False)
    yield from pingpongs(NEWEST, "newest ", NEWEST_ONES, stock="newest")
