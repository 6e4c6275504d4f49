# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What verbs answer on mlx5 that pyverbs lacks, as on Debian's libraries."""

import pytest

import probe

DEVICES = ('mlx5_0', 'mlx5_1')
LIBRARIES = ('stock', 'newest', 'ours')

# Name: (what ours answers, why), where that is not the stock's.
BETTER = {
    'moderation_of_nothing': ('EINVAL EOPNOTSUPP',
                              "the kernel's, of what it does not know"),
}


def ask(libraries, device):
    return probe.ask(libraries, 'objects', device)


@pytest.mark.parametrize('device', DEVICES)
def test_answers_are_the_stock_ones(device):
    wrong = []
    for name, answer in ask('ours', device).items():
        others = {ask(libraries, device)[name]
                  for libraries in ('stock', 'newest')}
        if answer not in others and answer != BETTER.get(name, (None,))[0]:
            wrong.append(f'{name}: ours {answer!r}, stock {others}')
    assert not wrong, '\n'.join(wrong)


@pytest.mark.parametrize('libraries', LIBRARIES)
@pytest.mark.parametrize('by, when', (
    ('by_count', '0 early'), ('by_time', '0 late'), ('ended', '0 0 early')))
def test_events_are_moderated(by, when, libraries):
    assert ask(libraries, DEVICES[0])[f'moderation_{by}'] == when


@pytest.mark.parametrize('libraries', LIBRARIES)
def test_raw_packets(libraries):
    answers = ask(libraries, DEVICES[0])
    assert answers['raw_packet'] == answers['raw_packet_ex'] == 'made'


@pytest.mark.parametrize('libraries', LIBRARIES)
def test_relaxed_ordering_is_accepted(libraries):
    assert ask(libraries, DEVICES[0])['relaxed'] == 'made made'


def test_options_of_a_connection_are_agreed_on():
    """The newer device grants two of those that are asked for, the older none."""
    newer, older = (ask('ours', device) for device in DEVICES)
    assert newer['ece_set'].endswith('options=30000001 mask=0')
    assert older['ece_set'].startswith('EOPNOTSUPP')
