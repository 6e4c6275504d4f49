# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Run a row once, on one device and one set of libraries."""

import dataclasses
import glob
import os
import re
import shlex
import subprocess
import time

import peer

# What a side that lost its peer gets to end by itself, in seconds, and one that
# would go on for ever to write down what it has to say.
GRACE = 3
SHORT = 0.5
# How long a server may take until it listens. Where rdma_cm knows no device,
# nothing ever shows; its client says why.
LISTEN_LIMIT = {"tcp": 20, "rdma_cm": 3, "flow": 20}
PROVIDERS = {"rxe": "/librxe", "softhca": "/libmlx5"}
WORK = "/tmp/peers"


@dataclasses.dataclass
class Side:
    code: int                   # None: it had to be stopped
    output: str


@dataclasses.dataclass
class Outcome:
    """What both sides of a row did; a single program is a client."""

    client: Side = None
    server: Side = None
    libraries: tuple = ()
    figure: str = ""            # "" for a run that did not work
    complaint: str = ""         # what else was wrong with it

    def sides(self):
        return [(name, side) for name, side in
                (("server", self.server), ("client", self.client)) if side]

    @property
    def passed(self):
        return bool(self.figure) and not self.complaint

    @property
    def stopped(self):
        """Whether it hung: a client that had to be stopped."""
        return not self.passed and bool(self.client) and \
            self.client.code is None

    @property
    def code(self):
        codes = [side.code for _, side in self.sides()]
        return next((code for code in codes if code != 0), 0)


def netdev_of(device):
    return peer.read(glob.glob(f"/sys/class/infiniband/{device}/ports/1/"
                               "gid_attrs/ndevs/0")[0])


def address_of(device, index):
    """The IPv4 address its GID was made from."""
    gid = peer.read(f"/sys/class/infiniband/{device}/ports/1/gids/{index}")
    words = gid.replace(":", "")[-8:]
    return ".".join(str(int(words[i:i + 2], 16)) for i in range(0, 8, 2))


def mac_of(netdev):
    return peer.read(f"/sys/class/net/{netdev}/address")


def places(driver):
    """What stands for the words in braces of a row."""
    if not driver:
        return {}
    device = peer.find_device(driver)
    other = peer.find_device(driver, after=device.name) or device
    address = address_of(device.name, device.gid_index)
    net = netdev_of(device.name)
    return {"dev": device.name, "gid": device.gid_index, "net": net,
            "ip": address, "host": address, "mac": mac_of(net),
            "dev2": other.name, "mac2": mac_of(netdev_of(other.name))}


def fill(text, values):
    return [word.format(**values) for word in shlex.split(text)]


def environ(row, values):
    return {name: text.format(**values) for name, text in row.environ}


def is_cm_listening(port):
    shown = subprocess.run(["rdma", "resource", "show", "cm_id"], check=True,
                           text=True, stdout=subprocess.PIPE).stdout
    return any("state LISTEN" in line and re.search(rf":{port}\b", line)
               for line in shown.splitlines())


def has_flow(_):
    """Whether a device has been told whose frames are whose."""
    return any("flows 0" not in peer.read(path).splitlines() for path in
               glob.glob("/sys/kernel/debug/softhca/mlx5_*/objects"))


LISTENS = {"tcp": peer.is_listening, "rdma_cm": is_cm_listening,
           "flow": has_flow}


def is_ready(row, server, port):
    """A server that listens nowhere says when it is."""
    if row.ready in LISTENS:
        return LISTENS[row.ready](port)
    if not row.ready:           # nothing shows it but time
        time.sleep(1)
    return row.ready in peer.read(server.log)


def take(program, limit):
    result = program.end(limit)
    return Side(result.code, result.output), result.libraries


def pull_trigger(row, program, values):
    """An event for a program that waits for one, and time to say so."""
    def has_printed(what):
        return re.search(what, peer.read(program.log))

    try:
        program.wait_until(lambda: has_printed(re.escape(row.trigger_at)),
                           f"print '{row.trigger_at}'", 10)
        subprocess.run(row.trigger.format(**values), shell=True, check=True)
        program.wait_until(lambda: has_printed(row.figure),
                           f"print '{row.figure}'", row.limit)
    except peer.PeerError:
        pass


def run_client(row, libraries, values, outcome):
    argv = fill(row.command, values)
    with peer.Program(libraries, *argv, **environ(row, values)) as client:
        if row.trigger:             # it runs until it is stopped
            pull_trigger(row, client, values)
        outcome.client, outcome.libraries = take(
            client, SHORT if row.trigger else row.limit)


def run_both(row, libraries, values, outcome):
    argv = fill(row.server, values)
    with peer.Program(libraries, *argv, **environ(row, values)) as server:
        try:
            server.wait_until(lambda: is_ready(row, server, values["port"]),
                              "listen", LISTEN_LIMIT.get(row.ready, 10))
        except peer.PeerError:
            pass
        if server.process.poll() is not None:
            outcome.server, outcome.libraries = take(server, GRACE)
            return
        run_client(row, libraries, values, outcome)
        limit = SHORT if row.stays else \
            GRACE if outcome.client.code != 0 else row.limit
        outcome.server, _ = take(server, limit)


def all_worked(row, outcome):
    if not outcome.client:
        return False
    if row.trigger:             # it is stopped
        return True
    served = not outcome.server or outcome.server.code == 0 or \
        (row.stays and outcome.server.code is None)
    return served and outcome.client.code == 0


def find_figure(row, outcome):
    if not all_worked(row, outcome):
        return ""
    found = None
    for found in re.finditer(row.figure, outcome.client.output):
        pass
    if not found:
        return ""
    return next((g for g in found.groups() if g), found.group())


def right_provider(row, driver, outcome):
    return not row.server or any(PROVIDERS[driver] in lib
                                 for lib in outcome.libraries)


def run(row, driver, libraries):
    """Run @row once; an Outcome, whatever happened."""
    outcome = Outcome()
    values = dict(places(driver), port=peer.free_port(), work=WORK)
    os.makedirs(WORK, exist_ok=True)
    if row.setup:
        subprocess.run(row.setup.format(**values), shell=True, check=True,
                       stdout=subprocess.DEVNULL)
    try:
        (run_both if row.server else run_client)(row, libraries, values,
                                                 outcome)
    except peer.PeerError as err:
        outcome.complaint = str(err).splitlines()[0]
        return outcome
    outcome.figure = find_figure(row, outcome)
    if outcome.figure and not right_provider(row, driver, outcome):
        outcome.complaint = f"its provider is not in {outcome.libraries}"
    return outcome
