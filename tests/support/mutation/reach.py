"""Which lines each test executes, and how long it takes: measured once for each state of sources and tests."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest


@dataclass(frozen=True)
class Reach:
    """Of one test. seconds: None where it failed. lines: by file."""

    seconds: float | None
    lines: dict[str, list[int]]


class Known:
    """What was measured, kept in a file; of a test only as long as nothing that it depends on has changed."""

    def __init__(self, checkout: Path, kept: Path) -> None:
        self._checkout = checkout
        self._kept = kept
        self._read: dict[str, tuple[str, Reach]] = {}
        if kept.exists():
            stored = json.loads(kept.read_text())
            self._read = {test: (state, Reach(seconds, lines)) for test, (state, seconds, lines) in stored.items()}
        sources = [
            path for folder in ("plugins", "server/src", "tests/support") for path in (checkout / folder).rglob("*.py")
        ]
        sources = [path for path in sources if "mutation" not in path.parts]
        self._sources = _digest([*sources, checkout / "tests/unit/conftest.py"])
        self._states: dict[str, str] = {}

    def get(self, item: pytest.Item) -> Reach | None:
        state, reach = self._read.get(item.nodeid, ("", None))
        return reach if state == self.state(item) else None

    def put(self, measured: Iterable[tuple[pytest.Item, Reach]]) -> None:
        self._read |= {item.nodeid: (self.state(item), reach) for item, reach in measured}
        stored = {test: (state, reach.seconds, reach.lines) for test, (state, reach) in self._read.items()}
        self._kept.write_text(json.dumps(stored))

    def state(self, item: pytest.Item) -> str:
        file = item.nodeid.partition("::")[0]
        if file not in self._states:
            self._states[file] = self._sources + _digest([self._checkout / file])
        return self._states[file]


def measured(
    checkout: Path,
    files: list[str],
    tests: list[pytest.Item],
    run: Callable[[Callable[[pytest.Item, float | None], None]], object],
) -> dict[str, Reach]:
    """Measure in this very process. `run` runs the tests, and calls what it is given after each of them."""
    recorder = coverage.Coverage(data_file=None, include=[str(checkout / file) for file in files], config_file=False)
    seconds: dict[str, float | None] = {}
    following = iter([*(item.nodeid for item in tests[1:]), ""])

    def watch(item: pytest.Item, took: float | None) -> None:
        seconds[item.nodeid] = took
        recorder.switch_context(next(following))

    recorder.start()
    recorder.switch_context(tests[0].nodeid)
    run(watch)
    recorder.stop()
    lines: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    data = recorder.get_data()
    for file in files:
        for line, contexts in data.contexts_by_lineno(str(checkout / file)).items():
            for test in contexts:
                lines[test][file].append(line)
    return {test: Reach(took, dict(lines[test])) for test, took in seconds.items()}


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()
