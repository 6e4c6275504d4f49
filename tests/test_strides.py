# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Work queues whose receives take several packets: `mlx5dv_create_wq`, the same
on Debian's libraries. WQE.STRIDE+STRIDES=BYTES is what a completion says."""

import pytest

import probe
import rdma

NEWER, OLDER = rdma.SOFTHCA['dynamic'], rdma.SOFTHCA['pinned']


@pytest.fixture(name='answers', params=('stock', 'newest', 'ours'))
def fixture_answers(request):
    return probe.ask(request.param, 'strides', NEWER)


def test_packets_share_a_receive(answers):
    assert answers['pass'] == \
        '0.0+1=60 0.1+2=65 0.3+3=190 0.6+2=filler 1.0+3=150'


def test_packets_begin_two_bytes_later(answers):
    assert answers['shifted'] == \
        '0.0+1=60 0.1+2=65 0.3+3=190 0.6+2=filler 1.0+3=150'


def test_receives_are_used_up_to_the_last_stride(answers):
    assert answers['full'] == '32'


def test_packet_longer_than_a_receive_ends_the_queue(answers):
    assert answers['too_long'] == 'error 1 WQ_FATAL of the queue'


def test_receive_is_posted_by_the_verb():
    """The stock library's leaves no place for what a receive begins with."""
    assert probe.ask('ours', 'strides', NEWER)['posted'] == \
        '0.0+1=60 0.1+7=filler 1.0+8=500'


def test_limits(answers):
    assert answers['limits'] == '6-13 3-16 100'
    assert answers['mistakes'] == 'EINVAL EINVAL EINVAL EINVAL made'


@pytest.mark.parametrize('libraries', ('stock', 'newest', 'ours'))
def test_older_device_has_none(libraries):
    answers = probe.ask(libraries, 'strides', OLDER)
    assert answers['limits'] == '0-0 0-0 0'
    # The stock library decides by the limits, and ours has the kernel decide.
    error = 'EOPNOTSUPP' if libraries == 'ours' else 'EINVAL'
    assert answers['mistakes'] == ' '.join([error] * 5)
