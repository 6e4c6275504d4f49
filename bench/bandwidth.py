#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""How fast the software device moves bytes, against soft-RoCE.

Runs in the VM: Debian's ib_write_bw with both ends on one device, on our
libraries, 64 KiB writes. The best of some runs: the others were disturbed.
"""

import argparse
import json
import os
import re
import sys

import measure

sys.path.append(os.path.join(os.path.dirname(measure.BENCH), "tests"))
import peer  # noqa: E402  pylint: disable=wrong-import-position

SIZE = 65536
RUNS = 3
# The device, and how many writes take about a second.
DEVICES = {"softhca": ("mlx5_0", 5000), "soft-RoCE": ("rxe0", 200)}
# softhca is at least so many times as fast.
AIM = 40
AVERAGE = rf"(?m)^ *{SIZE}[ \t]+\d+[ \t]+[\d.]+[ \t]+([\d.]+)"


def run(device, iterations):
    """MB/s as perftest counts them, of 2^20 bytes."""
    port = peer.free_port()
    argv = ["ib_write_bw", "-d", device, "-x", peer.ipv4_gid_index(device),
            "-p", port, "-s", SIZE, "-n", iterations, "-F"]
    with peer.Program("ours", *argv) as server:
        server.wait_for_listening(port)
        with peer.Program("ours", *argv, "127.0.0.1") as client:
            output = client.finish().output
        server.finish()
    figure = re.search(AVERAGE, output)
    if not figure:
        sys.exit(f"bandwidth: {device}:\n{output}")
    return float(figure[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    speed = {name: max(run(*device) for _ in range(RUNS))
             for name, device in DEVICES.items()}
    ratio = speed["softhca"] / speed["soft-RoCE"]
    if args.json:
        print(json.dumps({"MB/s": speed, "ratio": ratio, "aim": AIM}, indent=1))
        return
    print(f"{'RDMA WRITE, 64 KiB':46}{'soft-RoCE':>12}{'softhca':>12}"
          f"{'ratio':>8}")
    print(f"{'MB/s':46}{speed['soft-RoCE']:>12,}{speed['softhca']:>12,}"
          f"{ratio:>8.1f}  at least {AIM}: "
          f"{'met' if ratio >= AIM else 'MISSED'}")


if __name__ == "__main__":
    main()
