# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Run a row on Debian's libraries and on ours, and say how they differ."""

import dataclasses
import difflib
import re

from . import execute, known

# What differs between any two runs, and what it becomes.
VARYING = (
    (r"/opt/rdma-newest/usr/bin/|/usr/bin/", ""),
    (r"(?<![:\d])\d+:\d\d:\d\d(?![:\d])|\b\d{10}\.\d+\b", "TIME"),
    (r"\b0x[0-9a-fA-F]+\b", "HEX"),
    (r"\b(LID|RECV|SEND|PSN|SRQN) [0-9a-f]{4,6}\b", r"\1 HEX"),
    # The end of a word or not: perftest runs the last one into a complaint.
    (r"-?\b\d+\.\d+(e[-+]?\d+)?(s\b)?(?![\d.])", "REAL"),
    (r"(?<=\[rdma-vm:)\d+( +:\d+(:\d+)?)?(?=\])", "PID"),  # UCX's every line
    (r"(?<=\(tid: )\d+(?=\))", "PID"),        # its backtrace, with the paths
    (r"(/usr)?/lib/x86_64-linux-gnu/", ""),     # by which libraries were found
    (r"\b2\d{4}\b", "PORT"),            # see peer.free_port()
    (r"-?\b(nan|inf)\b", "REAL"),  # perftest, of few figures or no time
    (r"(?<=clock cycles = )-?\d+", "CYCLES"),     # of ibverbs-utils with -t
    (r"[ \t]+", " "),
    (r"^ | $", ""),
)
# Said on some runs and not on others: perftest on how steady the clock is, UCX
# every second, and the loader on the newest libibverbs over the release's libnl.
CHANCE = re.compile("Correlation coefficient|Conflicting CPU frequency|"
                    r"^\[thread \d+\]|"
                    r"\blibnl-\S+: no version information available")
SAME, BETTER, FAILS = "same", "better", "fails on stock"
DIFFERS, KNOWN = "DIFFERS", "known"
GONE = "NO LONGER DIFFERS"
BROKEN = "BROKEN ON STOCK"
UNEXPLAINED = "FAILS FOR NO KNOWN REASON"
BAD = (DIFFERS, GONE, BROKEN, UNEXPLAINED)


@dataclasses.dataclass
class Verdict:
    row: object
    driver: str
    stock: execute.Outcome
    ours: execute.Outcome
    kind: str = SAME
    text: str = ""              # the reason, one line
    lines: tuple = ()           # the difference, in full

    @property
    def good(self):
        return self.kind not in BAD


def normal(text, varying):
    """Its lines, without what differs from run to run."""
    if varying:
        text = re.sub(varying, "...", text)
    for pattern, instead in VARYING:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return [line for line in text.splitlines()
            if line and not CHANCE.search(line)]


def shown(outcome, varying):
    """All of an outcome that has to be the same, as lines."""
    lines = []
    for name, side in outcome.sides():
        lines += [f"{name}: {line}" for line in normal(side.output, varying)]
        lines.append(f"{name}: exit code {side.code}")
    if outcome.complaint:
        lines.append(outcome.complaint)
    return lines


def difference(row, stock, ours):
    return tuple(difflib.unified_diff(
        shown(stock, row.varying), shown(ours, row.varying), "stock", "ours",
        lineterm="", n=0))


def last_words(side):
    """The end of what it said, without lines that only frame it."""
    lines = [line.strip() for line in side.output.splitlines()
             if re.search("[a-zA-Z]{3}", line)]
    return lines[-1][-160:] if lines else "no output"


def reason(outcome):
    """Why it failed, in the words of the side that failed first."""
    if outcome.complaint:
        return outcome.complaint
    for _, side in sorted(outcome.sides(), key=lambda s: s[1].code is None):
        if side.code != 0:
            end = "had to be stopped" if side.code is None else \
                f"exit code {side.code}"
            return f"{last_words(side)} ({end})"
    return "exit code 0, but no result"


def judge(verdict):
    """What @verdict's two outcomes amount to, and the reason."""
    stock, ours = verdict.stock, verdict.ours
    if not stock.passed and verdict.driver in verdict.row.works:
        return BROKEN, reason(stock)
    if ours.passed and not stock.passed:
        return BETTER, f"stock: {reason(stock)}"
    if not ours.passed and stock.passed:
        return DIFFERS, f"ours: {reason(ours)}"
    if stock.stopped and ours.stopped:
        # How far either came by then is chance.
        return FAILS, reason(stock)
    if verdict.lines:
        return DIFFERS, "other output" if ours.passed else \
            f"stock: {reason(stock)}; ours: {reason(ours)}"
    return (SAME, "") if ours.passed else (FAILS, reason(stock))


def explain_failure(verdict):
    """What fails on Debian's libraries too is to fail for a reason."""
    why = known.failure(verdict.driver, verdict.row.name)
    if why:
        verdict.text = f"{why} ({verdict.text})"
    else:
        verdict.kind = UNEXPLAINED


def apply_known(verdict):
    """A difference that is known is none to complain about, unless it is gone."""
    why = known.reason(verdict.driver, verdict.row.name)
    if verdict.kind == FAILS:
        explain_failure(verdict)
    if not why or verdict.kind == BROKEN:
        return
    if verdict.kind == DIFFERS:
        verdict.kind, verdict.text = KNOWN, f"{why} ({verdict.text})"
    else:
        verdict.kind, verdict.text = GONE, f"take it out of known.py: {why}"


def compare(row, driver):
    verdict = Verdict(row, driver, execute.run(row, driver, row.stock),
                      execute.run(row, driver, "ours"))
    verdict.lines = difference(row, verdict.stock, verdict.ours)
    verdict.kind, verdict.text = judge(verdict)
    apply_known(verdict)
    return verdict
