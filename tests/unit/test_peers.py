# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""How two runs of a program are judged."""

import os
import sys
import unittest
from unittest import mock

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOP)

# pylint: disable=wrong-import-position
from peers import all_rows, compare, known          # noqa: E402
from peers.execute import Outcome, Side, find_figure    # noqa: E402
from peers.rows import Row                          # noqa: E402

ROW = Row("prog", "prog", r"([\d.]+) usec")


def outcome(code=0, output="5.00 usec", server=None):
    made = Outcome(Side(code, output), server)
    made.figure = find_figure(ROW, made)
    return made


EXPLAINED = (("rxe", "prog", "it cannot"),)


def judge(stock, ours, listed=(), works=(), failing=EXPLAINED):
    row = Row("prog", "prog", r"([\d.]+) usec", works=works)
    verdict = compare.Verdict(row, "rxe", stock, ours)
    verdict.lines = compare.difference(row, stock, ours)
    verdict.kind, verdict.text = compare.judge(verdict)
    with mock.patch.multiple(known, DIFFERENCES=listed, FAILURES=failing):
        compare.apply_known(verdict)
    return verdict


class Judge(unittest.TestCase):
    LISTED = (("rxe", "pro.", "not written yet"),)

    def test_other_figures_are_the_same(self):
        verdict = judge(outcome(), outcome(output="7.25 usec"))
        self.assertEqual(verdict.kind, compare.SAME)
        self.assertTrue(verdict.good)

    def test_other_words_differ(self):
        verdict = judge(outcome(), outcome(output="a\n7.25 usec"))
        self.assertEqual(verdict.kind, compare.DIFFERS)
        self.assertFalse(verdict.good)
        self.assertIn("+client: a", verdict.lines)

    def test_failure_of_ours_differs(self):
        verdict = judge(outcome(), outcome(1, "no queue"))
        self.assertEqual(verdict.kind, compare.DIFFERS)
        self.assertIn("no queue (exit code 1)", verdict.text)

    def test_success_without_a_result_is_a_failure(self):
        self.assertFalse(judge(outcome(), outcome(output="hm")).good)

    def test_program_that_had_to_be_stopped_failed(self):
        verdict = judge(outcome(), outcome(None))
        self.assertIn("had to be stopped", verdict.text)
        self.assertFalse(verdict.good)

    def test_same_failure_on_both(self):
        verdict = judge(outcome(1, "no queue"), outcome(1, "no queue"))
        self.assertEqual(verdict.kind, compare.FAILS)
        self.assertIn("it cannot (no queue", verdict.text)
        self.assertTrue(verdict.good)

    def test_failure_for_no_known_reason(self):
        verdict = judge(outcome(1, "no queue"), outcome(1, "no queue"),
                        failing=())
        self.assertEqual(verdict.kind, compare.UNEXPLAINED)
        self.assertFalse(verdict.good)

    def test_other_failure_differs(self):
        self.assertFalse(judge(outcome(1, "no queue"),
                               outcome(-11, "no queue")).good)

    def test_same_crash_on_both(self):
        crash = "[rdma-vm:{0} :0:{0}] Fatal: timeout\n" \
            "==== backtrace (tid: {0}) ====\n 0 {1}/libucs.so.0(+0x{0})\n" \
            "[rdma-vm:00{0}] Signal: Aborted (6)"
        folders = ("/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu")
        verdict = judge(outcome(-6, crash.format(311, folders[0])),
                        outcome(-6, crash.format(319, folders[1])))
        self.assertEqual(verdict.kind, compare.FAILS)

    def test_ours_may_do_better(self):
        verdict = judge(outcome(1, "no queue"), outcome())
        self.assertEqual(verdict.kind, compare.BETTER)

    def test_what_has_to_work_on_stock(self):
        verdict = judge(outcome(1), outcome(1), works=("rxe",))
        self.assertEqual(verdict.kind, compare.BROKEN)
        self.assertFalse(verdict.good)

    def test_known_difference(self):
        verdict = judge(outcome(), outcome(1), self.LISTED)
        self.assertEqual(verdict.kind, compare.KNOWN)
        self.assertTrue(verdict.good)

    def test_known_difference_that_is_gone(self):
        verdict = judge(outcome(), outcome(), self.LISTED)
        self.assertEqual(verdict.kind, compare.GONE)
        self.assertFalse(verdict.good)

    def test_server_that_failed(self):
        verdict = judge(outcome(), outcome(server=Side(3, "")))
        self.assertFalse(verdict.ours.passed)


class Rows(unittest.TestCase):
    def test_no_two_have_the_same_name(self):
        names = [(driver, row.name) for row, driver in all_rows()]
        self.assertEqual(len(names), len(set(names)))

    def test_every_known_difference_is_of_a_row(self):
        names = [(driver, row.name) for row, driver in all_rows()]
        self.assertEqual(known.without_row(names), [])


if __name__ == "__main__":
    unittest.main()
