"""A run in a process that kills itself at one of its steps."""

from __future__ import annotations

import itertools
import os
import signal
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import requests

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.base import Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.schema import Database
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from support.steps import watch_transactions

At = Callable[[str], None]  # called with the name of every step


def killed_at(number: int, run: Callable[[At], object]) -> str | None:
    """Fork; the child runs, and dies of SIGKILL at its step of this number. Return the step's name, None where it lived on."""
    inward, outward = os.pipe()
    child = os.fork()
    if child == 0:
        numbers = itertools.count()

        def at(step: str) -> None:
            if next(numbers) == number:
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
        return lambda *arguments: self._around(name, partial(method, *arguments))


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
    doing = ""

    def around(name: str, method: Callable[[], Any]) -> Any:
        nonlocal doing
        doing = name
        try:
            return method()
        finally:
            at(f"{name}: the reply was read")

    def send(*arguments: Any, **options: Any) -> Any:
        at(f"{doing}: before it leaves")
        reply = deliver(*arguments, **options)  # as far as the reply's headers
        at(f"{doing}: taken, the reply not read")
        return reply

    deliver = requests.adapters.HTTPAdapter.send
    requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign] # of this process only
    return Watched(client, around)  # type: ignore[return-value]
