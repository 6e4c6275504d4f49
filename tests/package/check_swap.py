#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Install our packages in place of Debian's, and Debian's again.

    check_swap.py install OURS
    check_swap.py restore OURS STOCK

In a root file system that has the stock packages and others that depend on them.
OURS and STOCK are folders with packages. Each way, dpkg has to do it unforced,
and nobody's dependencies may be broken afterwards.
"""

import argparse
import glob
import os
import subprocess
import sys

from check_install import run

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
# Programs of others that are bound to libibverbs when they are loaded
BOUND = ("/usr/bin/ib_write_bw", "/usr/bin/rping", "/usr/bin/fi_info",
         "/usr/bin/ucx_info", "/usr/bin/qperf")


def packages(folder):
    """Map the packages in @folder to their files; no debugging symbols."""
    found = {}
    for path in sorted(glob.glob(f"{folder}/*.deb")):
        name = run("dpkg-deb", "--field", path, "Package").strip()
        if not name.endswith("-dbgsym"):
            found[name] = path
    if not found:
        sys.exit(f"no packages in {folder}")
    return found


def show(*argv):
    """Like run(), but what it says is seen while it runs, and is long."""
    print("+", *argv, flush=True)
    if subprocess.run(argv, stdin=subprocess.DEVNULL).returncode:
        sys.exit(f"{' '.join(argv[:2])} failed")


def field(path, name):
    return run("dpkg-deb", "--field", path, name).strip()


def installed_version(name):
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    status, _, version = shown.stdout.partition(" ")
    return version if status == "installed" else ""


def check_consistent():
    """Neither dpkg nor apt has anything to object to."""
    complaints = run("dpkg", "--audit")
    if complaints:
        sys.exit(f"dpkg --audit:\n{complaints}")
    run("apt-get", "check")


def check_installed(debs):
    for name, path in debs.items():
        if installed_version(name) != field(path, "Version"):
            sys.exit(f"{name} is at {installed_version(name)!r}")
    check_consistent()


def check_bound(owner):
    """Programs load, and libibverbs is the one of that package."""
    library = os.path.realpath(f"{LIBRARIES}/libibverbs.so.1")
    if owner not in run("dpkg", "--search", library):
        sys.exit(f"{library} is not of {owner}")
    for program in BOUND:
        resolved = run("ldd", "-r", program)
        if "not found" in resolved or "undefined symbol" in resolved:
            sys.exit(f"{program}:\n{resolved}")


def kernels():
    return sorted(os.path.basename(os.path.dirname(path))
                  for path in glob.glob("/lib/modules/*/build"))


def check_module_built():
    for kernel in kernels():
        status = run("dkms", "status", "softhca", "-k", kernel)
        if ": installed" not in status:
            sys.exit(f"the module for {kernel}: {status or 'not built'}")
        run("modinfo", "-k", kernel, "softhca")
    if len(kernels()) < 2:
        sys.exit("kernels are missing")


def install(args):
    debs = packages(args.ours)
    check_consistent()
    show("dpkg", "--install", *debs.values())
    check_installed(debs)
    check_bound("libibverbs1")
    check_module_built()


def files_of(names):
    shown = run("dpkg-query", "--listfiles", *names).splitlines()
    return {path for path in shown if os.path.isfile(path)}


def check_gone(files, names):
    left = sorted(path for path in files if os.path.lexists(path))
    left += glob.glob("/usr/src/softhca-*") + glob.glob("/var/lib/dkms/softhca*")
    left += glob.glob("/lib/modules/*/updates/dkms/softhca*")
    if left:
        sys.exit(f"left behind: {left}")
    still = [name for name in names if installed_version(name)]
    if still:
        sys.exit(f"still installed: {still}")


def restore(args):
    """First as a user would go back; then through a machine without any."""
    ours, stock = packages(args.ours), packages(args.stock)
    show("dpkg", "--install", *stock.values())
    check_installed(stock)
    check_bound("libibverbs1")
    show("dpkg", "--install", *ours.values())
    files = files_of(ours)
    show("dpkg", "--purge", "--force-depends", *ours)
    check_gone(files, ours)
    show("dpkg", "--install", *stock.values())
    check_installed(stock)
    check_bound("libibverbs1")
    run("python3", "-c", "import pyverbs.device")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=("install", "restore"))
    parser.add_argument("ours")
    parser.add_argument("stock", nargs="?")
    args = parser.parse_args()
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    {"install": install, "restore": restore}[args.what](args)


if __name__ == "__main__":
    main()
