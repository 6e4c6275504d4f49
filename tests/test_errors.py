# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What calls answer that cannot succeed: the same as Debian's libraries, or
better, and then it says here why. None of ours crashes or leaves anything.

Better without further words are: an error instead of a crash; errno set where
only the return value told; the failed request in bad_wr; nothing leaked.
"""

import re

import pytest

import probe

DEVICES = ('rxe0', 'mlx5_0')
PROGRAMS = ('errors', 'ah', 'tables')

LEAK = re.compile(r' (fds|pages|bytes)\+\d+')
NOT_SET = re.compile(r' errno=\S+')
# The case's own mark of a request that was not the failed one.
BAD_WR = re.compile(r'bad_wr\? ?')

# Name: (what ours answers, why), on devices where that is not the stock's.
BETTER = {
    'device.name_null': ('NULL errno=EINVAL', 'no place in a device that is not'),
    # There is nothing to do; the stock library asks the provider for it.
    'mr.rereg_nothing': ('-1 errno=EINVAL dereg=0', 'found before anything'),
    'mr.rereg_pd_null': ('-1 errno=EINVAL dereg=0', 'found before anything'),
    'mr.rereg_bad_access': ('-4 errno=EINVAL dereg=0',
                            'the stock provider of rxe cannot reregister'),
    'kernel.rereg': ('-4 errno=ENOTTY',
                     'the stock provider of rxe cannot reregister'),
    'kernel.gid_ex': ('ENOTTY errno=ENOTTY', 'no detour through sysfs'),
    'send.bad_opcode': ('EINVAL errno=EINVAL',
                        'the stock provider of rxe queues it'),
    'send.too_many_sges': ('EINVAL errno=EINVAL',
                           'the queue is not full, as ENOMEM would say'),
    'cq_ex.bad_comp_mask': ('NULL errno=EOPNOTSUPP', 'errno says why'),
    'qp_ex.bad_comp_mask': ('NULL errno=EOPNOTSUPP', 'errno says why'),
    'cq_ex.bad_flags': ('NULL errno=EOPNOTSUPP',
                        'a flag that nobody knows is not ignored'),
    'ah.port_0': ('NULL errno=EINVAL', 'errno says why'),
    'ah.port_9': ('NULL errno=EINVAL', 'errno says why'),
    'cq.resize_0': ('EINVAL errno=EINVAL', 'found before anything'),
    'srq.wr_0': ('NULL errno=EINVAL', 'a queue of no requests is none'),
    'wr_opcode_gap': ('[unknown] [unknown]', 'no crash'),
    # One convention: the negative of what errno says.
    'resolve_no_grh': ('ret=-22 errno=EINVAL', 'nobody is named'),
    'resolve_unreachable': ('ret=-101 errno=ENETUNREACH', "the kernel's"),
    'resolve_unreachable_ip6': ('ret=-101 errno=ENETUNREACH', "the kernel's"),
    'resolve_bad_port': ('ret=-22 errno=EINVAL', "the kernel's"),
    'resolve_bad_sgid': ('ret=-22 errno=EINVAL', "the kernel's"),
    'resolve_free_sgid': ('ret=-61 errno=ENODATA', "the kernel's"),
}
BETTER_ON = {
    ('rxe0', 'query.ece_null'): ('EINVAL errno=EINVAL',
                                 'found before the device is asked'),
    ('rxe0', 'qp_ex.ind_table_null'): ('NULL errno=EINVAL',
                                       'found before the device is asked'),
    ('rxe0', 'rwq_ind_table.null'): ('NULL errno=EINVAL',
                                     'found before the device is asked'),
    ('rxe0', 'xrcd.null'): ('NULL errno=EINVAL',
                            'found before the device is asked'),
    ('mlx5_0', 'cq.modify_bad_mask'): ('EOPNOTSUPP errno=EOPNOTSUPP',
                                       "the kernel's"),
    # Where there is none to be had, which depends on what was freed before.
    ('mlx5_0', 'limit.cq_space'): ('NULL errno=ENOMEM',
                                   'the stock library finds space it freed'),
    # A port of rxe has more entries than the case's index.
    ('rxe0', 'resolve_bad_sgid'): ('ret=-61 errno=ENODATA', "the kernel's"),
}


def without_noise(answer):
    return BAD_WR.sub('', LEAK.sub('', answer)).strip()


def is_same(ours, other):
    """Ours may say in errno what the other only returned."""
    other = without_noise(other)
    if ours == other:
        return True
    if not other.endswith('errno=0') and ' errno=0 ' not in other:
        return False
    return NOT_SET.sub('', ours) == NOT_SET.sub('', other)


def is_better(device, name, ours, others):
    wanted, _ = BETTER_ON.get((device, name), BETTER.get(name, (None, None)))
    if ours == wanted:
        return True
    if all('SIG' in other for other in others):
        # Calls that return nothing, or bits, say so by errno at most.
        return ours == '0' or re.search(r'errno=[A-Z]', ours) is not None
    return False


@pytest.mark.parametrize('program', PROGRAMS)
@pytest.mark.parametrize('device', DEVICES)
def test_answers_are_the_stock_ones_or_better(device, program):
    ours = probe.ask('ours', program, device)
    others = [probe.ask(name, program, device) for name in ('stock', 'newest')]
    wrong = []
    for name, answer in ours.items():
        theirs = [other[name] for other in others]
        if not any(is_same(answer, other) for other in theirs) and \
           not is_better(device, name, answer, theirs):
            wrong.append(f'{name}: ours {answer!r}, stock {theirs}')
    assert not wrong, '\n'.join(wrong)


@pytest.mark.parametrize('program', PROGRAMS)
@pytest.mark.parametrize('device', DEVICES)
def test_nothing_crashes_or_is_left(device, program):
    bad = [f'{name}: {answer}'
           for name, answer in probe.ask('ours', program, device).items()
           if re.search(r'SIG[A-Z]|BROKEN|bad_wr|(fds|pages|bytes)[+-]',
                        answer)]
    assert not bad, '\n'.join(bad)


@pytest.mark.parametrize('device', DEVICES)
def test_failed_destruction_leaves_the_object_usable(device):
    answers = probe.ask('ours', 'errors', device)
    assert answers['pd.free_busy'] == 'EBUSY errno=EBUSY usable'
    assert answers['cq.free_busy'] == 'EBUSY errno=EBUSY poll=0 usable'
    assert answers['channel.free_busy'] == 'EBUSY errno=EBUSY usable'


def test_every_exception_is_a_case():
    names = {name for program in PROGRAMS
             for name in probe.ask('ours', program, 'rxe0')}
    assert set(BETTER) | {name for _, name in BETTER_ON} <= names


@pytest.mark.parametrize('libraries,folder', [
    ('stock', '/usr/lib/'), ('newest', '/opt/rdma-newest/'),
    ('ours', '/src/build-vm/')])
def test_programs_ran_on_the_right_libraries(libraries, folder):
    assert probe.which_library(libraries, 'errors').startswith(folder)
