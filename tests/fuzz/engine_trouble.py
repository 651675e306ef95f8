"""What may befall a run of the engine: a fault of network, server or disk at any step, or its death."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import Any

from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    OnetimeError,
    RateLimited,
    Rejected,
    ReplyLost,
    ServerFault,
    Unreachable,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from support.steps import AFTER_COMMIT, BEFORE_COMMIT


class Death(BaseException):
    """Stands for a SIGKILL: nothing in plugins/ may catch it."""


class OfCall(StrEnum):
    """What may go wrong with a call of the server."""

    NEVER_ARRIVES = "never arrives"
    REFUSED = "refused"
    LIMITED = "rate limited"
    LOST = "lost on the way"
    LATE = "arrives when its run is long over"
    REPLY_LOST = "takes effect, and the reply is lost"
    FAULT = "5xx before any effect"
    FAULT_AFTER = "5xx after the effect"
    DEATH_BEFORE = "death before it leaves"
    DEATH_AFTER = "death after its effect"


class OfTransaction(StrEnum):
    """What may go wrong with a transaction of the ledger."""

    FULL = "the disk is full"
    DEATH_BEFORE = "death before COMMIT"
    DEATH_AFTER = "death after COMMIT"


CALLS = ("share", "generate", "metadata", "recent", "burn")
SURELY_WITHOUT_EFFECT = (OfCall.NEVER_ARRIVES, OfCall.REFUSED, OfCall.LIMITED)
ERRORS: dict[OfCall, OnetimeError] = {
    OfCall.NEVER_ARRIVES: Unreachable("no connection"),
    OfCall.REFUSED: Rejected("refused", status=404),
    OfCall.LIMITED: RateLimited("Cripes! You have been rate limited.", status=404),
    OfCall.LOST: ReplyLost("the connection broke"),
    OfCall.LATE: ReplyLost("no reply came in time"),
    OfCall.REPLY_LOST: ReplyLost("the connection broke"),
    OfCall.FAULT: ServerFault("bad gateway", status=502),
    OfCall.FAULT_AFTER: ServerFault("gateway timeout", status=504),
}


class Trouble:
    """One mishap at step number `at` of a run, counted over its transactions and calls, or at the first call named `at`.

    lasting: it befalls all calls since.
    """

    def __init__(self, at: int | str, of_call: OfCall, of_transaction: OfTransaction, *, lasting: bool) -> None:
        self._at = at
        self._of_call = of_call
        self._of_transaction = of_transaction
        self._lasting = lasting
        self._step = -1
        self.met: list[str] = []  # the calls and transactions that it befell
        self.late: list[Callable[[], object]] = []  # calls that are under way still

    def __repr__(self) -> str:
        lasting = " and ever after" if self._lasting else ""
        return f"<at {self._at}: call {self._of_call}{lasting}, or transaction: {self._of_transaction}>"

    @property
    def of_call(self) -> OfCall:
        return self._of_call

    def at_transaction(self, moment: str) -> None:
        """Called twice in every transaction."""
        self._step += moment == BEFORE_COMMIT
        if self._step != self._at:
            return
        if moment == (AFTER_COMMIT if self._of_transaction is OfTransaction.DEATH_AFTER else BEFORE_COMMIT):
            self.met.append("transaction")
            raise LedgerError("the disk is full", "make room") if self._of_transaction is OfTransaction.FULL else Death

    def in_call(self, name: str, call: Callable[[], Any]) -> Any:
        """Make a call, with what befalls it."""
        self._step += 1
        if not (self._at in (name, self._step) or (self._lasting and self.met)):
            return call()
        self.met.append(name)
        if self._of_call is OfCall.DEATH_BEFORE:
            raise Death
        if self._of_call is OfCall.LATE:
            self.late.append(call)
        if self._of_call in (OfCall.REPLY_LOST, OfCall.FAULT_AFTER, OfCall.DEATH_AFTER):
            with suppress(OnetimeError):
                call()
        if self._of_call is OfCall.DEATH_AFTER:
            raise Death
        raise ERRORS[self._of_call]


class TroubledClient:
    """A client whose calls meet trouble."""

    def __init__(self, client: Client, trouble: Trouble) -> None:
        self._client = client
        self._trouble = trouble

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._client, name)
        return lambda *arguments: self._trouble.in_call(name, partial(call, *arguments))


troubles = st.builds(
    Trouble,
    st.sampled_from(CALLS) | st.integers(0, 10),
    st.sampled_from(OfCall),
    st.sampled_from(OfTransaction),
    lasting=st.booleans(),
)
