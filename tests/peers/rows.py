# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What a row is: one program with one set of options, run on one device."""

import dataclasses

DEVICES = ("rxe", "softhca")


@dataclasses.dataclass(frozen=True)
class Row:
    """@command, and @server before it where there is one, as shell words in
    which {dev} {gid} {ip} {port} and the like are filled in.

    @figure finds the figure that a run which worked prints; a run without it
    has failed, whatever its exit status.
    """

    name: str
    command: str
    figure: str
    server: str = ""
    ready: str = "tcp"          # what the server listens with: tcp, rdma_cm,
                                # flow; what it says when it is ready; ""
    stays: bool = False         # a server that has to be stopped
    devices: tuple = DEVICES    # () for a program that asks for no device
    core: bool = False          # whether ./dev test runs it
    works: tuple = ()           # devices where it must pass on stock
    stock: str = "stock"        # what it is compared with
    setup: str = ""             # a command to run before
    trigger: str = ""           # a command to run once @trigger_at is printed
    trigger_at: str = ""
    varying: str = ""           # finds what else differs from run to run
    limit: int = 60             # seconds, for each program
    environ: tuple = ()         # pairs


def label(program, options):
    return f"{program} {options}".strip()


def pairs(program, options, common, rows, **fields):
    """Rows of a program that is its own server, which the client then gets as
    last argument; @rows maps options to further fields, which @fields go
    before."""
    for more, changes in rows.items():
        command = f"{program} {common} {more}"
        yield Row(**{"name": label(options, more), "server": command,
                     "command": f"{command} {{host}}", **changes, **fields})
