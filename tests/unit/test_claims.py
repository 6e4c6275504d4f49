# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Machines that share tests run each file once."""

import os
import pathlib
import sys
import tempfile
import types
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOP)

# pylint: disable=wrong-import-position
from claims import Claims                           # noqa: E402


def passed_over(machine, name):
    item = types.SimpleNamespace(path=pathlib.Path("/src/tests", name))
    return machine.pytest_runtest_protocol(item)


class TwoMachines(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.first, self.second = Claims(self.folder), Claims(self.folder)

    def test_a_file_is_run_by_whoever_comes_first(self):
        self.assertIsNone(passed_over(self.second, "test_a.py"))
        self.assertTrue(passed_over(self.first, "test_a.py"))

    def test_all_cases_of_a_file_are_run_by_one(self):
        for _ in range(3):
            self.assertIsNone(passed_over(self.first, "test_a.py"))
            self.assertTrue(passed_over(self.second, "test_a.py"))

    def test_each_takes_what_the_other_left(self):
        self.assertIsNone(passed_over(self.first, "test_a.py"))
        self.assertIsNone(passed_over(self.second, "test_b.py"))
        self.assertTrue(passed_over(self.first, "test_b.py"))

    def test_a_folder_that_is_gone_is_an_error(self):
        os.rmdir(self.folder)
        with self.assertRaises(FileNotFoundError):
            passed_over(self.first, "test_a.py")
        os.mkdir(self.folder)


if __name__ == "__main__":
    unittest.main()
