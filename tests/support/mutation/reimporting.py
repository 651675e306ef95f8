"""Import everything anew with a mutant's source in place of a file's: for what a module does when it is imported."""

from __future__ import annotations

import importlib.abc
import importlib.util
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from tests.support import postgresql as support
from tests.support.postgresql import Postgresql

ANEW = ("ansible_collections.onetimesecret.ots.plugins.", "onetime_server", "tests.", "conftest")
KEPT = ("tests.support.collection", "tests.support.loopback_only", "tests.support.mutation", "tests.support.postgresql")


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Finds and loads one module, from a text."""

    def __init__(self, name: str, path: str, source: str) -> None:
        self._name, self._path, self._source = name, path, source

    def find_spec(self, fullname: str, *_more: object) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002
        return self._path

    def get_data(self, path: str) -> bytes:
        if path != self._path:
            raise OSError
        return self._source.encode()


class _Chosen:
    """Runs these tests and no others, in this order."""

    def __init__(self, tests: list[str]) -> None:
        self._order = {test: number for number, test in enumerate(tests)}
        self.failed: str | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid


def run_anew(module: ModuleType, source: str, tests: list[str], postgresql: Postgresql, folder: Path) -> str | None:
    """Run the tests up to the first failure, with nothing of the project imported before; return it. Only for a fork."""

    @contextmanager
    def running() -> Iterator[Postgresql]:
        yield postgresql

    support.postgresql = running
    for name in [name for name in sys.modules if name.startswith(ANEW) and not name.startswith(KEPT)]:
        del sys.modules[name]
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.filters.clear()  # else those of the modules before would do the mutant's work
    sys.meta_path.insert(0, _Instead(module.__name__, str(module.__file__), source))
    chosen = _Chosen(tests)
    files = sorted({test.partition("::")[0] for test in tests})
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--tb=no",
        "--capture=no",
        f"--basetemp={folder}",
    ]
    code = pytest.main([*options, *files], plugins=[chosen])
    return chosen.failed or (None if code in (pytest.ExitCode.OK,) else f"({pytest.ExitCode(code).name})")
