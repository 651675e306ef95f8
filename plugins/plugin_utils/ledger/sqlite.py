# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded ledger: one SQLite file, mode 0600, beside it a lock file and, unless a key is given, a key file."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import locks, schema
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import KEY_BYTES, KeyFile
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.schema import Database
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger

BUSY_LIMIT = 30.0  # seconds to wait for another process's transaction, which lasts milliseconds


class SqliteLedger(SqlLedger):
    """A `Ledger` in a file. `wait`: the longest wait for a name that another run holds, in seconds.

    A connection lives for one method only: SQLite's must not be carried across a fork.
    """

    MARK = "?"
    BLOB = "BLOB"

    def __init__(self, path: Path, scope: str, keys: Sequence[bytes], *, wait: float, read_only: bool = False) -> None:
        super().__init__(scope, read_only=read_only)
        self._path = path
        self._given_keys = list(keys)
        self._key_file = KeyFile(self._beside(".key"))
        self._wait = wait

    @property
    def place(self) -> str:
        return str(self._path)

    def locked(self, name: str) -> AbstractContextManager[None]:
        self._make_folder()
        return locks.locked(self._beside(".lock"), f"{self._scope} {name}", shown=name, wait=self._wait)

    def close(self) -> None:
        pass

    def _keys(self) -> list[bytes]:
        if self._given_keys:
            return self._given_keys
        keys = self._key_file.read()
        if not keys and self._is_there():
            raise LedgerError(
                f"the ledger {self._path} has lost its key file {self._key_file.path}", "restore it, or give ledger_key"
            )
        if not keys and not self._read_only:
            self._make_folder()
            keys = self._key_file.make()
        return keys or [os.urandom(KEY_BYTES)]  # without a ledger and allowed to make none

    def reseal(self, new_key: bytes) -> None:
        if self._given_keys:
            super().reseal(new_key)
            return
        # Both keys are in the file until one of them is surely the ledger's: a crash in between loses neither.
        in_use = next((key for key in self._keys() if self.is_sealed_under(key)), new_key)
        self._key_file.replace([in_use, new_key])
        super().reseal(new_key)
        self._key_file.replace([new_key])

    def _is_there(self) -> bool:
        return self._path.exists()

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
        """Make the database complete under another name first, so that nobody sees half of it."""
        self._make_folder()
        try:
            with tempfile.TemporaryDirectory(dir=self._path.parent, prefix=f"{self._path.name}.") as folder:
                draft = Path(folder) / "draft"
                draft.touch(mode=0o600)
                with _connected(draft) as db:
                    db.execute("PRAGMA journal_mode = WAL")
                    db.execute("BEGIN")
                    self._fill(db)
                    db.execute("COMMIT")
                os.link(draft, self._path)
        except FileExistsError:
            pass  # another process was faster
        except OSError as error:
            raise LedgerError.from_os(f"the ledger {self._path} cannot be made", error) from None
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _describe(self, db: Database, seal: Seal, fingerprint_key: bytes) -> None:
        super()._describe(db, seal, fingerprint_key)
        db.execute(f"PRAGMA user_version = {schema.VERSION}")  # where version 1 of the ledger looks for it

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
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
