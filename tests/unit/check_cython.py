#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Check rules of pyverbs' sources that Cython does not know.

check_cython.py FOLDER: what may enter the kernel is called without the GIL; errno is
taken in the statement after the call; __dealloc__ only lets go of what is C's, and
what that was made from is still there: its class has no_gc_clear, and no class made
from it holds such things itself; and whatever a program sees is described.
"""

import glob
import itertools
import os
import re
import sys

# Functions of C are called by the name of the module that declares them.
CALL = re.compile(r'\b(?:v|m|x|cm|dv|efa|ev)\.((?:ibv|rdma|dmabuf|efadv|mlx5dv|dv)_\w+)\(')

# These read, write or free memory, and wait for no more than a lock. The last two
# are types.
SHORT = re.compile(r'''
    ibv_(wr|wc_read)_\w+ | ibv_get_device_(name|guid|index) | ibv_free_device_list
    | ibv_ack_cq_events | ibv_cq_ex_to_cq | ibv_qp_to_qp_ex | ibv_end_poll
    | ibv_get_srq_num | dmabuf_known_spec
    | mlx5dv_wr_\w+ | mlx5dv_ts_to_ns | mlx5dv_qp_ex_from_ibv_qp_ex
    | efadv_(wr|wc|qp_from|cq_from)_\w+
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


def statements(lines):
    """Yield (number, indent, text) of each, put in one line; a docstring is one."""
    start, text = None, ''
    for number, line in enumerate(lines, 1):
        if not text and (not line.strip() or line.strip().startswith('#')):
            continue
        start = start if text else number
        text = f'{text} {line.strip()}'.strip()
        depth = sum(map(text.count, '([{')) - sum(map(text.count, ')]}'))
        if text.startswith('"""'):
            depth = text.count('"""') % 2
        if depth <= 0 and not text.endswith('\\'):
            yield start, indent_of(lines[start - 1]), text.replace('\\ ', '')
            text = ''


# errno is a C variable that anything in between may change.
ERRNO = re.compile(r'(?<![.\w])errno(?![.\w])')
CALLED = re.compile(r'\w\(.*\)$|ret = err = 0$')
# Given errno as it was after the call.
CHECKED = re.compile(r'\bcheck_(?:ptr|minus_one)\((.*)')


def late_errno(lines):
    """Yield (number, what) where errno is not taken right after the call, or a check
    is given something else."""
    before = ''
    for number, _, text in statements(lines):
        if text == 'err = errno' and not CALLED.search(before):
            yield number, before
        elif ERRNO.search(text) and not re.search('^"""|import', text) and \
                text not in ('err = errno', 'cdef int err = errno'):
            yield number, text
        found = CHECKED.search(text)
        if found and not text.startswith('cdef') and \
                not re.match(r'[^,]+, err, ', found.group(1)):
            yield number, text
        before = text


def own_members(text):
    """The C members that the classes of all sources have, which are no objects."""
    return set(re.findall(
        r'^    cdef (?:(?!object|bytes|bytearray|list|dict)[a-z]\w*\.?\w* |'
        r'unsigned int |int |bint |size_t |void )\**(\w+)$', text, re.MULTILINE))


# Nothing there may raise, or call Python.
RELEASE = re.compile(r"""
    cdef\ int\ ret\ =\ 0 | return | with\ nogil: | else:
    | if\ (not\ )?[\w.]+(\ (==|!=|>=)\ (NULL|0))?(\ (or|and)\ (not\ )?[\w.]+
                                                  (\ !=\ NULL)?)*:
    | (ret\ =\ )?((v|m|x|cm|dv|efa|ev)\.\w+|free|close_fd)\(.*\)""", re.VERBOSE)


def work_in_dealloc(lines, members):
    """Yield (number, statement) of what has no place in __dealloc__."""
    within = None
    for number, indent, text in statements(lines):
        if within is not None and indent <= within:
            within = None
        if within is not None:
            used = set(re.findall(r'self\.(\w+)', text))
            if not RELEASE.fullmatch(text) or used - members:
                yield number, text
        if text == 'def __dealloc__(self):':
            within = indent


# Cython lets go of a class's own members first; only then the base's __dealloc__
# destroys what was made from them.
OWNER = re.compile(r'cdef class (\w+)\((\w+)\):')
HELD = re.compile(r'cdef (?:object|[A-Z]\w*(?<!Attr)) \w+$')


def releasing(texts):
    """The classes with a __dealloc__, of their own or of a base."""
    bases, found = {}, set()
    for lines in texts:
        owner = None
        for _, _, text in statements(lines):
            named = OWNER.match(text)
            if named:
                owner, base = named.groups()
                bases[owner] = base
            elif text == 'def __dealloc__(self):':
                found.add(owner)
    while more := {cls for cls in bases if bases[cls] in found} - found:
        found |= more
    return found


def held_too_low(lines, owners):
    """Yield (number, member) that goes before what was made from it."""
    within = None
    for number, indent, text in statements(lines):
        named = OWNER.match(text)
        if indent == 0:
            within = named and named.group(2) in owners
        if within and indent == 4 and HELD.match(text):
            yield number, text


def undescribed(lines):
    """Yield (number, name) of a class, a function or a method without a docstring."""
    found, before = None, ''
    for number, _, text in statements(lines):
        if found and not text.startswith('"""'):
            yield found
        found = None
        named = re.match(r'(?:cdef class|class|def) ([A-Za-z]\w*)\(', text)
        if named and text.endswith(':') and not before.startswith('@property') and \
                not before.endswith('.setter'):
            found = number, named.group(1)
        before = text


def read_lines(path):
    with open(path, encoding='utf-8') as f:
        return f.read().splitlines()


def complaints(path, members, owners):
    """Yield (number, text) of all that is wrong with a source.

    members: of all classes, in C; owners: the classes that have a __dealloc__.
    """
    lines = read_lines(path)
    kind = path.rpartition('.')[2]
    if kind in ('pyx', 'pxi'):
        for text, found in (
                ('called with the GIL', calls_with_gil(lines)),
                ('has no no_gc_clear', cleared_classes(lines)),
                ('is not errno as the call left it', late_errno(lines)),
                ('in __dealloc__', work_in_dealloc(lines, members))):
            yield from ((number, f'{name} {text}') for number, name in found)
    if kind != 'py':
        yield from ((number, f'{text}: belongs to the base, which has a __dealloc__')
                    for number, text in held_too_low(lines, owners))
    if kind in ('pyx', 'pxi') or '/package/' in path:
        yield from ((number, f'{name} has no docstring')
                    for number, name in undescribed(lines))


def main():
    bad = 0
    paths = [path for kind in ('pyx', 'pxi', 'pxd', 'py') for path in
             glob.glob(f'{sys.argv[1]}/**/*.{kind}', recursive=True)]
    if len(paths) < 20:
        sys.exit(f'{len(paths)} sources in {sys.argv[1]}')
    texts = [read_lines(path) for path in paths]
    members = own_members('\n'.join(itertools.chain(*texts)))
    owners = releasing(texts)
    for path in sorted(paths):
        for number, text in complaints(path, members, owners):
            print(f'{os.path.relpath(path)}:{number}: {text}')
            bad += 1
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
