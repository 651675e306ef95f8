"""Fuzz: every fuzzer with other inputs again and again, until the time is up, and then the lives of links.

Usage: python -m tests.reports.fuzz MINUTES LIVES. Stops at the first finding.
"""

from __future__ import annotations

import os
import sys
import time

import pytest

OPTIONS = ["-q", "-x", "--show-capture=no", "-p", "no:cacheprovider"]
LIVES = "tests/fuzz/test_engine.py"
UNITS = [f"tests/unit/onetime/test_{name}.py" for name in ("replies", "refusals", "inputs", "checks", "address")]


class Count:
    """Counts what a round of pytest has run."""

    def __init__(self) -> None:
        self.tests = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.tests += report.when == "call"


def fuzz_inputs(minutes: float) -> int:
    """Return pytest's exit code."""
    end = time.monotonic() + minutes * 60
    rounds, count = 0, Count()
    while time.monotonic() < end:
        rounds += 1
        chosen = ["--hypothesis-profile=fuzz", "tests/fuzz", f"--ignore={LIVES}", *UNITS]
        if code := pytest.main([*OPTIONS, *chosen], plugins=[count]):
            return int(code)
    sys.stdout.write(f"fuzz: {rounds} rounds, {count.tests} runs of fuzzers, {minutes:g} minutes: nothing found\n")
    return 0


def fuzz_lives(lives: int) -> int:
    """Return pytest's exit code."""
    os.environ["OTS_LIVES"] = str(lives)
    code = int(pytest.main([*OPTIONS, "-n", "2", LIVES]))
    if code == 0:
        sys.stdout.write(f"fuzz: {lives} lives of links: nothing found\n")
    return code


if __name__ == "__main__":
    sys.exit(fuzz_inputs(float(sys.argv[1])) or fuzz_lives(int(sys.argv[2])))
