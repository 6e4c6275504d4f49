# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The parts of buildlib/ that parse and compare."""

import contextlib
import io
import os
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "buildlib"))

# pylint: disable=wrong-import-position
import apt_sources      # noqa: E402
import initramfs        # noqa: E402
import klog             # noqa: E402
import select_tests     # noqa: E402
import summary          # noqa: E402


def translate(text, parse):
    return apt_sources.translate(parse(text), "bookworm", "trixie")


class AptSources(unittest.TestCase):
    def test_one_line(self):
        text = "deb [arch=amd64 signed-by=/k] http://m/debian bookworm main\n"
        self.assertEqual(translate(text, apt_sources.parse_one_line),
                         ["deb http://m/debian trixie main"])

    def test_deb822_with_several_suites(self):
        text = ("# comment\nTypes: deb deb-src\nURIs: http://m/debian\n"
                "Suites: bookworm bookworm-updates\n bookworm-backports\n"
                "Components: main contrib\n")
        self.assertEqual(translate(text, apt_sources.parse_deb822),
                         ["deb http://m/debian trixie main",
                          "deb http://m/debian trixie-updates main"])

    def test_disabled_stanza_is_no_source(self):
        text = ("Types: deb\nURIs: http://m/debian\nSuites: bookworm\n"
                "Components: main\nEnabled: no\n")
        with self.assertRaises(ValueError):
            translate(text, apt_sources.parse_deb822)

    def test_commented_line_is_no_source(self):
        with self.assertRaises(ValueError):
            translate("#deb http://m/debian bookworm main\n",
                      apt_sources.parse_one_line)

    def test_other_peoples_repository_is_left_out(self):
        text = ("deb http://m/debian bookworm main\n"
                "deb http://other/x nodistro main\n"
                "deb http://third/y bookworm nonfree\n")
        self.assertEqual(translate(text, apt_sources.parse_one_line),
                         ["deb http://m/debian trixie main"])

    def test_security_keeps_its_suffix(self):
        self.assertEqual(
            apt_sources.translate_suite("bookworm-security", "bookworm", "trixie"),
            "trixie-security")

    def test_list_of_mirrors_gives_its_first(self):
        with tempfile.NamedTemporaryFile("w") as f:
            f.write("# mirrors\nhttp://first/debian\tpriority:1\nhttp://second\n")
            f.flush()
            self.assertEqual(apt_sources.resolve_mirror_list("mirror+file:" + f.name),
                             "http://first/debian")


class KernelLog(unittest.TestCase):
    def find(self, *lines):
        return list(klog.findings(list(lines)))

    def test_clean_log(self):
        self.assertEqual(self.find("[ 1.0] rdma_rxe: loaded", "[ 2.0] Power down"), [])

    def test_each_kind_of_trouble(self):
        for line in ("WARNING: CPU: 0 PID: 1 at x", "BUG: unable to handle page",
                     "refcount_t: underflow; use-after-free.",
                     "watchdog: BUG: soft lockup - CPU#0 stuck for 22s!",
                     "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                     "INFO: task x:1 blocked for more than 120 seconds.",
                     "BUG: KASAN: slab-use-after-free in hca_copy",
                     "WARNING: possible circular locking dependency detected",
                     "kmemleak: 2 new suspected memory leaks",
                     "Kernel panic - not syncing: x", "Oops: 0000 [#1]"):
            self.assertEqual(self.find("fine", "[ 1.0] " + line, "fine"),
                             [["[ 1.0] " + line]])

    def test_trace_is_shown_whole(self):
        log = ["WARNING: CPU: 0", "Call Trace:", " a+0x1", "---[ end trace ]---", "x"]
        self.assertEqual(self.find(*log), [log[:4]])


class SelectTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source = folder.name
        os.mkdir(os.path.join(self.source, "tests"))
        self.write("test_mr.py", "def test_bad_fd(): pass\n"
                   "class TestIova:\n    def test_big(self): pass\n")
        self.write("test_peer.py", "def test_devices(): pass\n")

    def write(self, name, text):
        with open(os.path.join(self.source, "tests", name), "w",
                  encoding="utf-8") as f:
            f.write(text)

    def select(self, name):
        return select_tests.select(name, self.source, ["test_wqe", "test_ring"])

    def test_tiers(self):
        self.assertEqual(self.select("unit"), [("unit", "test_wqe"), ("unit", "test_ring")])
        self.assertEqual(self.select("vm"), [("pytest", "tests/test_mr.py")])
        self.assertEqual(self.select("peer"), [("pytest", "tests/test_peer.py")])

    def test_file_in_all_spellings(self):
        for name in ("mr", "test_mr", "test_mr.py", "tests/test_mr.py"):
            self.assertEqual(self.select(name), [("pytest", "tests/test_mr.py")])

    def test_node_in_file(self):
        self.assertEqual(self.select("test_mr::test_bad_fd"),
                         [("pytest", "tests/test_mr.py::test_bad_fd")])

    def test_part_of_a_name(self):
        self.assertEqual(self.select("big"),
                         [("pytest", "tests/test_mr.py::TestIova::test_big")])
        self.assertEqual(self.select("rin"), [("unit", "test_ring")])

    def test_unknown_name_is_nothing(self):
        self.assertEqual(self.select("no_such"), [])
        self.assertEqual(self.select("no_such::test_x"), [])


class Summary(unittest.TestCase):
    def run_on(self, *machines, options=()):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, f"vm-{i}.xml")
                     for i in range(len(machines))]
            for path, xml in zip(paths, machines):
                if xml is not None:
                    with open(path, "w", encoding="utf-8") as f:
                        f.write(xml)
            sys.argv = ["summary", *options, *paths]
            out = io.StringIO()
            with contextlib.redirect_stdout(out), \
                 self.assertRaises(SystemExit) as caught:
                summary.main()
            return caught.exception.code

    PASSED = '<testcase classname="tests.test_mr" name="a" time="0.1"/>'

    def test_all_passed(self):
        self.assertEqual(self.run_on(f"<testsuite>{self.PASSED}</testsuite>"), 0)

    def test_failures_and_skips_fail(self):
        for tag in ("failure", "error", "skipped"):
            self.assertEqual(self.run_on(
                f'<testsuite>{self.PASSED}<testcase name="b"><{tag} '
                'message="why"/></testcase></testsuite>'), 1)

    def test_ctest_test_that_did_not_run_fails(self):
        self.assertEqual(self.run_on(
            '<testsuite><testcase name="b" status="notrun"/></testsuite>'), 1)

    def test_no_results_fail(self):
        self.assertEqual(self.run_on("<testsuite/>"), 1)
        self.assertEqual(self.run_on("<testsuite><testc"), 1)
        self.assertEqual(self.run_on(None), 1)

    def test_guest_that_failed_fails(self):
        self.assertEqual(self.run_on(f"<testsuite>{self.PASSED}</testsuite>",
                                     options=("--guest-status", "98")), 1)

    def test_a_machine_may_have_nothing_to_do(self):
        passed = f"<testsuite>{self.PASSED}</testsuite>"
        self.assertEqual(self.run_on(passed, "<testsuite/>"), 0)
        self.assertEqual(self.run_on("<testsuite/>", "<testsuite/>"), 1)

    def test_a_machine_that_was_lost_fails(self):
        self.assertEqual(
            self.run_on(f"<testsuite>{self.PASSED}</testsuite>", None), 1)


class Initramfs(unittest.TestCase):
    def test_modules_come_after_what_they_need(self):
        with tempfile.TemporaryDirectory() as folder:
            self.write(folder, "modules.dep",
                       "k/a.ko.xz: k/b-x.ko k/c.ko\nk/b-x.ko: k/c.ko\nk/c.ko:\n")
            self.write(folder, "modules.builtin", "k/d.ko\n")
            self.assertEqual(initramfs.load_order(["a", "b_x", "d"], folder),
                             ["k/c.ko", "k/b-x.ko", "k/a.ko.xz"])
            with self.assertRaises(ValueError):
                initramfs.load_order(["e"], folder)

    def test_archive_is_aligned(self):
        out = io.BytesIO()
        archive = initramfs.Archive(out)
        archive.add("init", 0o100755, b"12345")
        archive.close()
        data = out.getvalue()
        self.assertTrue(data.startswith(b"070701"))
        self.assertEqual(len(data) % 4, 0)
        self.assertIn(b"TRAILER!!!\0", data)

    @staticmethod
    def write(folder, name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    unittest.main()
