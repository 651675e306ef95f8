"""A run in a process that kills itself at one of its steps."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import requests

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Database
from tests.support.steps import watch_transactions

At = Callable[[str], None]  # called with the name of every step
Result = TypeVar("Result")


def killed_at(number: int, run: Callable[[At], object]) -> str | None:
    """Fork; the child runs, and dies of SIGKILL at its step of this number. Return the step's name, None where it lived on."""
    inward, outward = os.pipe()
    child = os.fork()
    if child == 0:
        numbers = itertools.count()

        def at(step: str) -> None:
            if next(numbers) == number:
                with _air.cleared():
                    os.write(outward, step.encode())
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            run(at)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - nothing of the child may get back into the tests
            traceback.print_exc()
            os._exit(1)
    os.close(outward)
    with os.fdopen(inward) as pipe:
        step = pipe.read()
    end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert end == (-signal.SIGKILL if step else 0), f"the child ended with {end}"
    return step or None


class Watched:
    """A client or ledger of which every method that is called can be a step, under its name."""

    def __init__(self, target: object, around: Callable[[str, Callable[[], Any]], Any]) -> None:
        self._target = target
        self._around = around

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._target, name)
        return lambda *arguments, **options: self._around(name, partial(method, *arguments, **options))


def watched_ledger(ledger: SqlLedger, at: At) -> Ledger:
    """Have `at` called before and after the commit of each of its transactions."""
    doing = ""

    def around(name: str, method: Callable[[], Any]) -> Any:
        nonlocal doing
        doing = name
        return method()

    def made() -> None:
        nonlocal doing
        wanted, doing = doing, "make the ledger"
        make()
        at(f"{doing}: done")
        doing = wanted

    def filled(db: Database) -> None:
        fill(db)
        at(f"{doing}: the tables are there")

    watch_transactions(ledger, lambda moment: at(f"{doing}: {moment}"))
    make, ledger._make = ledger._make, made  # type: ignore[method-assign]
    fill, ledger._fill = ledger._fill, filled  # type: ignore[method-assign]
    return Watched(ledger, around)  # type: ignore[return-value]


def watched_client(client: Client, at: At) -> Client:
    """Have `at` called before each of its requests leaves, when the server has taken it, and when the reply was read."""

    def around(name: str, method: Callable[[], Any]) -> Any:
        _doing.name = name
        try:
            return method()
        finally:
            at(f"{name}: the reply was read")

    deliver = requests.adapters.HTTPAdapter.send

    def send(*arguments: Any, **options: Any) -> Any:
        at(f"{_doing.name}: before it leaves")
        with _air.flight():
            reply = deliver(*arguments, **options)  # as far as the reply's headers
        at(f"{_doing.name}: taken, the reply not read")
        return reply

    if not _air.is_watched:  # by the client of another thread
        _air.is_watched = True
        requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign] # of this process only
    return Watched(client, around)  # type: ignore[return-value]


class Air:
    """The requests that are on their way to the server, of all threads."""

    def __init__(self) -> None:
        self.is_watched = False
        self._flights = 0
        self._changed = threading.Condition()

    @contextmanager
    def flight(self) -> Iterator[None]:
        with self._changed:
            self._flights += 1
        try:
            yield
        finally:
            with self._changed:
                self._flights -= 1
                self._changed.notify_all()

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """Wait until all have landed, and let none take off: what was sent has arrived before the clock moves on."""
        with self._changed:
            self._changed.wait_for(lambda: not self._flights)
            yield


_doing = threading.local()
_air = Air()


class Killing:
    """Watches a run for `killed_at`: every moment at which it may be killed is told to `at`."""

    def __init__(self, at: At) -> None:
        self._at = at

    def ledger(self, ledger: SqlLedger) -> Ledger:
        return watched_ledger(ledger, self._at)

    def client(self, client: Client) -> Client:
        return watched_client(client, self._at)

    def step(self, name: str, act: Callable[[], Result]) -> Result:
        self._at(f"{name}: before")
        result = act()
        self._at(f"{name}: done")
        return result
