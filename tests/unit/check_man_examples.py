#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Compile the EXAMPLE of every manual page of section 3.

The examples are the lines that matter, so they are compiled inside a function
that has what the pages take for granted: the objects by their usual names.
"""

import argparse
import glob
import os
import re
import subprocess
import sys

FLAGS = ["-std=gnu11", "-fsyntax-only", "-Wall", "-Werror",
         "-Wno-unused-variable", "-Wno-unused-but-set-variable", "-xc", "-"]
ESCAPES = {r"\e": "\\", r"\-": "-", r"\&": "", r"\(aq": "'", r"\(dq": '"'}

BEFORE = """\
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/dma-heap.h>
#include <infiniband/verbs.h>
#include <infiniband/mlx5dv.h>

extern struct ibv_device **list;
extern struct ibv_context *context;
extern struct ibv_comp_channel *channel;
extern struct ibv_pd *pd;
extern struct ibv_mr *mr;
extern struct ibv_cq *cq;
extern struct ibv_qp *qp;
extern struct ibv_srq *srq;
extern struct ibv_wq *wq;
extern struct ibv_xrcd *xrcd;
extern struct ibv_ah *ah;
extern struct mlx5dv_mkey *mkey;
extern struct ibv_wc wc;
extern void *buf;
extern size_t len;
extern uint64_t iova;
extern union ibv_gid peer_gid;
extern uint32_t peer_qpn;
extern uint32_t peer_rkey;
extern uint64_t peer_iova;
void reconnect(void);
int example(void);

int example(void)
{
"""
AFTER = "\treturn 0;\n}\n"


def unescape(text):
    return re.sub(r"\\(?:\(..|.)", lambda m: ESCAPES.get(m[0], m[0]), text)


def example(page):
    """The code of the EXAMPLE section: None without one, empty where it only
    names the page that has it."""
    section = re.search(r"^\.SH EXAMPLE\n(.*?)(?=^\.SH|\Z)", page, re.M | re.S)
    if not section:
        return None
    if re.fullmatch(r"See\n\.BR \w+ \(3\)\.\n", section[1]):
        return ""
    blocks = re.findall(r"^\.nf\n(.*?)^\.fi$", section[1], re.M | re.S)
    lines = [line for line in "".join(blocks).splitlines()
             if not line.startswith(".")]
    return unescape("\n".join(lines)) + "\n" if lines else None


def complaint(command, path):
    """What is wrong with the page's example, or None."""
    with open(path, encoding="utf-8") as f:
        page = f.read()
    name = os.path.basename(path)
    if page.startswith(".so "):		# a name that shares another's page
        return None
    code = example(page)
    if code is None:
        return f"{name}: no example"
    done = subprocess.run(command, input=BEFORE + code + AFTER, text=True,
                          capture_output=True, check=False)
    return f"{name}:\n{done.stderr}" if done.returncode else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", required=True)
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("folders", nargs="+")
    args = parser.parse_args()
    command = [args.cc, *(f"-I{path}" for path in args.include), *FLAGS]
    pages = sorted(page for folder in args.folders for page in glob.glob(f"{folder}/*.3"))
    bad = list(filter(None, (complaint(command, path) for path in pages)))
    if not pages:
        bad.append("no pages in " + " ".join(args.folders))
    print(f"{len(pages)} pages, {len(bad)} with complaints")
    sys.exit("\n".join(bad) if bad else 0)


if __name__ == "__main__":
    main()
