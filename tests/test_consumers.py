# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What the programs on top conclude, on our libraries and on Debian's."""

import json
import os
import subprocess

import pytest

import peer

BIN = os.path.join(os.path.dirname(peer.OUR_DIR), 'bin')
CONSUMERS = ('nccl', 'ucx', 'libfabric')
CODES = {'supported': 0, 'not supported': 1, 'error': 2}

on_both_libraries = pytest.mark.parametrize('libraries', list(peer.LIB_DIRS))
by_all = pytest.mark.parametrize('consumer', CONSUMERS)


def conclude(consumer, libraries, device):
    """What the program says; it proves which libraries it ran on."""
    with peer.Program(libraries, f'{BIN}/consumer_{consumer}', '--json',
                      device) as program:
        result = program.finish(CODES.values())
    answer = json.loads(result.output.splitlines()[-1])
    assert CODES[answer['conclusion']] == result.code, answer
    return answer


@on_both_libraries
@by_all
def test_softhca_is_supported(consumer, libraries, hca):
    answer = conclude(consumer, libraries, hca)
    assert answer['conclusion'] == 'supported', answer


@on_both_libraries
@by_all
def test_rxe_is_not_supported(consumer, libraries):
    answer = conclude(consumer, libraries, 'rxe0')
    assert answer['conclusion'] == 'not supported', answer


@by_all
def test_no_such_device_is_an_error(consumer):
    assert conclude(consumer, 'ours', 'none_such')['conclusion'] == 'error'


def test_device_link_leads_to_a_device(hca):
    assert os.path.isdir(os.path.realpath(
        f'/sys/class/infiniband/{hca}/device'))


def test_dlopen_consumer_is_not_linked_to_the_library():
    needed = subprocess.run(['readelf', '-d', f'{BIN}/consumer_nccl'],
                            text=True, check=True, stdout=subprocess.PIPE)
    assert 'libibverbs' not in needed.stdout
