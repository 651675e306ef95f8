"""A database that an earlier release made is used on, and one of a later release is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from onetime_server.accounts import Accounts
from onetime_server.database import SCHEMA, Database, DatabaseError
from onetime_server.migrations import MIGRATIONS
from onetime_server.vault import Vault

VAULT = Vault(bytes(32))
FIRST_SCHEMA = SCHEMA.partition("-- What is to be sent")[0].replace(
    ",\n    language TEXT NOT NULL DEFAULT 'en'\n", "\n"
)


def of_first_release(file: Path) -> Path:
    assert FIRST_SCHEMA != SCHEMA
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(FIRST_SCHEMA)
        connection.execute("INSERT INTO server VALUES (?)", (VAULT.fingerprint(),))
        token_hash = VAULT.token_hash("a" * 40)
        connection.execute("INSERT INTO account VALUES (1, 'alice@example.com', 'ur1', 'free', ?)", (token_hash,))
    return file


def tables(file: Path) -> list[tuple[str, list[tuple[object, ...]]]]:
    """Every table with its columns."""
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [(name, connection.execute(f"PRAGMA table_info({name})").fetchall()) for name in sorted(names)]


def test_an_earlier_database_gains_what_it_lacks_and_keeps_what_it_has(tmp_path: Path) -> None:
    file = of_first_release(tmp_path / "old")
    Database(tmp_path / "new", VAULT).close()

    for _ in range(2):
        database = Database(file, VAULT)
        [(account, _domains)] = Accounts(database, VAULT).all()
        database.close()
        assert (account.email, account.language) == ("alice@example.com", "en")

    assert tables(file) == tables(tmp_path / "new")


def test_a_later_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "database"
    Database(file, VAULT).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")

    with pytest.raises(DatabaseError, match="A later release made"):
        Database(file, VAULT)


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = of_first_release(tmp_path / "old")
    before = tables(file)
    monkeypatch.setattr("onetime_server.migrations.MIGRATIONS", (*MIGRATIONS, "ALTER TABLE nosuch ADD COLUMN x"))

    with pytest.raises(DatabaseError, match=r"Cannot bring .* up to date: no such table"):
        Database(file, VAULT)

    assert tables(file) == before
