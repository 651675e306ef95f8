# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger's tables, in SQL that every back end understands, and how older ones become new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

VERSION = 2

# The columns that tell a row of a table from all others.
KEYS = {
    "link": ("scope", "name"),
    "attempt": ("scope", "name", "id"),
    "owed_burn": ("scope", "name", "key_digest"),
    "revealed": ("scope", "name", "key_digest"),
    "delivery": ("scope", "name", "part"),
}


class Cursor(Protocol):
    """What is used of the result of a statement, in sqlite3 and psycopg alike."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Database(Protocol):
    """What is used of a connection, in sqlite3 and psycopg alike; rows come as dictionaries."""

    def execute(self, statement: str, parameters: Sequence[Any] = ..., /) -> Cursor: ...


def create(db: Database, blob: str) -> None:
    """Make the tables. `blob` is the back end's type for bytes."""
    db.execute(f"CREATE TABLE ledger (version INTEGER NOT NULL, key_check TEXT NOT NULL, sealed {blob} NOT NULL)")
    db.execute(f"""
        CREATE TABLE link (
            scope TEXT NOT NULL, name TEXT NOT NULL, key_digest TEXT NOT NULL, sealed {blob} NOT NULL,
            kind TEXT NOT NULL, fingerprints TEXT NOT NULL, recipient TEXT, share_domain TEXT NOT NULL,
            state TEXT NOT NULL, ttl_asked BIGINT, ttl BIGINT NOT NULL, value_created_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, received_at BIGINT,
            PRIMARY KEY (scope, name)
        )""")
    db.execute("CREATE INDEX link_by_key ON link (scope, key_digest)")
    _create_what_version_1_lacked(db, blob)
    db.execute(f"""
        CREATE TABLE owed_burn (
            scope TEXT NOT NULL, name TEXT NOT NULL, key_digest TEXT NOT NULL, sealed {blob} NOT NULL,
            expires_at BIGINT NOT NULL,
            PRIMARY KEY (scope, name, key_digest)
        )""")


def version_of(ledger: Mapping[str, Any]) -> int:
    """Return the version that the row of the table `ledger` tells; version 1 had no column for it."""
    return int(ledger.get("version", 1))


def migrate_from_1(db: Database, blob: str) -> None:
    """Bring tables of version 1 to version 2; the row of the table `ledger` is the caller's to fill.

    Intents are dropped: version 1 did not keep what is needed to look for the links they may have left.
    """
    db.execute("ALTER TABLE ledger ADD COLUMN version INTEGER")
    db.execute(f"ALTER TABLE ledger ADD COLUMN sealed {blob}")
    db.execute("ALTER TABLE link ADD COLUMN value_created_at BIGINT NOT NULL DEFAULT 0")
    db.execute("UPDATE link SET value_created_at = created_at")
    db.execute("DROP TABLE attempt")
    _create_what_version_1_lacked(db, blob)


def _create_what_version_1_lacked(db: Database, blob: str) -> None:
    db.execute(f"""
        CREATE TABLE attempt (
            scope TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, sealed {blob} NOT NULL,
            started_at BIGINT NOT NULL, ttl BIGINT, recipient TEXT, share_domain TEXT,
            PRIMARY KEY (scope, name, id)
        )""")
    db.execute(f"""
        CREATE TABLE revealed (
            scope TEXT NOT NULL, name TEXT NOT NULL, key_digest TEXT NOT NULL, sealed {blob} NOT NULL,
            started_at BIGINT NOT NULL,
            PRIMARY KEY (scope, name, key_digest)
        )""")
    db.execute("""
        CREATE TABLE delivery (
            scope TEXT NOT NULL, name TEXT NOT NULL, part TEXT NOT NULL, channel TEXT NOT NULL,
            destination TEXT NOT NULL, sent_at BIGINT NOT NULL,
            PRIMARY KEY (scope, name, part)
        )""")
