# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What is known of rows that do not pass on both sets of libraries.

Where Debian's programs do not yet do the same on our libraries, and why: an entry
whose row no longer differs is a failure, and goes with the change that made it so.
And why others fail on Debian's as well: one that does so for no reason here is a
failure, for then something is wrong with how it is run.
"""

import re

# driver, pattern of whole names of rows, reason
DIFFERENCES = (
    ("rxe", r"pyverbs objects", "a parent domain needs nothing of the driver"),
)

ANY = "(rxe|softhca|)"
# pattern of drivers, pattern of whole names of rows, reason
FAILURES = (
    (ANY, r".*ibv_devinfo -d none_such", "there is no such device"),
    (ANY, r".*ibv_devinfo .* -i 2|.*ibv_rc_pingpong -i 2",
     "there is no such port"),
    (ANY, r"ibv_ud_pingpong -s 8192|ib_send_bw -c UD -s 8192",
     "more than a packet holds"),
    ("rxe", r".*ibv_rc_pingpong (-N )?-t( -e)?", "the driver has no timestamps"),
    ("softhca", r"ibv_rc_pingpong -t -e",
     "with timestamps and events it takes an empty queue for an error"),
    ("rxe", r".*pingpong (-o|-O)( .*)?|ib_write_bw --odp",
     "the driver of Linux 6.12 has no memory on demand"),
    ("rxe", r".*ibv_rc_pingpong -j( -N)?", "no device memory"),
    ("rxe", r".*ibv_xsrq_pingpong.*|ib_.* -c XRC.*|rdma_xclient -c x",
     "the driver has no XRC"),
    ("rxe", r"ib_write_bw --use-null-mr", "the driver has no null regions"),
    ("rxe", r"ib_.* -c DC", "the driver has no dynamic connections"),
    (ANY, r"ib_send_bw -c SRD", "only devices of EFA have SRD"),
    (ANY, r"ib_send_bw -I 100000", "more than perftest lets through"),
    ("rxe", r"raw_ethernet_.*", "the driver has no packet queue pairs"),
    (ANY, r"udpong", "it addresses by LID alone, which a RoCE device refuses"),
    ("rxe", r"ib_send_bw -c UD -g .*",
     "the network device takes a group's packets only for a socket in it"),
    ("rxe", r"udaddy -C 10 -S 4096", "more than a packet holds"),
)


def find(entries, driver, name):
    """The reason that entries have for that row; "" for none."""
    for at, pattern, why in entries:
        if re.fullmatch(at, driver) and re.fullmatch(pattern, name):
            return why
    return ""


def reason(driver, name):
    """Why that row differs; "" for one that is not known to."""
    return find(DIFFERENCES, driver, name)


def failure(driver, name):
    """Why it fails on Debian's libraries; "" for one that is not known to."""
    return find(FAILURES, driver, name)


def without_row(names):
    """Entries that fit none of the (driver, name) pairs."""
    return [f"{at} {pattern}" for at, pattern, _ in (*DIFFERENCES, *FAILURES)
            if not any(find([(at, pattern, "fits")], driver, name)
                       for driver, name in names)]
