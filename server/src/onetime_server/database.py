"""The SQLite database: its schema, and transactions on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from . import migrations, new_file
from .group_commit import GroupCommit
from .vault import Vault

DATABASE_FILE = "onetime.sqlite3"
SCHEMA = """
CREATE TABLE server (fingerprint BLOB NOT NULL);

CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    external_id TEXT NOT NULL UNIQUE,
    plan TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    language TEXT NOT NULL DEFAULT 'en'
);

CREATE TABLE domain (
    host TEXT PRIMARY KEY COLLATE NOCASE,
    account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE
);

-- Times are unix seconds with fractions. `sealed` holds metadata_key and secret_key.
CREATE TABLE receipt (
    id INTEGER PRIMARY KEY,
    key_hash BLOB NOT NULL UNIQUE,
    secret_key_hash BLOB NOT NULL UNIQUE,
    sealed BLOB NOT NULL,
    account_id INTEGER REFERENCES account ON DELETE SET NULL,
    state TEXT NOT NULL,
    ttl INTEGER NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    received REAL,
    secret_expires REAL NOT NULL,
    expires REAL NOT NULL,
    recipient TEXT NOT NULL,
    share_domain TEXT NOT NULL,
    has_passphrase INTEGER NOT NULL,
    value_shown_until REAL NOT NULL
);
CREATE INDEX receipt_of_account ON receipt (account_id);
CREATE INDEX receipt_expiry ON receipt (expires);

CREATE TABLE secret (
    key_hash BLOB PRIMARY KEY,
    sealed BLOB NOT NULL,
    expires REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX secret_expiry ON secret (expires);

-- Wrong passphrases per secret and action (reveal, burn); gone with the secret.
CREATE TABLE attempt (
    key_hash BLOB NOT NULL REFERENCES secret ON DELETE CASCADE,
    action TEXT NOT NULL,
    count INTEGER NOT NULL,
    forgotten REAL NOT NULL,
    PRIMARY KEY (key_hash, action)
) WITHOUT ROWID;

-- What is to be sent; `sealed` holds the recipient and the link. See outbox.py.
CREATE TABLE mail (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due REAL NOT NULL,
    expires REAL NOT NULL,
    problem TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX mail_due ON mail (state, due);
"""


class DatabaseError(Exception):
    """The file cannot be used as database; the text says why, and what to do."""


class Database:
    """One connection that writes, and one for each that reads just now; several processes may share the file."""

    def __init__(self, path: Path, vault: Vault) -> None:
        """Open the database in `path`, made (mode 0600) if need be. Raises DatabaseError."""
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        try:
            if not path.exists():
                _make(path, vault)
            writer = self._connect()
            # FULL: a consumed secret must not come back after a power cut. secure_delete: what is gone leaves no bytes.
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                writer.execute(f"PRAGMA {pragma}")
            self._check_key(writer, vault)
            self._bring_up_to_date(writer)
        except (OSError, sqlite3.DatabaseError) as error:
            raise DatabaseError(f"Cannot use {path}: {error}. Choose another data directory by --data.") from None
        self._writer = GroupCommit(writer)

    def close(self) -> None:
        """Give the file back."""
        self._writer.close()
        for reader in self._idle:
            reader.close()

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """A write transaction: on the disk when the block has ended, undone if it raises."""
        return self._writer.transaction()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A block that only reads; it waits for nobody."""
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = self._connect()
        try:
            yield reader
        finally:
            self._idle.append(reader)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.reading() as connection:
            return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names

    def unread(self, now: float) -> int:
        """How many secrets can still be read."""
        with self.reading() as connection:
            return int(connection.execute("SELECT COUNT(*) FROM secret WHERE expires > ?", (now,)).fetchone()[0])

    def mails(self) -> dict[str, int]:
        """How many e-mails are in which state."""
        with self.reading() as connection:
            return dict(
                map(tuple, connection.execute("SELECT state, COUNT(*) FROM mail GROUP BY state ORDER BY state"))
            )

    def version(self) -> int:
        """The number of the schema."""
        return self._pragma("user_version")

    def size(self) -> int:
        """Bytes of the file."""
        return self._pragma("page_count") * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        with self.reading() as connection:
            return int(connection.execute(f"PRAGMA {name}").fetchone()[0])

    def copy_to(self, path: Path) -> None:
        """Copy everything that is committed now; others may write meanwhile."""
        with self.reading() as connection, closing(sqlite3.connect(path)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it

    def faults(self) -> list[str]:
        """What SQLite finds wrong with the file."""
        try:
            with self.reading() as connection:
                found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
                lost = connection.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [fault for fault in found if fault != "ok"] + [f"a row of {row[0]} belongs to nothing" for row in lost]

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        return connection

    def _check_key(self, connection: sqlite3.Connection, vault: Vault) -> None:
        row = connection.execute("SELECT fingerprint FROM server").fetchone()
        if row is None or row["fingerprint"] != vault.fingerprint():
            raise DatabaseError(
                f"{self._path} was made under another server key. Give that key back (server.key in the data "
                "directory, or ONETIME_SERVER_KEY), or choose another data directory."
            )

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        if migrations.is_newer(connection):
            raise DatabaseError(
                f"A later release made {self._path}. Install that, or choose another data directory by --data."
            )
        try:
            migrations.migrate(connection)
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"Cannot bring {self._path} up to date: {error}.") from None


def _make(path: Path, vault: Vault) -> None:
    with new_file.whole(path) as unfinished, closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA synchronous=OFF")  # the file is synced as a whole before it takes its name
        connection.executescript(SCHEMA)
        migrations.mark_as_current(connection)
        with connection:
            connection.execute("INSERT INTO server VALUES (?)", (vault.fingerprint(),))
