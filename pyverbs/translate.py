#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Translate one .pyx file with Cython, and say what it was made from.

translate.py CYTHON SOURCE OUTPUT [OPTION...]: writes OUTPUT, and OUTPUT.d for the
build: the .pxd and .pxi files that SOURCE takes in, directly or by others. Cython's
own --depfile lacks those that are named as in `from pyverbs cimport libibverbs`.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# A name in parentheses may stand in the lines after.
FROM = re.compile(r'^from (pyverbs[\w.]*) cimport \(?([^()]*?)(?:\)|$)',
                  re.MULTILINE)
INCLUDE = re.compile(r"^include '([^']+)'", re.MULTILINE)


def path_of(module):
    """Where the declarations of pyverbs.X.Y are; maybe nowhere."""
    return os.path.join(HERE, *module.split('.')[1:]) + '.pxd'


def named_in(path):
    """The files that this one names, whether or not they are there."""
    with open(path, encoding='utf-8') as f:
        text = f.read()
    for module, names in FROM.findall(text):
        yield path_of(module)
        for name in names.split(','):
            yield path_of(f'{module}.{name.split(" as ")[0].strip()}')
    for name in INCLUDE.findall(text):
        yield os.path.join(os.path.dirname(path), name)
    yield os.path.splitext(path)[0] + '.pxd'


def needs(source):
    found, left = set(), [source]
    while left:
        path = left.pop()
        if path not in found and os.path.isfile(path):
            found.add(path)
            left += named_in(path)
    return sorted(found)


def main():
    cython, source, output, *options = sys.argv[1:]
    subprocess.run([cython, *options, source, '-o', output], check=True)
    with open(f'{output}.d', 'w', encoding='utf-8') as f:
        print(f'{output}:', *needs(os.path.abspath(source)), file=f)


if __name__ == '__main__':
    main()
