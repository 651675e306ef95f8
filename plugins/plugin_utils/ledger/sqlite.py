# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded ledger: one SQLite file, mode 0600, beside it a lock file and, unless a key is given, a key file."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cached_property
from pathlib import Path

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import locks
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import (
    KEY_BYTES,
    make_key_file,
    parse_key,
    read_key_file,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.rows import Row, Rows
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Attempt, Entry, OwedBurn, Record

SCHEMA_VERSION = 1
BUSY_LIMIT = 30.0  # seconds to wait for another process's transaction, which lasts milliseconds

SCHEMA = f"""
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE ledger (key_check TEXT NOT NULL);
CREATE TABLE link (
    scope TEXT NOT NULL, name TEXT NOT NULL, key_digest TEXT NOT NULL, sealed BLOB NOT NULL,
    kind TEXT NOT NULL, fingerprints TEXT NOT NULL, recipient TEXT, share_domain TEXT NOT NULL, state TEXT NOT NULL,
    ttl_asked INTEGER, ttl INTEGER NOT NULL, created_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, received_at INTEGER,
    PRIMARY KEY (scope, name)
);
CREATE INDEX link_by_key ON link (scope, key_digest);
CREATE TABLE attempt (
    scope TEXT NOT NULL, name TEXT NOT NULL, step TEXT NOT NULL, started_at INTEGER NOT NULL, ttl INTEGER, recipient TEXT,
    PRIMARY KEY (scope, name)
);
CREATE TABLE owed_burn (
    scope TEXT NOT NULL, name TEXT NOT NULL, key_digest TEXT NOT NULL, sealed BLOB NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (scope, name, key_digest)
);
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


class SqliteLedger:
    """A `Ledger` in a file, made at the first write. With `read_only` nothing is made or changed (check mode).

    A connection lives for one method only: SQLite's must not be carried across a fork.
    """

    def __init__(self, path: Path, scope: str, key: str | None, *, read_only: bool = False) -> None:
        self._path = path
        self._scope = scope
        self._given_key = key
        self._read_only = read_only

    def fingerprint(self, *parts: str | None) -> str:
        return self._seal.fingerprint(*parts)

    def locked(self, name: str) -> AbstractContextManager[None]:
        self._make_folder()
        return locks.locked(self._beside(".lock"), f"{self._scope} {name}")

    def read(self, name: str) -> Entry:
        if not self._path.exists():
            return Entry()
        with self._transaction("DEFERRED") as db:
            link = self._select(db, "link", name).fetchone()
            attempt = self._select(db, "attempt", name).fetchone()
            owed = self._select(db, "owed_burn", name).fetchall()
        return Entry(
            self._rows.link(dict(link)) if link else None,
            self._rows.attempt(dict(attempt)) if attempt else None,
            tuple(self._rows.owed_burn(dict(row)) for row in owed),
        )

    def name_of(self, metadata_key: str) -> str | None:
        if not self._path.exists():
            return None
        query = "SELECT name FROM link WHERE scope = ? AND key_digest = ?"
        with self._transaction("DEFERRED") as db:
            row = db.execute(query, (self._scope, self._rows.key_digest(metadata_key))).fetchone()
        return str(row["name"]) if row else None

    def begin(self, name: str, attempt: Attempt) -> None:
        self._make_file()
        with self._transaction() as db:
            self._insert(db, "attempt", self._rows.of_attempt(name, attempt))

    def abandon(self, name: str) -> None:
        with self._transaction() as db:
            self._delete(db, "attempt", name)

    def complete(self, name: str, record: Record, owed: OwedBurn | None) -> None:
        with self._transaction() as db:
            self._delete(db, "attempt", name)
            self._insert(db, "link", self._rows.of_link(name, record))
            if owed:
                self._insert(db, "owed_burn", self._rows.of_owed_burn(name, owed))

    def note(self, name: str, record: Record) -> None:
        with self._transaction() as db:
            self._insert(db, "link", self._rows.of_link(name, record))

    def settle(self, name: str, owed: OwedBurn) -> None:
        condition = "scope = ? AND name = ? AND key_digest = ?"
        with self._transaction() as db:
            db.execute(
                f"DELETE FROM owed_burn WHERE {condition}",  # noqa: S608
                (self._scope, name, self._rows.key_digest(owed.metadata_key)),
            )

    def forget(self, name: str) -> None:
        with self._transaction() as db:
            self._delete(db, "link", name)
            self._delete(db, "attempt", name)

    def _select(self, db: sqlite3.Connection, table: str, name: str) -> sqlite3.Cursor:
        return db.execute(f"SELECT * FROM {table} WHERE scope = ? AND name = ?", (self._scope, name))  # noqa: S608

    def _delete(self, db: sqlite3.Connection, table: str, name: str) -> None:
        db.execute(f"DELETE FROM {table} WHERE scope = ? AND name = ?", (self._scope, name))  # noqa: S608

    def _insert(self, db: sqlite3.Connection, table: str, row: Row) -> None:
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        db.execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self._seal, self._scope)

    @cached_property
    def _seal(self) -> Seal:
        if self._given_key:
            return Seal(parse_key(self._given_key))
        path = self._beside(".key")
        key = read_key_file(path)
        if key is None and self._path.exists():
            raise LedgerError(f"the ledger {self._path} has lost its key file {path}", "restore it, or give ledger_key")
        if key is None and not self._read_only:
            self._make_folder()
            make_key_file(path)
            key = read_key_file(path)
        # Without a ledger and allowed to make none: no record can be recognised, under whatever key.
        return Seal(key or os.urandom(KEY_BYTES))

    @contextmanager
    def _transaction(self, mode: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction; what it wrote is on the disk when it ends."""
        try:
            with closing(self._connect()) as db:
                db.execute(f"BEGIN {mode}")
                yield db
                db.execute("COMMIT")  # any other end of the block closes the connection, which rolls back
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=BUSY_LIMIT, isolation_level=None)
        db.row_factory = sqlite3.Row
        try:
            db.execute("PRAGMA synchronous = FULL")  # in WAL mode NORMAL may lose the intent when the power fails
            self._check(db)
        except BaseException:
            db.close()
            raise
        return db

    def _check(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise LedgerError(
                f"the ledger {self._path} has version {version}, this collection knows {SCHEMA_VERSION}",
                "use the collection's version that wrote it, or another file",
            )
        if db.execute("SELECT key_check FROM ledger").fetchone()["key_check"] != self._seal.check:
            raise LedgerError(f"the ledger {self._path} was sealed under another key", "give the right ledger_key")

    def _make_folder(self) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError.from_os(f"the ledger's folder {self._path.parent} cannot be made", error) from None

    def _make_file(self) -> None:
        """Make the database where there is none: complete under another name first, so that nobody sees half of it."""
        if self._path.exists():
            return
        check = self._seal.check
        try:
            self._make_folder()
            with tempfile.TemporaryDirectory(dir=self._path.parent, prefix=f"{self._path.name}.") as folder:
                draft = Path(folder) / "draft"
                draft.touch(mode=0o600)
                with closing(sqlite3.connect(draft, isolation_level=None)) as db:
                    db.executescript(SCHEMA)
                    db.execute("INSERT INTO ledger (key_check) VALUES (?)", (check,))
                os.link(draft, self._path)
        except FileExistsError:
            pass  # another process was faster
        except OSError as error:
            raise LedgerError.from_os(f"the ledger {self._path} cannot be made", error) from None
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: sqlite3.Error) -> LedgerError:
        # SQLite's text names the fault ("disk I/O error", "file is not a database") and no data.
        fix = "check that it is a ledger, that its folder may be written and that the disk has room"
        return LedgerError(f"the ledger {self._path} cannot be used: {error}", fix)

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)
