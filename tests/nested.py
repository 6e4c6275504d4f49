# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Cases that run in a pytest of their own: on other libraries, or on a device
that is set up otherwise."""

import os
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

TESTS = os.path.dirname(os.path.abspath(__file__))
STOCK = f'{TESTS}/stock'


def without_ours(**variables):
    """An environment in which Debian's own libraries and pyverbs are found."""
    return {**{name: value for name, value in os.environ.items()
               if name not in ('LD_LIBRARY_PATH', 'PYTHONPATH')}, **variables}


def failed(case):
    return case.find('failure') is not None or case.find('error') is not None


class Run:
    """One run of several files, as starting takes longer than most of them."""

    def __init__(self, *args, env=None):
        with tempfile.TemporaryDirectory() as folder:
            results = f'{folder}/results.xml'
            self.output = subprocess.run(
                [sys.executable, '-B', '-m', 'pytest', '-p',
                 'no:cacheprovider', '--color=no', '--tb=short', '-q',
                 f'--junitxml={results}', *args], env=env, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
                check=False).stdout
            self.cases = list(ElementTree.parse(results).iter('testcase')) \
                if os.path.exists(results) else []

    def check(self, name):
        """test_@name.py had cases, and all of them passed."""
        cases = [case for case in self.cases
                 if case.get('classname').split('.')[-1] == f'test_{name}']
        assert cases and not any(map(failed, cases)), self.output


def run_stock(*names, **variables):
    """Files of tests/stock, on Debian's pyverbs."""
    return Run('--noconftest', '--rootdir', STOCK,
               *(f'{STOCK}/test_{name}.py' for name in names),
               env=without_ours(**variables))
