"""What an operation of the ledger costs when it holds few names, and when it holds many."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.rows import ATTEMPT, RECORD, complete
from tests.support.world import KEY

SCOPE = "http://server ops@example.com"
TIMES = 200
AT_ONCE = 100


@contextmanager
def filled(url: str, size: int) -> Iterator[SqlLedger]:
    """Open a ledger that has so many links, in the rows that it writes itself."""
    settings = {"ledger": url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 30}
    with open_ledger(settings, SCOPE) as ledger:
        ledger.fingerprint()
        rows = ledger._rows()
        with ledger._transaction() as tables:
            for number in range(size):
                record = replace(RECORD, metadata_key=f"metadata-key-{number}")
                tables.insert("link", rows.of_link(f"name/{number}", record))
        settle(url)
        yield ledger


def settle(url: str) -> None:
    """Have PostgreSQL do now what it does of itself within a minute, beside what would be measured."""
    if not url.startswith("sqlite"):
        with psycopg.connect(url, autocommit=True) as database:
            database.execute("VACUUM (ANALYZE)")


def costs(ledger: SqlLedger, size: int) -> dict[str, float]:
    """Return the median seconds of each operation, on names all over the ledger."""
    numbers = [number * max(1, size // TIMES) % size for number in range(TIMES)]

    def read(number: int) -> object:
        return ledger.read(f"name/{number}")

    def batch(number: int) -> object:
        return ledger.read_all([f"name/{(number + step) % size}" for step in range(AT_ONCE)])

    def write(number: int) -> None:
        complete(
            ledger,
            f"new/{number}",
            replace(ATTEMPT, id=str(number)),
            replace(RECORD, metadata_key=f"new-{number}"),
            None,
        )

    operations: dict[str, Callable[[int], object]] = {
        "read for the first time, from disk": read,
        "read": read,
        f"read {AT_ONCE} at once": batch,
        "find by metadata key": lambda number: ledger.name_of(f"metadata-key-{number}"),
        "begin and abandon": lambda number: _begin(ledger, f"name/{number}"),
        "record": write,
    }
    return {name: median_of(act, numbers) for name, act in operations.items()}


def _begin(ledger: SqlLedger, name: str) -> None:
    ledger.begin(name, ATTEMPT)
    ledger.abandon(name, ATTEMPT)


def median_of(act: Callable[[int], object], numbers: list[int]) -> float:
    """Return the median seconds of what is done with each number."""
    taken = []
    for number in numbers:
        begin = time.perf_counter()
        act(number)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)
