# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The project's version stands in CMakeLists.txt; what repeats it agrees."""

import os
import re
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def find(path, pattern):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        found = re.search(pattern, f.read(), re.MULTILINE)
    return found and found.group(1)


VERSION = find("CMakeLists.txt", r"^project\(.* VERSION ([\d.]+)")


class Version(unittest.TestCase):
    def test_it_has_three_parts(self):
        self.assertRegex(VERSION, r"^\d+\.\d+\.\d+$")

    def test_pyverbs(self):
        self.assertEqual(VERSION, find("pyverbs/package/__version__.py",
                                       r"^__version__ = '(.*)'"))

    def test_newest_entry_of_the_changelog(self):
        self.assertEqual(VERSION, find("CHANGELOG.md", r"^## ([\d.]+)"))


if __name__ == "__main__":
    unittest.main()
