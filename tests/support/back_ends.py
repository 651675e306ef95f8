"""The back ends of the ledger, named once: what is said of ledgers is tested on each."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

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


def sql(ledger_url: str, *statements: str) -> list[Any]:
    """Meddle with a ledger; returns the rows of the last statement."""
    if ledger_url.startswith("sqlite"):
        with closing(sqlite3.connect(ledger_url.removeprefix("sqlite://"))) as db, db:
            for statement in statements:
                rows = db.execute(statement).fetchall()
        return rows
    with psycopg.connect(ledger_url, options="-c search_path=onetimesecret") as database:
        for statement in statements:
            cursor = database.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []
