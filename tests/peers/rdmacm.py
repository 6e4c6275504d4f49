# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""rdmacm-utils, over the stock librdmacm: a client of libibverbs like others."""

from .rows import DEVICES, Row

END = r"(return status 0)"
BOTH = {"core": True, "works": DEVICES}
GROUP = "239.1.2.3"


def row(name, server, client, figure, **fields):
    return Row(**{"name": name, "figure": figure, "ready": "rdma_cm",
                  "server": f"/usr/bin/{server}",
                  "command": f"/usr/bin/{client}", **fields})


def rpings():
    for options in ("", "-S 60000", "-V", "-q", "-q -V -C 50"):
        common = f"-a {{ip}} -p {{port}} -v -C 5 {options}"
        yield row(f"rping {options}".strip(), f"rping -s {common}",
                  f"rping -c {common}", r"ping data: (rdma-ping-4\d*)",
                  # It may be gone before it is told so.
                  varying=r"(?m)^client DISCONNECT EVENT.*\n?",
                  **({} if options else BOTH))


def messages():
    # The port of udaddy is always the same, and shows itself to nobody.
    for program, port, ready in (("ucmatose", "-p {port}", "rdma_cm"),
                                 ("udaddy", "", "")):
        for options in ("-C 10", "-C 10 -S 4096", "-C 10 -c 4"):
            common = f"{program} {port} {options}"
            yield row(f"{program} {options}", common, f"{common} -s {{ip}}",
                      END, ready=ready, **(BOTH if options == "-C 10" else {}))


def examples():
    for kind in "rx":
        common = f"-p {{port}} -c {kind}"
        yield row(f"rdma_xclient -c {kind}", f"rdma_xserver {common}",
                  f"rdma_xclient -s {{ip}} {common}", r"(end 0)",
                  core=kind == "x")
    yield row("rdma_client", "rdma_server -p {port}",
              "rdma_client -s {ip} -p {port}", r"(end 0)", **BOTH)


# Sizes and times, as short as they can be written.
FIGURES = r"(?<=\s)[\d.]+[kmg]?(?=\s)"


def sockets():
    """What runs over rsockets."""
    yield row("rcopy", "rcopy -p {port}",
              "rcopy /src/COPYING.GPL-2.0 {ip}:{work}/copy -p {port}",
              r"(\d+ bytes)", stays=True)
    for program, options in (
            ("rstream", "-S 4096 -C 10 -I 10"),
            ("rstream", "-T b -S 65536 -C 10 -I 10"),
            ("riostream", "-T v -S 4096 -C 10 -I 10"),
            ("riostream", "-i 0 -S 64 -C 10 -I 10")):
        common = f"{program} -p {{port}} {options}"
        yield row(f"{program} {options}", common, f"{common} -s {{ip}}",
                  r"([\d.]+)\s*$", limit=20, varying=FIGURES)
    common = "udpong -p {port} -S 1024 -C 10"
    yield row("udpong", common, f"{common} -s {{ip}}", r"([\d.]+)\s*$",
              stays=True, limit=20, varying=FIGURES)


def others():
    # Both ends are on one device: with other numbers of QPs, or the connection
    # manager takes one end for what is left of the other.
    yield row("cmtime -c 10", "cmtime -p {port} -c 10 -q 4096",
              "cmtime -s {ip} -p {port} -c 10 -q 8192", r"(?m)^.*connect.*$",
              stays=True,
              varying=r"( +\d+){6}|(event: RDMA_CM_EVENT_REJECTED.*\n?)+")
    # What is sent before the server has joined is lost; and the client takes its
    # queue pair down without a look at what has been sent: of many datagrams the
    # first are sure to leave.
    common = f"mckey -m {GROUP} -b {{ip}}"
    yield row("mckey", f"stdbuf -oL /usr/bin/{common} -C 1",
              f"{common} -C 1000 -s", END, ready="receiving data",
              works=DEVICES)


def rows():
    for part in (rpings, messages, examples, sockets, others):
        yield from part()
