# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The software device under the kernel's connection manager.

That sends datagrams of its own, through verbs that programs do not have; the
programs here are the stock ones, over the stock librdmacm. More of them are
rows of tests/peers.
"""

import subprocess

import pytest

import peer
from rdma import SOFTHCA, wait_until
from test_softhca import INDEX, NAME, address_of, driver, plug  # noqa: F401

RPING = '/usr/bin/rping'
LISTENING = 'state LISTEN'
CONNECTED = 'state CONNECT'


def netdev_of(name):
    return f'softhca{list(SOFTHCA.values()).index(name)}'


def address(name):
    return address_of(netdev_of(name)).partition('/')[0]


def link_local(name):
    """The IPv6 address that the kernel gave to the port."""
    netdev = netdev_of(name)
    out = subprocess.run(['ip', '-br', '-6', 'address', 'show', netdev],
                         check=True, text=True, stdout=subprocess.PIPE).stdout
    return f"{out.split()[2].partition('/')[0]}%{netdev}"


def connections():
    return subprocess.run(['rdma', 'resource', 'show', 'cm_id'], check=True,
                          text=True, stdout=subprocess.PIPE).stdout


def wait_for(state):
    wait_until(lambda: state in connections(), state)


def ping_for_long(at):
    return peer.Program('stock', RPING, '-c', '-a', at, '-C', 1000000, '-v')


def wait_for_data(client):
    """Until then both are connecting, though shown as connected."""
    client.wait_until(lambda: 'rdma-ping' in peer.read(client.log),
                      'have the first data')


@pytest.fixture(params=('ours', 'stock'))
def libraries(request):
    return request.param


def serve(libraries, at, *options):
    server = peer.Program(libraries, RPING, '-s', '-a', at, *options)
    wait_for(LISTENING)
    return server


def check_ping(libraries, at):
    with serve(libraries, at, '-C', 5) as server, \
            peer.Program(libraries, RPING, '-c', '-a', at, '-C', 5,
                         '-v') as client:
        assert 'rdma-ping-4' in client.finish().output
        server.finish()


def test_connection_of_a_device_with_itself(hca, libraries):
    check_ping(libraries, address(hca))


def test_connection_over_ipv6(hca, libraries):
    check_ping(libraries, link_local(hca))


def test_nobody_listening_is_a_refusal(hca):
    with peer.Program('stock', RPING, '-c', '-a', address(hca), '-C',
                      1) as client:
        result = client.end(20)
    assert result.code not in (0, None), result.output
    assert 'REJECTED' in result.output


def test_server_outlives_a_client_that_is_killed(hca):
    at = address(hca)
    with serve('stock', at, '-P'):
        with ping_for_long(at) as client:
            wait_for_data(client)
        wait_until(lambda: CONNECTED not in connections(), 'the disconnection')
        with peer.Program('stock', RPING, '-c', '-a', at, '-C', 5) as client:
            client.finish()


def test_unplugged_device_ends_its_connections(plug):  # noqa: F811
    at = address(NAME)
    with serve('stock', at) as server, ping_for_long(at) as client:
        wait_for_data(client)
        driver('unbind')
        for program in (client, server):
            program.end(20)
    assert CONNECTED not in connections()


def test_device_that_came_back_connects(plug):  # noqa: F811
    driver('unbind')
    driver('bind')
    subprocess.run(['ip', 'address', 'add', '198.18.99.1/24', 'dev',
                    f'softhca{INDEX}'], check=True)
    check_ping('stock', '198.18.99.1')
    driver('unbind')
