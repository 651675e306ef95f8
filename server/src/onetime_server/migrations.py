"""What changed in the database's schema: each step once, in order, whatever release made the file."""

from __future__ import annotations

import sqlite3

MIGRATIONS = (
    "ALTER TABLE account ADD COLUMN language TEXT NOT NULL DEFAULT 'en'",
    """CREATE TABLE mail (id INTEGER PRIMARY KEY, state TEXT NOT NULL, attempts INTEGER NOT NULL, due REAL NOT NULL,
        expires REAL NOT NULL, problem TEXT NOT NULL, sealed BLOB NOT NULL)""",
    "CREATE INDEX mail_due ON mail (state, due)",
)
"""A step is one statement. `SCHEMA` holds what they lead to."""


def is_newer(connection: sqlite3.Connection) -> bool:
    """Whether a later release made the database."""
    return _version(connection) > len(MIGRATIONS)


def mark_as_current(connection: sqlite3.Connection) -> None:
    """Note that a new database needs no step."""
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that the database lacks, all or none; other processes wait."""
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in MIGRATIONS[_version(connection) :]:
            connection.execute(step)
        mark_as_current(connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
