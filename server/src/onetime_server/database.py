"""The SQLite database: its schema, and transactions on it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from . import migrations, new_file
from .vault import Vault

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
    """One connection for all threads of this process; several processes may share the file."""

    def __init__(self, path: Path, vault: Vault) -> None:
        """Open the database in `path`, made (mode 0600) if need be. Raises DatabaseError."""
        self._lock = threading.Lock()
        try:
            if not path.exists():
                _make(path, vault)
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            self._prepare()
        except (OSError, sqlite3.DatabaseError) as error:
            raise DatabaseError(f"Cannot use {path}: {error}. Choose another data directory by --data.") from None
        self._check_key(path, vault)
        self._bring_up_to_date(path)

    def _prepare(self) -> None:
        # FULL: a consumed secret must not come back after a power cut. secure_delete: what is gone leaves no bytes.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end of the block, undone if it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A block that only reads."""
        with self._lock:
            yield self._connection

    def _check_key(self, path: Path, vault: Vault) -> None:
        try:
            with self.reading() as connection:
                row = connection.execute("SELECT fingerprint FROM server").fetchone()
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"Cannot use {path}: {error}. Choose another data directory by --data.") from None
        if row is None or row["fingerprint"] != vault.fingerprint():
            raise DatabaseError(
                f"{path} was made under another server key. Give that key back (server.key in the data "
                "directory, or ONETIME_SERVER_KEY), or choose another data directory."
            )

    def _bring_up_to_date(self, path: Path) -> None:
        if migrations.is_newer(self._connection):
            raise DatabaseError(
                f"A later release made {path}. Install that, or choose another data directory by --data."
            )
        try:
            migrations.migrate(self._connection)
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"Cannot bring {path} up to date: {error}.") from None


def _make(path: Path, vault: Vault) -> None:
    with new_file.whole(path) as unfinished, closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA synchronous=OFF")  # the file is synced as a whole before it takes its name
        connection.executescript(SCHEMA)
        migrations.mark_as_current(connection)
        with connection:
            connection.execute("INSERT INTO server VALUES (?)", (vault.fingerprint(),))
