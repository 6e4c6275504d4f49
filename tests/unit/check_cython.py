#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Check rules of pyverbs' sources that Cython does not know.

check_cython.py FOLDER: what may enter the kernel is called without the GIL, and a
class that lets go of something of C's in __dealloc__ has no_gc_clear, so that what
it was made from is still there.
"""

import glob
import os
import re
import sys

# Functions of C are called by the name of the module that declares them.
CALL = re.compile(r'\b(?:v|m|x|cm|dv)\.((?:ibv|rdma|dmabuf|mlx5dv|dv)_\w+)\(')

# These read, write or free memory, and wait for no more than a lock. The last two
# are types.
SHORT = re.compile(r'''
    ibv_(wr|wc_read)_\w+ | ibv_get_device_(name|guid|index) | ibv_free_device_list
    | ibv_ack_cq_events | ibv_cq_ex_to_cq | ibv_qp_to_qp_ex | ibv_end_poll
    | ibv_get_srq_num | dmabuf_known_spec
    | mlx5dv_wr_\w+ | mlx5dv_ts_to_ns | mlx5dv_qp_ex_from_ibv_qp_ex
    | rdma_free_devices | rdma_freeaddrinfo | rdma_event_str
    | ibv_\w+_type | rdma_cm_event_type''', re.VERBOSE)


def indent_of(line):
    return len(line) - len(line.lstrip())


def calls_with_gil(lines):
    """Yield (number, function) of calls outside `with nogil:`."""
    within = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if within is not None and indent_of(line) <= within:
            within = None
        if line.strip() == 'with nogil:':
            within = indent_of(line)
        if within is None:
            yield from ((number, name) for name in CALL.findall(line)
                        if not SHORT.fullmatch(name))


def cleared_classes(lines):
    """Yield (number, class) where no_gc_clear is missing."""
    owner, marked = None, False
    for number, line in enumerate(lines, 1):
        found = re.match(r'cdef class (\w+)\((\w+)\)', line)
        if found:
            owner = number, found.group(1), found.group(2), marked
        if line.strip() == 'def __dealloc__(self):' and owner and \
           owner[2] != 'PyverbsObject' and not owner[3]:
            yield owner[:2]
        marked = line.strip() == '@cython.no_gc_clear'


def main():
    bad = 0
    paths = [path for kind in ('pyx', 'pxi') for path in
             glob.glob(f'{sys.argv[1]}/**/*.{kind}', recursive=True)]
    if len(paths) < 20:
        sys.exit(f'{len(paths)} sources in {sys.argv[1]}')
    for path in sorted(paths):
        with open(path, encoding='utf-8') as f:
            lines = f.read().splitlines()
        for what, found in (('called with the GIL', calls_with_gil(lines)),
                            ('has no no_gc_clear', cleared_classes(lines))):
            for number, name in found:
                print(f'{os.path.relpath(path)}:{number}: {name} {what}')
                bad += 1
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
