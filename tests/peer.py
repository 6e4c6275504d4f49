# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Run Debian's RDMA programs, on Debian's libraries or on ours.

Every run proves which libraries it used: the dynamic loader writes down whose
initialisers it called, and a run on the wrong ones is an error.
"""

import collections
import contextlib
import glob
import os
import re
import signal
import subprocess
import tempfile
import time

STOCK_DIR = "/usr/lib/x86_64-linux-gnu"
OUR_DIR = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "build-vm/lib")
OUR_BIN = os.path.join(os.path.dirname(OUR_DIR), "bin")
# Debian's newest release, unpacked beside the installed one
NEWEST = "/opt/rdma-newest/usr"
NEWEST_DIR = f"{NEWEST}/lib/x86_64-linux-gnu"
# Those of the newest find their providers by the loader's path alone.
LIB_DIRS = {"stock": STOCK_DIR, "ours": OUR_DIR,
            "newest": f"{NEWEST_DIR}:{NEWEST_DIR}/libibverbs"}
RDMA_LIBRARY = re.compile(
    r"/lib(ibverbs\.so|(mlx5|efa|hns)\.so|\w+-(rdmav|prv)\d+\.so)")
LIMIT = 60
TCP_LISTEN = "0A"

# code: the exit status, or None for a program that had to be stopped
Result = collections.namedtuple("Result", "output libraries code")
Device = collections.namedtuple("Device", "name gid_index")


class PeerError(Exception):
    """A program that failed, with what it had to say."""


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().strip()


def is_ipv4_roce_v2(port, index):
    try:
        return read(f"{port}/gid_attrs/types/{index}") == "RoCE v2" and \
            read(f"{port}/gids/{index}").startswith("0000:0000:0000:0000:0000:ffff:")
    except OSError:             # an empty entry cannot be read
        return False


def ipv4_gid_index(name):
    port = f"/sys/class/infiniband/{name}/ports/1"
    indices = sorted(int(entry) for entry in os.listdir(f"{port}/gids"))
    return next(i for i in indices if is_ipv4_roce_v2(port, i))


def driver_of(name):
    """The software device hangs below a platform device of its own."""
    path = os.path.realpath(f"/sys/class/infiniband/{name}")
    return "rxe" if "/virtual/" in path else "softhca"


def find_device(driver, after=""):
    """The first device of @driver, rxe or softhca, whose name is behind @after;
    None without one."""
    for path in sorted(glob.glob("/sys/class/infiniband/*")):
        name = os.path.basename(path)
        if driver_of(name) == driver and name > after:
            return Device(name, ipv4_gid_index(name))
    return None


@contextlib.contextmanager
def children_yield():
    """What is started meanwhile runs when nothing else wants to. Two programs
    that poll fill both processors of the VM; what they wait for is done by
    threads of the kernel, which then need not wait for a slice."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class Program:
    """One running program, its output and the libraries it initialised."""

    def __init__(self, libraries, *argv, **environ):
        self.folder = tempfile.TemporaryDirectory(prefix="peer")
        self.log = os.path.join(self.folder.name, "out")
        self.expected = LIB_DIRS[libraries]
        self.argv = [str(arg) for arg in argv]
        env = dict(os.environ, LD_LIBRARY_PATH=self.expected, LD_DEBUG="files",
                   LD_DEBUG_OUTPUT=os.path.join(self.folder.name, "ld"),
                   **environ)
        with open(self.log, "w", encoding="utf-8") as out, children_yield():
            self.process = subprocess.Popen(self.argv, env=env, stdout=out,
                                            stdin=subprocess.DEVNULL,
                                            stderr=subprocess.STDOUT,
                                            start_new_session=True)

    def wait_until(self, condition, what, limit=LIMIT):
        end = time.monotonic() + limit
        while not condition():
            if self.process.poll() is not None:
                raise self.error(f"ended with {self.process.returncode} "
                                 f"before: {what}")
            if time.monotonic() > end:
                raise self.error(f"in {limit} s did not get to: {what}")
            time.sleep(0.02)

    def wait_for_listening(self, tcp_port):
        self.wait_until(lambda: is_listening(tcp_port),
                        f"listen on port {tcp_port}")

    def end(self, limit=LIMIT):
        """Wait for its end, or stop it after that time."""
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        result = Result(read(self.log), self.initialised(), code)
        self.check_libraries(result.libraries)
        return result

    def finish(self, codes=(0,)):
        """Wait for its end, which has to be with one of these codes."""
        result = self.end()
        if result.code not in codes:
            raise self.error(f"ended with {result.code}" if result.code
                             is not None else f"still runs after {LIMIT} s")
        return result

    def initialised(self):
        """Paths of the RDMA libraries whose initialisers ran."""
        found = set()
        for path in glob.glob(os.path.join(self.folder.name, "ld.*")):
            found |= set(re.findall(r"calling init: (\S+)", read(path)))
        return sorted(lib for lib in found if RDMA_LIBRARY.search(lib))

    def check_libraries(self, libraries):
        real = os.path.realpath(self.expected.partition(":")[0])
        wrong = [lib for lib in libraries
                 if not os.path.realpath(lib).startswith(real + "/")]
        if wrong or not any("/libibverbs.so" in lib for lib in libraries):
            raise self.error(f"ran on {libraries}, not on those in {real}")

    def kill(self):
        """Ends it, and what it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.kill()
        self.folder.cleanup()

    def error(self, what):
        return PeerError(f"{' '.join(self.argv)}: {what}\n{read(self.log)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def is_listening(tcp_port):
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in read(table).splitlines()[1:]:
            fields = line.split()
            if fields[3] == TCP_LISTEN and \
               int(fields[1].rsplit(":", 1)[1], 16) == tcp_port:
                return True
    return False


def free_port(first=20000):
    """A TCP port nobody listens on; nothing else runs in the VM."""
    free_port.last = max(first, free_port.last + 1)
    while is_listening(free_port.last):
        free_port.last += 1
    return free_port.last


free_port.last = 0


def run(libraries, *argv):
    with Program(libraries, *argv) as program:
        return program.finish()


def run_pair(server_libraries, client_libraries, program, *argv):
    """Run a server and a client of @program; both must succeed."""
    tcp_port = free_port()
    argv = (program, "-p", tcp_port) + argv
    with Program(server_libraries, *argv) as server:
        server.wait_for_listening(tcp_port)
        with Program(client_libraries, *argv, "127.0.0.1") as client:
            try:
                return client.finish(), server.finish()
            except PeerError as err:
                raise PeerError(f"{err}\nthe server said:\n"
                                f"{read(server.log)}") from None
