"""Run mutants in place of the tests of a session, and tell what became of each."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support import CHECKOUT
from tests.support.mutation.equivalents import Equivalents
from tests.support.mutation.mutants import Mutant, mutants_of
from tests.support.mutation.reach import Known, Reach, measured
from tests.support.mutation.reimporting import run_anew
from tests.support.mutation.rooms import WORLDS, files, is_to_notice, module_of
from tests.support.mutation.session import Forks, run
from tests.support.mutation.swapping import swap, swap_all
from tests.support.postgresql import Postgresql

KEPT = CHECKOUT / ".venv/mutants"
EQUIVALENT = CHECKOUT / "tests/mutation/equivalent.toml"
SLACK, FACTOR = 60.0, 10.0  # a mutant hangs that takes so many seconds more, and so many times as long
LONGEST_STATEMENT = 20  # lines; one in the middle of a statement may be none to coverage
NOTED_EVERY = 100  # mutants


class Judge:
    """A plugin of pytest."""

    def __init__(self, words: list[str], seconds: float) -> None:
        self.files = files(CHECKOUT, words)
        self._seconds_of_each = seconds
        self.mutants: list[Mutant] = []
        self.outcomes: dict[int, str] = {}  # by the mutant's number: "equivalent", the test that failed, or ""
        self.equivalents = Equivalents(EQUIVALENT)
        self._jobs = os.cpu_count() or 2
        self._began = time.monotonic()
        self._postgresql: Postgresql | None = None
        self._tests_of_line: dict[tuple[str, int], list[str]] = defaultdict(list)  # the fastest first
        self._tests_of_file: dict[str, list[str]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        value: Any = yield
        if fixturedef.argname == "postgresql_server":
            self._postgresql = value
        return value

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        run(session, [next(item for item in session.items if "postgresql" in item.name)])  # which starts one, for all
        assert self._postgresql
        KEPT.mkdir(exist_ok=True)
        self._session, self._items = session, {item.nodeid: item for item in session.items}
        self._forks = Forks(session, self._jobs, self._postgresql)
        try:
            self._know_the_reach()
            _say(f"{len(self._items)} tests, their reach known after {time.monotonic() - self._began:.0f} seconds")
            self.mutants = [mutant for file in self.files for mutant in mutants_of(CHECKOUT, file, KEPT)]
            _say(f"{len(self.mutants)} mutants, made after {time.monotonic() - self._began:.0f} seconds")
            self._judge()
        finally:
            self._forks.close()
        _say(f"judged after {time.monotonic() - self._began:.0f} seconds")
        return True

    def _know_the_reach(self) -> None:
        """With all functions swapped for themselves, which is to harm no test. Kept of each file of tests as it is known."""
        for world in sorted({world for worlds in WORLDS.values() for world in worlds}):
            if not any(world in test for test in self._items):
                raise pytest.UsageError(f"no test runs in the world {world}")
        self._known = Known(CHECKOUT, KEPT / "reach.json")
        missing: dict[str, list[pytest.Item]] = defaultdict(list)
        for item in self._session.items:
            if self._known.get(item) is None and any(is_to_notice(file, item.nodeid) for file in self.files):
                missing[item.nodeid.partition("::")[0]].append(item)
        every_file, failures = files(CHECKOUT, []), list[str]()

        def act(part: list[pytest.Item], result: Path) -> str | None:
            for file in every_file:
                swap_all(module_of(file), (CHECKOUT / file).read_text())
            reaches = measured(CHECKOUT, every_file, part, lambda watch: run(self._session, part, watch))
            result.write_text(json.dumps({test: (reach.seconds, reach.lines) for test, reach in reaches.items()}))
            return None

        def done(result: Path, failed: str | None) -> None:
            if failed:
                failures.append(failed)
                return
            told = json.loads(result.read_text())
            self._known.put((self._items[test], Reach(seconds, lines)) for test, (seconds, lines) in told.items())
            result.unlink()

        for number, part in enumerate(sorted(missing.values(), key=len, reverse=True)):
            result = KEPT / f"reach-{number}.json"
            self._forks.start(partial(act, part, result), 3600, partial(done, result))
        self._forks.wait()
        if failures:
            raise pytest.UsageError(f"what the tests reach cannot be measured: {failures}")
        self._index()

    def _index(self) -> None:
        all_reaches = {item.nodeid: reach for item in self._session.items if (reach := self._known.get(item))}
        for test in (test for test, reach in all_reaches.items() if reach.seconds is None):
            _say(f"{test} fails without any mutant, and is left out")
        self._seconds = {test: reach.seconds for test, reach in all_reaches.items() if reach.seconds is not None}
        for test in sorted(self._seconds, key=self._seconds.__getitem__):
            for file, lines in all_reaches[test].lines.items():
                if is_to_notice(file, test):
                    self._tests_of_file[file].append(test)
                    for line in lines:
                        self._tests_of_line[file, line].append(test)

    def _judge(self) -> None:
        killers, tried = _Kept(KEPT / "killers.json"), _Kept(KEPT / "tried.json")
        busiest: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)

        def done(number: int, mutant: Mutant, tests: list[str], failed: str | None) -> None:
            self.outcomes[number] = failed or ""
            if failed:
                killers[mutant.state] = failed
                busiest[mutant.file, mutant.place][failed] += 1
            else:
                tried.setdefault(mutant.state, {}).update({test: self._state(test) for test in tests})
                _say(told(mutant))
            if len(self.outcomes) % NOTED_EVERY == 0:
                _say(f"{len(self.outcomes)} of {len(self.mutants)}")
                killers.write()
                tried.write()

        for number, mutant in enumerate(self.mutants):
            in_vain = tried.get(mutant.state, {})
            tests = [test for test in self._tests_of(mutant) if in_vain.get(test) != self._state(test)]
            if mutant in self.equivalents or not tests:
                self.outcomes[number] = "equivalent" if mutant in self.equivalents else ""
                continue
            last, busy = killers.get(mutant.state), busiest[mutant.file, mutant.place]
            tests.sort(key=lambda test: (test != last, -busy[test]))
            tests = list(self._in_time(tests))
            limit = SLACK + FACTOR * sum(self._seconds[test] for test in tests)
            self._forks.start(partial(self._run, mutant, tests), limit, partial(done, number, mutant, tests))
        self._forks.wait()
        killers.write()
        tried.write()

    def _in_time(self, tests: list[str]) -> Iterator[str]:
        """The first ones that a mutant has the time for, and at least one."""
        left = self._seconds_of_each
        for test in tests:
            yield test
            left -= self._seconds[test]
            if left <= 0:
                return

    def _state(self, test: str) -> str:
        return self._known.state(self._items[test])

    def _tests_of(self, mutant: Mutant) -> list[str]:
        if not mutant.place:  # done when the module is imported: every test of it may notice
            return self._tests_of_file[mutant.file]
        lines = range(mutant.line, mutant.line - LONGEST_STATEMENT, -1)
        return next(filter(None, (self._tests_of_line.get((mutant.file, line)) for line in lines)), [])

    def _run(self, mutant: Mutant, tests: list[str]) -> str | None:
        """In a fork."""
        module = module_of(mutant.file)
        if mutant.place:
            try:
                swap(module, mutant.place, mutant.source)
            except (ValueError, AttributeError, TypeError):
                pass  # it takes a module of its own
            else:
                return run(self._session, [self._items[test] for test in tests])
        assert self._postgresql
        folder = self._session.config._tmp_path_factory.getbasetemp() / "anew"  # type: ignore[attr-defined]
        return run_anew(module, mutant.source, tests, self._postgresql, folder)


class _Kept(dict[str, Any]):
    """What one run tells the next."""

    def __init__(self, path: Path) -> None:
        super().__init__(json.loads(path.read_text()) if path.exists() else {})
        self._path = path

    def write(self) -> None:
        self._path.write_text(json.dumps(self))


def told(mutant: Mutant) -> str:
    """A mutant that nobody noticed, for people."""
    return f"survived: {mutant.file}:{mutant.line} {mutant.place}\n    {mutant.before}\n    {mutant.after}"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
