# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What our library writes into the queues of an mlx5 device is, byte for byte,
what Debian's writes; where it may differ, differential/differences.txt says why.
"""

import functools
import os
import re

import pytest

import peer

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = f'{peer.OUR_BIN}/differential'
DEVICE = 'mlx5_0'
# Beside them there may be warnings of the dynamic loader.
LINE = re.compile(r'^([\w.]+): (.*)$', re.MULTILINE)
# In a request: bytes that the library left as they were.
UNWRITTEN = 'ee'


@functools.lru_cache(None)
def run(libraries):
    """Each line's text by its name."""
    with peer.Program(libraries, PROGRAM, DEVICE) as program:
        output = program.finish().output
    lines = dict(LINE.findall(output))
    assert len(lines) > 20000, output[-1000:]
    return lines


@functools.lru_cache(None)
def known():
    """Patterns of names that may differ."""
    with open(f'{HERE}/differential/differences.txt', encoding='ascii') as f:
        lines = [line.split('#')[0].strip() for line in f]
    return [re.compile(line) for line in lines if line]


def is_same_word(ours, other):
    """What the other leaves unwritten ours may clear."""
    if len(ours) != len(other):
        return False
    pairs = ((ours[i:i + 2], other[i:i + 2]) for i in range(0, len(ours), 2))
    return all(a == b or (a, b) == ('00', UNWRITTEN) for a, b in pairs)


def is_same(ours, other):
    ours, other = ours.split(), other.split()
    return len(ours) == len(other) and \
        all(a == b or is_same_word(a, b) for a, b in zip(ours, other))


def differing(other):
    """Names whose text is not the same."""
    ours, theirs = run('ours'), run(other)
    return [name for name in {**theirs, **ours}
            if not is_same(ours.get(name, 'missing'),
                           theirs.get(name, 'missing'))]


@pytest.mark.parametrize('other', ('stock', 'newest'))
def test_same_bytes_in_the_queues(other):
    wrong = [name for name in differing(other)
             if not any(pattern.fullmatch(name) for pattern in known())]
    shown = '\n'.join(f'{name}\n  {other}:{run(other).get(name)}\n'
                      f'  ours:{run("ours").get(name)}' for name in wrong[:20])
    assert not wrong, f'{len(wrong)} differ, of them:\n{shown}'


def test_every_known_difference_is_one():
    names = set(differing('stock')) | set(differing('newest'))
    unused = [pattern.pattern for pattern in known()
              if not any(map(pattern.fullmatch, names))]
    assert not unused


# ---- Completions ---------------------------------------------------------------

ENVIRONMENTS = ({}, {'MLX5_CQE_SIZE': '128'}, {'MLX5_SCATTER_TO_CQE': '0'},
                {'MLX5_SCATTER_TO_CQE': '1'})
IDS = [' '.join(map('='.join, env.items())) or 'usual' for env in ENVIRONMENTS]
# Small messages in completions are asked for where somebody says so, for the
# library has to reach their memory. The stock ones ask for them always.
UNASKED = {'flags.rc', 'flags.rc_all', 'flags.uc', 'flags.ud', 'flags.xrc',
           'flags.dci', 'flags.raw'}
# Of types of which no small message is in a completion.
NEVER = {'flags.ud', 'flags.xrc', 'flags.raw'}


def completions(libraries, env):
    with peer.Program(libraries, f'{PROGRAM}_completions', DEVICE,
                      **env) as program:
        lines = dict(LINE.findall(program.finish().output))
    assert len(lines) > 100
    return lines


def differences(other, env):
    ours, theirs = completions('ours', env), completions(other, env)
    return {name for name in {**theirs, **ours}
            if ours.get(name) != theirs.get(name)}


def expected_differences(env):
    asked = env.get('MLX5_SCATTER_TO_CQE')
    if asked == '0':
        return set()
    return NEVER if asked else UNASKED


@pytest.mark.parametrize('env', ENVIRONMENTS, ids=IDS)
def test_same_use_of_completions(env):
    assert differences('newest', env) == expected_differences(env)


@pytest.mark.parametrize('env', ENVIRONMENTS, ids=IDS)
def test_older_library_takes_what_comes_back_from_the_wrong_place(env):
    wrong = {name for name in differences('stock', env)
             if re.match(r'(read|swap|add)\.8\.', name)}
    assert bool(wrong) == ('MLX5_CQE_SIZE' in env)
    assert differences('stock', env) - wrong == expected_differences(env)
