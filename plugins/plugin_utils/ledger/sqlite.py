# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded ledger: one SQLite file, mode 0600, beside it a lock file and, unless a key is given, a key file."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import schema
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Audit
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import (
    KeyFile,
    check_private,
    random_key,
    sync_folder,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.locks import lock_file
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import NOBODY, SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Database

BUSY_LIMIT = 30.0  # seconds to wait for another process's transaction, which lasts milliseconds


class SqliteLedger(SqlLedger):
    """A `Ledger` in a file. `wait`: the longest wait for a name that another run holds, in seconds.

    A connection lives for one method only: SQLite's must not be carried across a fork.
    """

    MARK = "?"
    BLOB = "BLOB"
    TO_UPDATE = ""  # who writes at all excludes every other

    def __init__(
        self,
        path: Path,
        scope: str,
        keys: Sequence[bytes],
        *,
        wait: float,
        audit: Audit = NOBODY,
        read_only: bool = False,
    ) -> None:
        super().__init__(scope, audit=audit, read_only=read_only)
        self._path = path.resolve()  # one ledger has one lock file and one key file, by whatever link it is reached
        self._given_keys = list(keys)
        self._key_file = KeyFile(self._beside(".key"))
        self._wait = wait
        self._locked_on: os.stat_result | None = None  # the file that names are held in

    @property
    def place(self) -> str:
        return str(self._path)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        with self._lock(self._lock_key(name), shown=name):
            self._locked_on = self._path.stat() if self._is_there() else None
            yield

    def close(self) -> None:
        pass

    def is_sealed_under(self, key: bytes) -> bool:
        # A change of keys that was cut off before its end has left the former key in the file.
        is_alone = bool(self._given_keys) or self._key_file.read() == [key]
        return is_alone and super().is_sealed_under(key)

    def reseal(self, new_key: bytes) -> None:
        if self._given_keys:
            super().reseal(new_key)
            return
        # One process at a time, from reading the key file to its last writing: another one's key would be lost. Both keys
        # are in the file until one of them is surely the ledger's: a crash in between loses neither.
        with self._lock("the ledger key", shown="the ledger key"):
            in_use = self._key_in_use()
            self._key_file.replace([in_use, new_key])
            super().reseal(new_key)
            self._key_file.replace([new_key])

    def _key_in_use(self) -> bytes:
        keys = self._keys()
        if not self._is_there():
            return keys[0]
        return next(
            key for key in keys if super(SqliteLedger, self).is_sealed_under(key)
        )  # one of them, or it raises LedgerError

    def _keys(self) -> list[bytes]:
        if self._given_keys:
            return self._given_keys
        is_there = self._is_there()  # before the key file is read: whoever makes a ledger makes its key first
        keys = self._key_file.read()
        if not keys and is_there:
            raise LedgerError(
                f"the ledger {self._path} has no key file: {self._key_file.path} is missing",
                "restore it from a backup, or give ledger_key",
            )
        if not keys and not self._read_only:
            self._make_folder()
            keys = self._key_file.make()
        return keys or [random_key()]  # without a ledger and allowed to make none

    def _lock(self, key: str, *, shown: str) -> AbstractContextManager[None]:
        self._make_folder()
        return lock_file(self._beside(".lock")).locked(key, shown=shown, wait=self._wait)

    def _lock_key(self, name: str) -> str:
        return f"{self._scope} {name}"

    def _check_held(self, db: Database, name: str) -> None:  # noqa: ARG002 - other back ends ask it
        lock_file(self._beside(".lock")).check_held(self._lock_key(name), shown=name)
        if self._locked_on and not os.path.samestat(self._locked_on, self._path.stat()):
            raise LedgerError(f"the ledger {self._path} was replaced during the run", "run again")

    def _renew(self) -> None:
        pass  # every transaction has a connection of its own

    def _is_there(self) -> bool:
        try:
            file = self._path.stat()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise LedgerError.from_os(f"the ledger {self._path} cannot be opened", error) from None
        if file.st_nlink > 1:
            raise LedgerError(
                f"the ledger {self._path} has a second name (a hard link), under which it would be locked separately",
                "keep one name and remove the others",
            )
        check_private(self._path, "the ledger")
        return True

    @contextmanager
    def _session(self, *, write: bool, alone: bool = False) -> Iterator[Database]:
        # One transaction that writes excludes every other in SQLite, so `alone` asks for nothing more.
        try:
            with _connected(self._path) as db:
                db.execute(f"BEGIN {'IMMEDIATE' if write or alone else 'DEFERRED'}")
                yield db
                db.execute("COMMIT")  # any other end of the block closes the connection, which rolls back
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _make(self) -> None:
        """Make the database whole under another name first, so that nobody ever sees half of it."""
        with self._lock("the ledger", shown="the ledger"):
            if self._is_there():
                return  # another process was faster
            try:
                with tempfile.TemporaryDirectory(dir=self._path.parent, prefix=f"{self._path.name}.") as folder:
                    self._publish(Path(folder) / "draft")
            except OSError as error:
                raise LedgerError.from_os(f"the ledger {self._path} cannot be made", error) from None
            except sqlite3.Error as error:
                raise self._unusable(error) from None

    def _publish(self, draft: Path) -> None:
        draft.touch(mode=0o600)
        with _connected(draft) as db:
            db.execute("PRAGMA synchronous = OFF")  # the file is synced as a whole below
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN")
            self._fill(db)
            db.execute("COMMIT")
            # A full disk lets the commit into the log and not into the file.
            if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()["busy"]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(self._path)
        sync_folder(self._path.parent)

    def _fill(self, db: Database) -> None:
        super()._fill(db)
        db.execute(f"PRAGMA user_version = {schema.VERSION}")  # where version 1 of the collection looks for it

    def _make_folder(self) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError.from_os(f"the ledger's folder {self._path.parent} cannot be made", error) from None

    def _unusable(self, error: sqlite3.Error) -> LedgerError:
        # SQLite's text names the fault ("disk I/O error", "file is not a database") and no data.
        fix = "check that it is a ledger, that its folder may be written and that the disk has room"
        return LedgerError(f"the ledger {self._path} cannot be used: {error}", fix)

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=BUSY_LIMIT, isolation_level=None)) as db:
        db.row_factory = _as_dict
        db.execute("PRAGMA synchronous = FULL")  # in WAL mode NORMAL may lose the intent when the power fails
        yield db


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    """SQLite keeps bytes in a column of text as well, where somebody puts them there; as text they fit no seal."""
    return {
        column[0]: value.decode(errors="replace") if isinstance(value, bytes) and column[0] != "sealed" else value
        for column, value in zip(cursor.description, row, strict=True)
    }
