"""Fuzz for a while: every fuzzer with other inputs again and again, until the time is up or one finds something.

Usage: run.py MINUTES
"""

from __future__ import annotations

import sys
import time

import pytest

UNITS = [
    f"tests/unit/onetime/test_onetime_{name}.py" for name in ("replies", "refusals", "inputs", "checks", "address")
]


class Count:
    """Counts what a round of pytest has run."""

    def __init__(self) -> None:
        self.tests = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.tests += report.when == "call"


def main() -> int:
    minutes = float(sys.argv[1])
    end = time.monotonic() + minutes * 60
    rounds, count = 0, Count()
    while time.monotonic() < end:
        rounds += 1
        options = ["-q", "-x", "--show-capture=no", "-p", "no:cacheprovider", "--hypothesis-profile=fuzz"]
        code = pytest.main([*options, "tests/fuzz", *UNITS], plugins=[count])
        if code:
            return int(code)
    sys.stdout.write(f"fuzz: {rounds} rounds, {count.tests} runs of fuzzers, {minutes:g} minutes: nothing found\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
