# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Direct verbs of mlx5: what they answer on the software device, the same on
Debian's libraries; and on a device that is not mlx5, where the stock library
crashes or guesses."""

import re

import pytest

import probe
import rdma

NEWER, OLDER = rdma.SOFTHCA['dynamic'], rdma.SOFTHCA['pinned']
LIBRARIES = ('stock', 'newest', 'ours')

# Name: (what ours answers, why), where that is not the stock's.
BETTER = {
    (OLDER, 'umem_dmabuf_mistakes'): (' '.join(['EPROTONOSUPPORT'] * 5),
                                      'the kernel decides, also for fd -1'),
    (OLDER, 'uar_nc'): ('EPROTONOSUPPORT', "the kernel's"),
}


def ask(libraries, device):
    return probe.ask(libraries, 'mlx5dv', device)


@pytest.mark.parametrize('device', [NEWER, OLDER])
def test_answers_are_the_stock_ones(device):
    wrong = []
    for name, answer in ask('ours', device).items():
        others = {ask(libraries, device)[name]
                  for libraries in ('stock', 'newest')}
        if answer not in others and answer != BETTER.get((device, name), (None,))[0]:
            wrong.append(f'{name}: ours {answer!r}, stock {others}')
    assert not wrong, '\n'.join(wrong)


@pytest.mark.parametrize('libraries', LIBRARIES)
def test_memory_of_every_exporter_is_registered(libraries, hca):
    answer = ask(libraries, NEWER)['umem_dmabuf']
    assert answer == ' '.join(f'{e}: made id=1 0' for e in rdma.EXPORTERS)


def test_older_device_has_no_devx():
    answers = ask('ours', OLDER)
    assert answers['open'] == 'EINVAL'
    assert answers['umem'] == 'EPROTONOSUPPORT'


@pytest.mark.parametrize('libraries', LIBRARIES)
def test_no_device_has_data_direct(libraries):
    answers = ask(libraries, NEWER)
    assert answers['direct_probe'] == 'EBADF'
    assert answers['direct'] == 'EINVAL'
    assert answers['direct_path'] == 'ENODEV'


def test_other_devices_are_refused():
    answers = ask('ours', 'rxe0')
    assert answers.pop('is_supported') == '0'
    for name, answer in answers.items():
        assert 'EOPNOTSUPP' in answer, (name, answer)
        assert not re.search('made|SIG|BROKEN', answer), (name, answer)
