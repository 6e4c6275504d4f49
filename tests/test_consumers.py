# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What the programs on top conclude, on our libraries and on Debian's."""

import json
import os
import subprocess

import pytest

import peer
import rdma

CONSUMERS = ('nccl', 'ucx', 'libfabric', 'libfabric_efa', 'perftest', 'nvshmem',
             'torchcomms', 'pyverbs')
# Looks for a path to the GPU past the root complex, which no device here has.
DATA_DIRECT = 'nccl_data_direct'
# Make queues by the device's own commands, which the pinned one does not take.
DEVX = ('ucx_gdaki', 'nvshmem_ibgda')
SELF_LOADING = ('nccl', DATA_DIRECT, 'nvshmem', 'nvshmem_ibgda', 'torchcomms')
CODES = {'supported': 0, 'not supported': 1, 'error': 2}

on_both_libraries = pytest.mark.parametrize('libraries', ['stock', 'ours'])
by_all = pytest.mark.parametrize('consumer', CONSUMERS)
with_data_direct = pytest.mark.parametrize('consumer',
                                           [*CONSUMERS, DATA_DIRECT])


def program_of(consumer):
    return f'{peer.OUR_BIN}/consumer_{consumer}'


def conclude(consumer, libraries, device):
    """What the program says; it proves which libraries it ran on."""
    with peer.Program(libraries, program_of(consumer), '--json',
                      device) as program:
        result = program.finish(CODES.values())
    answer = json.loads(result.output.splitlines()[-1])
    assert CODES[answer['conclusion']] == result.code, answer
    return answer


def test_every_exporter_is_tried():
    answer = conclude('ucx', 'ours', 'mlx5_0')
    assert answer['exporters'] == ' '.join(rdma.EXPORTERS)


@on_both_libraries
@by_all
def test_softhca_is_supported(consumer, libraries, hca):
    answer = conclude(consumer, libraries, hca)
    assert answer['conclusion'] == 'supported', answer


@on_both_libraries
@pytest.mark.parametrize('consumer', DEVX)
def test_softhca_has_devx(consumer, libraries, hca):
    answer = conclude(consumer, libraries, hca)
    wanted = 'not supported' if hca == rdma.SOFTHCA['pinned'] else 'supported'
    assert answer['conclusion'] == wanted, answer


@on_both_libraries
def test_softhca_has_no_data_direct(libraries, hca):
    answer = conclude(DATA_DIRECT, libraries, hca)
    assert answer['conclusion'] == 'not supported', answer


@on_both_libraries
def test_nvshmem_wants_to_know_where_a_device_hangs(libraries):
    """It ends where nothing says so, as of rxe, which hangs nowhere."""
    assert not os.path.exists('/sys/class/infiniband/rxe0/device')
    answer = conclude('nvshmem', libraries, 'rxe0')
    assert answer['detail'] == 'probe: No such file or directory', answer


@on_both_libraries
@pytest.mark.parametrize('consumer', [
    name for name in (*CONSUMERS, *DEVX, DATA_DIRECT) if name != 'nvshmem'])
def test_rxe_is_not_supported(consumer, libraries):
    answer = conclude(consumer, libraries, 'rxe0')
    assert answer['conclusion'] == 'not supported', answer


@with_data_direct
def test_no_such_device_is_an_error(consumer):
    assert conclude(consumer, 'ours', 'none_such')['conclusion'] == 'error'


def test_device_link_leads_to_a_device(hca):
    assert os.path.isdir(os.path.realpath(
        f'/sys/class/infiniband/{hca}/device'))


@pytest.mark.parametrize('consumer', SELF_LOADING)
def test_dlopen_consumer_is_not_linked_to_the_library(consumer):
    needed = subprocess.run(['readelf', '-d', program_of(consumer)],
                            text=True, check=True, stdout=subprocess.PIPE)
    assert 'libibverbs' not in needed.stdout
