"""The steps at which a run can die: see every transaction of a ledger just before its commit and right after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Database

BEFORE_COMMIT, AFTER_COMMIT = "before COMMIT", "after COMMIT"


def watch_transactions(ledger: SqlLedger, at: Callable[[str], None]) -> None:
    """Have `at` called with BEFORE_COMMIT inside every transaction of the ledger, and with AFTER_COMMIT behind it."""
    session = ledger._session

    @contextmanager
    def watched(*, write: bool, alone: bool = False) -> Iterator[Database]:
        with session(write=write, alone=alone) as db:
            yield db
            at(BEFORE_COMMIT)
        at(AFTER_COMMIT)

    ledger._session = watched  # type: ignore[method-assign]
