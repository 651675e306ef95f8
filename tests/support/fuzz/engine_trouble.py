"""What may befall a run of the engine: a fault of network, server, clock or disk at any step, or its death."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    OnetimeError,
    RateLimited,
    Rejected,
    ReplyLost,
    Unreachable,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.crash.mishaps import OfCommit, break_connection
from tests.support.gateway import EMPTY_LIST, FOREIGN_REPLIES, REPLY_LOST, UNKNOWN_SECRET, Gateway, Mishap
from tests.support.steps import AFTER_COMMIT, BEFORE_COMMIT

SLOW = 10  # seconds that a slow reply takes
HOUR = 3600


class Death(BaseException):
    """Stands for a SIGKILL: nothing in plugins/ may catch it."""


class OfCall(StrEnum):
    """What may go wrong with a call of the server, beside what a gateway does."""

    NEVER_ARRIVES = "never arrives"
    REFUSED = "refused"
    LIMITED = "rate limited"
    LOST = "lost on the way"
    LATE = "arrives when its run is long over"
    EMPTY_NODE = "answered by a node that knows no secret, but takes new ones"
    SLOW_BEFORE = "takes effect after a while"
    SLOW_AFTER = "takes effect, and the reply comes after a while"
    CLOCK_SET_BACK = "our clock is set back meanwhile"
    CLOCK_SET_FORWARD = "our clock is set forward meanwhile"
    DEATH_BEFORE = "death before it leaves"
    DEATH_AFTER = "death after its effect"


class OfTransaction(StrEnum):
    """What may go wrong with a transaction of the ledger, beside an answer that is lost."""

    FULL = "the disk is full"
    DEATH_BEFORE = "death before COMMIT"
    DEATH_AFTER = "death after COMMIT"


ANY_CALL = "any call"
CALLS = ("share", "generate", "metadata", "recent", "burn", ANY_CALL)
SURELY_WITHOUT_EFFECT = (OfCall.NEVER_ARRIVES, OfCall.REFUSED, OfCall.LIMITED)
LIVES_ON = (OfCall.SLOW_BEFORE, OfCall.SLOW_AFTER, OfCall.CLOCK_SET_BACK, OfCall.CLOCK_SET_FORWARD)
"""What makes no call fail."""
ERRORS: dict[OfCall, OnetimeError] = {
    OfCall.NEVER_ARRIVES: Unreachable("no connection"),
    OfCall.REFUSED: Rejected("refused", status=404),
    OfCall.LIMITED: RateLimited("Cripes! You have been rate limited.", status=404),
    OfCall.LOST: ReplyLost("the connection broke"),
    OfCall.LATE: ReplyLost("no reply came within the timeout"),
}


class Clocks(Protocol):
    """The time of a world."""

    def pass_by(self, seconds: float) -> None:
        """Have time pass."""

    def set_ours(self, ahead: float) -> None:
        """Set our clock to be so many seconds before the server's."""


class Trouble:
    """One mishap at step number `at` of a run, counted over its transactions and calls, or at a call named `at`, or at any.

    lasting: it befalls all calls since.
    """

    def __init__(
        self,
        at: int | str,
        of_call: OfCall | Mishap,
        of_transaction: OfTransaction | OfCommit,
        *,
        lasting: bool,
    ) -> None:
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
    def of_call(self) -> OfCall | Mishap:
        return self._of_call

    @property
    def befell_a_transaction(self) -> bool:
        return "transaction" in self.met

    @property
    def says_unknown(self) -> bool:
        """Whether a link that is there was called unknown, or may have been."""
        told = any(call in ("metadata", "burn", "recent") for call in self.met)
        return told and self._of_call in (UNKNOWN_SECRET, EMPTY_LIST, OfCall.EMPTY_NODE)

    @property
    def is_to_be_told(self) -> bool:
        """Whether a run that it befell is to fail, or to warn."""
        if self.befell_a_transaction:
            return self._of_transaction is not OfCommit.COMMITTED  # which a run may find out by itself
        says_nothing_wrong = self._of_call in (*LIVES_ON, OfCall.EMPTY_NODE) or self.says_unknown
        return bool(self.met) and not says_nothing_wrong

    def at_transaction(self, ledger: SqlLedger, moment: str) -> None:
        """Called twice in every transaction."""
        self._step += moment == BEFORE_COMMIT
        is_due_at = (
            AFTER_COMMIT if self._of_transaction in (OfTransaction.DEATH_AFTER, OfCommit.COMMITTED) else BEFORE_COMMIT
        )
        if self._step != self._at or moment != is_due_at:
            return
        self.met.append("transaction")
        if isinstance(self._of_transaction, OfCommit):
            break_connection(ledger)
        raise LedgerError("the disk is full", "make room") if self._of_transaction is OfTransaction.FULL else Death

    def in_call(
        self, name: str, client: Client, through: Client, gateway: Gateway, clocks: Clocks, *arguments: Any
    ) -> Any:
        """Make a call, with what befalls it; some of it is a gateway's doing, which the second client calls through."""
        call = partial(getattr(client, name), *arguments)
        self._step += 1
        if not (self._at in (name, self._step, ANY_CALL) or (self._lasting and self.met)):
            return call()
        self.met.append(name)
        kind = self._of_call
        if kind is OfCall.EMPTY_NODE:
            if name in ("share", "generate"):
                return call()
            kind = EMPTY_LIST if name == "recent" else UNKNOWN_SECRET
        if isinstance(kind, Mishap):
            with gateway.befallen_by(kind):
                return getattr(through, name)(*arguments)
        if kind in LIVES_ON:
            return self._in_time(kind, call, clocks)
        if kind is OfCall.DEATH_BEFORE:
            raise Death
        if kind is OfCall.LATE:
            self.late.append(call)
        if kind is OfCall.DEATH_AFTER:
            with suppress(OnetimeError):
                call()
            raise Death
        raise ERRORS[kind]

    def _in_time(self, kind: OfCall, call: Callable[[], Any], clocks: Clocks) -> Any:
        if kind is OfCall.SLOW_BEFORE:
            clocks.pass_by(SLOW)
        try:
            return call()
        finally:
            if kind is OfCall.SLOW_AFTER:
                clocks.pass_by(SLOW)
            if kind in (OfCall.CLOCK_SET_BACK, OfCall.CLOCK_SET_FORWARD):
                clocks.set_ours(-HOUR if kind is OfCall.CLOCK_SET_BACK else HOUR)


class TroubledClient:
    """A client whose calls meet trouble."""

    def __init__(self, client: Client, through: Client, gateway: Gateway, clocks: Clocks, trouble: Trouble) -> None:
        self._way = (client, through, gateway, clocks)
        self._trouble = trouble

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self._trouble.in_call(name, *self._way, *arguments)


def leaving_an_attempt(call: str) -> st.SearchStrategy[Trouble]:
    """A run that ends so that nobody knows whether its link was made."""
    kinds = [OfCall.LOST, OfCall.LATE, OfCall.DEATH_BEFORE, OfCall.DEATH_AFTER, REPLY_LOST]
    return st.builds(
        Trouble, st.just(call), st.sampled_from(kinds), st.just(OfTransaction.FULL), lasting=st.just(False)
    )


troubles = st.builds(
    Trouble,
    st.sampled_from(CALLS) | st.integers(0, 10),
    st.sampled_from([*OfCall, REPLY_LOST, UNKNOWN_SECRET, EMPTY_LIST]) | st.sampled_from(FOREIGN_REPLIES),
    st.sampled_from([*OfTransaction, *OfCommit]),
    lasting=st.booleans(),
)
