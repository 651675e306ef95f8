"""Mutation: make a small mistake in the engine, the ledger, the client or the server, and see whether a test notices it.

Usage: python -m tests.reports.mutation SECONDS [WORD …]; only files whose path holds a word. Each mutant runs the tests that
reach its line, the fastest first, up to the first failure, and at most so many seconds of them: what survives that, slower
tests may kill, so a score is the least that is true. Prints a table and the mutants that no test notices, but for those that
tests/mutation/equivalent.toml tells to be no mistakes. Exit code 1 below 95 %. What is known is kept for the next run, which
gives the survivors the next tests.
"""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from tests.support.mutation.judge import Judge, told
from tests.support.mutation.rooms import TESTS

ENOUGH = 95.0  # per cent
OPTIONS = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--capture=no", "--tb=no"]


def score(count: Counter[str]) -> float:
    """Per cent of the mutants that are mistakes."""
    mistakes = count["killed"] + count["survived"]
    return 100 * count["killed"] / mistakes if mistakes else 100.0


def row(name: str, count: Counter[str]) -> str:
    figures = f"{count.total():8}{count['killed']:8}{count['equivalent']:12}{count['survived']:10}"
    return f"{name:52}{figures}{score(count):7.1f}%\n"


def main(seconds: float, words: list[str]) -> int:
    judge = Judge(words, seconds)
    folders = sorted({folder for folders in TESTS.values() for folder in folders})
    if code := pytest.main([*OPTIONS, *folders], plugins=[judge]):
        return int(code)
    table: dict[str, Counter[str]] = {file: Counter() for file in judge.files}
    for mutant, outcome in ((mutant, judge.outcomes[number]) for number, mutant in enumerate(judge.mutants)):
        table[mutant.file]["equivalent" if outcome == "equivalent" else "killed" if outcome else "survived"] += 1
        if not outcome:
            sys.stdout.write(f"{told(mutant)}\n")
    total = sum(table.values(), Counter[str]())
    sys.stdout.write(f"{'file':52}{'mutants':>8}{'killed':>8}{'equivalent':>12}{'survived':>10}{'score':>8}\n")
    sys.stdout.writelines(row(file, count) for file, count in table.items())
    sys.stdout.write(row("all", total))
    stale = judge.equivalents.stale(judge.files)
    sys.stdout.writelines(f"no such mutant: {identity}\n" for identity in stale)
    return int(score(total) < ENOUGH or bool(stale))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
