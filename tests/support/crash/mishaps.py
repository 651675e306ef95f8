"""A run that lives on with a mishap: a call or a commit whose outcome it is not told, or told wrongly."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.postgresql import PostgresqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.crash.death import Watched
from tests.support.gateway import Gateway, Mishap
from tests.support.steps import AFTER_COMMIT, BEFORE_COMMIT, watch_transactions

Result = TypeVar("Result")


class OfCommit(StrEnum):
    """What may befall a transaction whose answer never comes."""

    COMMITTED = "commit without an answer, committed"
    NOT_COMMITTED = "commit without an answer, not committed"


class OfStep(StrEnum):
    """What may befall a step that is neither a call nor a transaction."""

    DONE = "step without an answer, done"
    NOT_DONE = "step without an answer, not done"


def break_connection(ledger: SqlLedger) -> NoReturn:
    """Have a transaction end without an answer, as it does when the way to the database breaks."""
    if isinstance(ledger, PostgresqlLedger) and ledger._connection:
        ledger._connection.close()
    raise LedgerError("the connection broke", "check it")


class Befallen:
    """Watches a run that meets one mishap: at its call, its transaction or its other step of this number, as its kind is.

    Without a mishap it only counts them.
    """

    def __init__(self, gateway: Gateway, mishap: Mishap | OfCommit | OfStep | None = None, number: int = 0) -> None:
        self._gateway = gateway
        self._mishap = mishap
        self._number = number
        self._doing = ""
        self.calls: list[str] = []
        self.commits: list[str] = []
        self.steps: list[str] = []

    @property
    def met(self) -> str | None:
        """The name of what the mishap befell."""
        seen = {Mishap: self.calls, OfCommit: self.commits, OfStep: self.steps}.get(type(self._mishap), [])
        return seen[self._number] if self._number < len(seen) else None

    def client(self, client: Client) -> Client:
        return Watched(client, self._call)  # type: ignore[return-value]

    def ledger(self, ledger: SqlLedger) -> Ledger:
        watch_transactions(ledger, lambda moment: self._commit(ledger, moment))
        return Watched(ledger, self._do)  # type: ignore[return-value]

    def step(self, name: str, act: Callable[[], Result]) -> Result:
        is_due = isinstance(self._mishap, OfStep) and len(self.steps) == self._number
        self.steps.append(name)
        if is_due and self._mishap is OfStep.NOT_DONE:
            raise DeliveryError("it was not done")
        result = act()
        if is_due:
            raise DeliveryError("nobody knows whether it was done")
        return result

    def _call(self, name: str, method: Callable[[], Any]) -> Any:
        is_due = isinstance(self._mishap, Mishap) and len(self.calls) == self._number
        self.calls.append(name)
        if not is_due or not isinstance(self._mishap, Mishap):
            return method()
        with self._gateway.befallen_by(self._mishap):
            return method()

    def _do(self, name: str, method: Callable[[], Any]) -> Any:
        self._doing = name
        return method()

    def _commit(self, ledger: SqlLedger, moment: str) -> None:
        if moment == BEFORE_COMMIT:
            self.commits.append(self._doing)
        is_at = {OfCommit.NOT_COMMITTED: BEFORE_COMMIT, OfCommit.COMMITTED: AFTER_COMMIT}
        if (
            len(self.commits) == self._number + 1
            and isinstance(self._mishap, OfCommit)
            and moment == is_at[self._mishap]
        ):
            break_connection(ledger)
