# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""How several machines share the files of tests between them.

All collect the same tests. Whichever comes to a file first makes a folder of its
name in one that all of them see, and runs the file; the others pass over it.
"""

import os

import pytest


class Claims:
    """A pytest plugin. @folder is empty when the first machine starts."""

    def __init__(self, folder):
        self.folder = folder
        self.mine = {}

    def claim(self, name):
        try:
            os.mkdir(os.path.join(self.folder, name))
        except FileExistsError:
            return False
        return True

    def is_mine(self, name):
        if name not in self.mine:
            self.mine[name] = self.claim(name)
        return self.mine[name]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """None lets pytest run the test; True says that it is dealt with."""
        return None if self.is_mine(item.path.name) else True
