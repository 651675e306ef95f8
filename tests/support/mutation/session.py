"""Forks of one session of pytest, which has collected all tests and shares what is slow to start."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from _pytest.runner import runtestprotocol

from tests.support.postgresql import SCHEMA, Postgresql

PASSED, FAILED = 0, 1
DATABASES = 3  # of each fork


@dataclass
class Child:
    """A fork that runs tests."""

    pid: int
    slot: int
    end: float
    killer: Path  # the file into which it writes which test failed
    done: Callable[[str | None], None] = field(repr=False)  # called with that test, None where all passed


class Forks:
    """Runs things in forks of this process, several at a time, each with a folder and databases of its own."""

    def __init__(self, session: pytest.Session, jobs: int, postgresql: Postgresql) -> None:
        self._session = session
        self._postgresql = postgresql
        self._databases = [[postgresql.new_database() for _ in range(DATABASES)] for _ in range(jobs)]
        self._free = list(range(jobs))
        self._running: dict[int, Child] = {}
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="ots-mutation-", dir=memory if memory.is_dir() else None))

    def wait(self) -> None:
        """Until all have ended."""
        while self._running:
            self._reap()

    def close(self) -> None:
        self.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self, act: Callable[[], str | None], limit: float, done: Callable[[str | None], None]) -> None:
        """Act in a fork that has `limit` seconds. What it returns, a test that failed or none, `done` is called with."""
        while not self._free:
            self._reap()
        slot = self._free.pop()
        place = Path(
            tempfile.mkdtemp(dir=self._folder)
        )  # not the slot's: what a killed one has started may still write
        killer = place / "killer"
        pid = os.fork()
        if pid == 0:
            os.setsid()
            code = FAILED
            try:
                self._begin(slot, place)
                failed = act()
                killer.write_text(failed or "")
                code = FAILED if failed else PASSED
            except BaseException as error:  # noqa: BLE001 - nothing of the child may get back into the session
                killer.write_text(f"({type(error).__name__}: {error})")
            finally:
                os._exit(code)
        self._running[pid] = Child(pid, slot, time.monotonic() + limit, killer, done)

    def _begin(self, slot: int, place: Path) -> None:
        devnull = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(devnull, stream)
        factory = self._session.config._tmp_path_factory  # type: ignore[attr-defined]
        factory._basetemp = place / "tmp"
        factory._basetemp.mkdir()
        for url in self._databases[slot]:  # whatever was killed in the middle of a test
            with psycopg.connect(url, autocommit=True) as db:
                db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")  # type: ignore[arg-type]
        self._postgresql.idle[:] = self._databases[slot]

    def _reap(self) -> None:
        """Wait for one that ends, or has taken too long."""
        while True:
            for child in list(self._running.values()):
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                if not pid and time.monotonic() < child.end:
                    continue
                if not pid:
                    with suppress(ProcessLookupError):
                        os.killpg(child.pid, signal.SIGKILL)
                    os.waitpid(child.pid, 0)
                failed = not pid or os.waitstatus_to_exitcode(status) != PASSED
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)  # what it has left running
                told = child.killer.read_text() if child.killer.exists() else "(died)" if pid else "(hangs)"
                shutil.rmtree(child.killer.parent, ignore_errors=True)
                del self._running[child.pid]
                self._free.append(child.slot)
                child.done(told if failed else None)
                return
            time.sleep(0.002)


def run(
    session: pytest.Session, tests: list[pytest.Item], watch: Callable[[pytest.Item, float | None], None] | None = None
) -> str | None:
    """Run the tests up to the first failure, and return that one.

    With `watch` run all, and call it with each and the seconds that it took, None where it failed.
    """
    last: Any = SimpleNamespace(listchain=lambda: [session])  # after which is torn down all but what the session shares
    for item, following in zip(tests, [*tests[1:], last], strict=True):
        began = time.monotonic()
        reports = runtestprotocol(item, log=False, nextitem=following)
        failed = any(report.failed for report in reports)
        if watch:
            watch(item, None if failed else time.monotonic() - began)
        elif failed:
            return item.nodeid
    return None
