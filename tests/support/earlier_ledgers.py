"""Ledgers as earlier versions of the collection wrote them, kept as SQL that is played into either back end."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

LEDGERS = Path(__file__).resolve().parents[1] / "ledgers"


def earlier_ledger(version: str, ledger_url: str) -> None:
    """Put the ledger that this version of the collection wrote where a ledger URL of a test leads."""
    script = (LEDGERS / f"v{version}.sql").read_text(encoding="utf-8")
    if ledger_url.startswith("sqlite"):
        path = Path(ledger_url.removeprefix("sqlite://"))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as db:
            db.executescript(script)
        return
    with psycopg.connect(ledger_url, options="-c search_path=onetimesecret", autocommit=True) as db:
        db.execute("CREATE SCHEMA onetimesecret")
        db.execute(re.sub(r"X'([0-9A-F]*)'", r"'\\x\1'", script.replace(" BLOB", " BYTEA")))  # type: ignore[arg-type]
