"""The back ends of the ledger, named once: what is said of ledgers is tested on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

from tests.support.postgresql import Postgresql

# Each takes a folder and what starts a database server, and returns the URL of a ledger that is not there yet.
_NEW_LEDGER: Mapping[str, Callable[[Path, Callable[[], Postgresql]], str]] = {
    "sqlite": lambda folder, _postgresql: f"sqlite://{folder}/{uuid4().hex}/ledger.sqlite3",
    "postgresql": lambda _folder, postgresql: postgresql().new_database(),
}
BACK_ENDS = tuple(_NEW_LEDGER)


def new_ledger(back_end: str, folder: Path, postgresql: Callable[[], Postgresql]) -> str:
    """Return the URL of a ledger that is not there yet; `postgresql` is called only where it is needed."""
    return _NEW_LEDGER[back_end](folder, postgresql)
