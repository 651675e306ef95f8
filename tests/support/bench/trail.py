"""What the audit trail costs when it holds few events, and when it holds many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Happening, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.bench.ledgers import SCOPE, TIMES, median_of, settle
from tests.support.rows import ATTEMPT, MADE, RECORD
from tests.support.world import KEY

EVENTS_OF_A_NAME = 10
WITHOUT_EVENT, WITH_EVENT = "note a state without an event", "note a state with an event"
AT_ONCE = 10_000  # in one transaction
READ = Happening(What.READ, RECORD.metadata_key, RECORD.recipient)


@contextmanager
def filled(url: str, size: int) -> Iterator[SqlLedger]:
    """Open a ledger whose trail has so many events, written as the ledger writes them."""
    settings = {"ledger": url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 30}
    with open_ledger(settings, SCOPE) as ledger:
        ledger.fingerprint()
        for first in range(0, size, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, size))
            with ledger._transaction() as tables:
                ledger._trail(tables).tell([(SCOPE, f"name/{number // EVENTS_OF_A_NAME}", MADE) for number in numbers])
        settle(url)
        yield ledger


def costs(ledger: SqlLedger, size: int) -> dict[str, float]:
    """Return the median seconds of each operation, on names all over the trail."""
    names = size // EVENTS_OF_A_NAME
    numbers = [number * max(1, names // TIMES) % names for number in range(TIMES)]
    operations: dict[str, Callable[[int], object]] = {
        WITHOUT_EVENT: lambda number: ledger.abandon(f"name/{number}", ATTEMPT),
        WITH_EVENT: lambda number: ledger.abandon(f"name/{number}", ATTEMPT, READ),
        "history of a name": lambda number: list(ledger.history([f"name/{number}"])),
    }
    return {name: median_of(act, numbers) for name, act in operations.items()}


def seconds_to_verify(ledger: SqlLedger) -> float:
    """Return how long it takes to check the whole trail."""
    begin = time.perf_counter()
    assert not [problem for problem in ledger.verify().problems if "no row" not in problem]
    return time.perf_counter() - begin
