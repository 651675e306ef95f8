# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger in tables: all of it but what differs between databases."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from typing import Any, ClassVar, cast

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import schema
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import KEY_BYTES
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.rows import SEALED, Row, Rows
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.schema import Database
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Fingerprints, Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import (
    Attempt,
    Delivery,
    Entry,
    OwedBurn,
    Record,
    Revealed,
)

THE_LEDGER = ("ledger", "the ledger itself")  # what the sealed part of its description is bound to


class SqlLedger(ABC):
    """A `Ledger` in SQL tables, made at the first write. With `read_only` nothing is made or changed (check mode)."""

    MARK: ClassVar[str]  # of a parameter in a statement
    BLOB: ClassVar[str]  # type of a column of bytes

    def __init__(self, scope: str, *, read_only: bool = False) -> None:
        self._scope = scope
        self._read_only = read_only
        self._opened: Rows | None = None

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the ledger is, for people; no secret."""

    @abstractmethod
    def locked(self, name: str) -> AbstractContextManager[None]:
        """Hold the name against every other fork, process and controller on this ledger."""

    @abstractmethod
    def close(self) -> None:
        """Give up what is held open."""

    @abstractmethod
    def _keys(self) -> list[bytes]:
        """Return the ledger key; behind it, in the middle of a change of keys, the next one."""

    @abstractmethod
    def _is_there(self) -> bool:
        """Whether the ledger exists."""

    @abstractmethod
    def _make(self) -> None:
        """Make the ledger, with `_fill`, unless somebody else was faster."""

    @abstractmethod
    def _session(self, *, write: bool, alone: bool = False) -> AbstractContextManager[Database]:
        """Run the block as one transaction, durable when it ends; with `alone` while nobody else is in one that writes."""

    def fingerprint(self, *parts: str | None) -> str:
        return self._rows().fingerprints.of(*parts)

    def read(self, name: str) -> Entry:
        if not self._is_there():
            return Entry()
        with self._transaction(write=False) as db:
            return self._entries(db, name=name).get(name, Entry())

    def entries(self) -> dict[str, Entry]:
        if not self._is_there():
            return {}
        with self._transaction(write=False) as db:
            return self._entries(db)

    def name_of(self, metadata_key: str) -> str | None:
        if not self._is_there():
            return None
        with self._transaction(write=False) as db:
            digest = self._rows().key_digest(metadata_key)
            for table in ("link", "owed_burn"):
                for row in self._select(db, table, scope=self._scope, key_digest=digest):
                    return str(row["name"])
        return None

    def begin(self, name: str, attempt: Attempt) -> None:
        with self._transaction() as db:
            self._put(db, "attempt", self._rows().of_attempt(name, attempt))

    def abandon(self, name: str, attempt: Attempt) -> None:
        with self._transaction() as db:
            self._delete(db, "attempt", scope=self._scope, name=name, id=attempt.id)

    def complete(self, name: str, attempt: Attempt, record: Record, owed: OwedBurn | None) -> None:
        with self._transaction() as db:
            self._delete(db, "attempt", scope=self._scope, name=name, id=attempt.id)
            self._put(db, "link", self._rows().of_link(name, record))
            self._delete(db, "delivery", scope=self._scope, name=name)
            if owed:
                self._put(db, "owed_burn", self._rows().of_owed_burn(name, owed))

    def note(self, name: str, record: Record) -> None:
        with self._transaction() as db:
            self._put(db, "link", self._rows().of_link(name, record))

    def retire(self, name: str, owed: OwedBurn | None) -> None:
        with self._transaction() as db:
            self._delete(db, "link", scope=self._scope, name=name)
            self._delete(db, "delivery", scope=self._scope, name=name)
            if owed:
                self._put(db, "owed_burn", self._rows().of_owed_burn(name, owed))

    def settle(self, name: str, owed: OwedBurn) -> None:
        with self._transaction() as db:
            digest = self._rows().key_digest(owed.metadata_key)
            self._delete(db, "owed_burn", scope=self._scope, name=name, key_digest=digest)

    def delivered(self, name: str, delivery: Delivery) -> None:
        with self._transaction() as db:
            self._put(db, "delivery", self._rows().of_delivery(name, delivery))

    def keep(self, name: str, revealed: Revealed) -> None:
        with self._transaction() as db:
            self._put(db, "revealed", self._rows().of_revealed(name, revealed))

    def drop(self, name: str, revealed: Revealed) -> None:
        with self._transaction() as db:
            digest = self._rows().key_digest(revealed.secret_key)
            self._delete(db, "revealed", scope=self._scope, name=name, key_digest=digest)

    def is_sealed_under(self, key: bytes) -> bool:
        """Whether this is the ledger's key. False where there is no ledger yet."""
        if not self._is_there():
            return False
        with self._transaction(write=False):
            return self._rows().seal.check == Seal(key).check

    def reseal(self, new_key: bytes) -> None:
        """Seal all that is sealed, of every scope, under another ledger key. Fingerprints stay as they are."""
        new = Seal(new_key)
        with self._transaction(alone=True) as db:
            old = self._rows().seal
            for table in SEALED:
                for row in self._select(db, table):
                    identity = (table, row["scope"], row["name"])
                    self._put(db, table, {**row, "sealed": new.close(old.open(row["sealed"], identity), identity)})
            self._describe(db, new, _fingerprint_key(self._ledger(db), old))

    @cached_property
    def _seals(self) -> list[Seal]:
        return [Seal(key) for key in self._keys()]

    def _rows(self) -> Rows:
        if self._opened is None and self._read_only and not self._is_there():
            # Nothing is known, so nothing can be recognised, by whatever key.
            return Rows(self._seals[0], Fingerprints(os.urandom(KEY_BYTES)), self._scope)
        if self._opened is None:
            with self._transaction(write=not self._read_only):
                pass
        return cast("Rows", self._opened)

    def _fill(self, db: Database) -> None:
        """Make the tables of a new ledger."""
        schema.create(db, self.BLOB)
        self._describe(db, self._seals[0], os.urandom(KEY_BYTES))

    @contextmanager
    def _transaction(self, *, write: bool = True, alone: bool = False) -> Iterator[Database]:
        """Run the block as one transaction on a ledger of this version, sealed under this key."""
        if write and not self._is_there():
            self._make()
        with ExitStack() as stack:
            db = stack.enter_context(self._session(write=write, alone=alone))
            while self._is_outdated(db):
                stack.close()
                self._migrate()
                db = stack.enter_context(self._session(write=write, alone=alone))
            yield db

    def _is_outdated(self, db: Database) -> bool:
        """Whether the ledger has to be migrated first. Raises LedgerError where it is not ours to use."""
        ledger = self._ledger(db)
        version = schema.version_of(ledger)
        if version > schema.VERSION:
            raise LedgerError(
                f"the ledger {self.place} has version {version}, this collection knows {schema.VERSION}",
                "use the collection's version that wrote it, or another ledger",
            )
        seal = self._seal_of(ledger)
        if version < schema.VERSION:
            return True
        if self._opened is None or self._opened.seal is not seal:
            self._opened = Rows(seal, Fingerprints(_fingerprint_key(ledger, seal)), self._scope)
        return False

    def _seal_of(self, ledger: Row) -> Seal:
        for seal in self._seals:
            if seal.check == ledger["key_check"]:
                return seal
        raise LedgerError(f"the ledger {self.place} was sealed under another key", "give the right ledger_key")

    def _migrate(self) -> None:
        if self._read_only:
            raise LedgerError(
                f"the ledger {self.place} was made by an earlier version of this collection",
                "run once without check mode to bring it up to date",
            )
        with self._session(write=True, alone=True) as db:
            if self._is_outdated(db):  # still: nobody was faster
                schema.migrate_from_1(db, self.BLOB)
                seal = self._seal_of(self._ledger(db))
                self._describe(db, seal, seal.fingerprint_key)

    def _ledger(self, db: Database) -> Row:
        """Return the row of the table `ledger`, the only one."""
        return self._select(db, "ledger")[0]

    def _describe(self, db: Database, seal: Seal, fingerprint_key: bytes) -> None:
        """Write that row."""
        sealed = seal.close({"fingerprint_key": fingerprint_key.hex()}, THE_LEDGER)
        db.execute("DELETE FROM ledger")
        self._insert(db, "ledger", {"version": schema.VERSION, "key_check": seal.check, "sealed": sealed})

    def _entries(self, db: Database, **where: str) -> dict[str, Entry]:
        # Intents first: where a transaction sees what others commit meanwhile, an intent that becomes a record is then
        # seen twice rather than not at all.
        rows, where = self._rows(), {"scope": self._scope, **where}
        found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for table, read in (
            ("attempt", rows.attempt),
            ("link", rows.link),
            ("owed_burn", rows.owed_burn),
            ("revealed", rows.revealed),
            ("delivery", rows.delivery),
        ):
            for row in self._select(db, table, **where):
                found[row["name"]][table].append(read(row))
        return {
            name: Entry(
                record=next(iter(tables["link"]), None),
                attempts=tuple(tables["attempt"]),
                owed=tuple(tables["owed_burn"]),
                revealed=tuple(tables["revealed"]),
                deliveries=tuple(tables["delivery"]),
            )
            for name, tables in sorted(found.items())
        }

    def _select(self, db: Database, table: str, **where: str) -> list[Row]:
        """Return the rows, in one order whichever was written last: else a database is free to choose any."""
        order = f" ORDER BY {', '.join(schema.KEYS[table])}" if table in schema.KEYS else ""
        statement = f"SELECT * FROM {table}{self._where(where)}{order}"  # noqa: S608
        return [dict(row) for row in db.execute(statement, tuple(where.values())).fetchall()]

    def _delete(self, db: Database, table: str, **where: str) -> None:
        db.execute(f"DELETE FROM {table}{self._where(where)}", tuple(where.values()))  # noqa: S608

    def _where(self, where: dict[str, str]) -> str:
        return f" WHERE {' AND '.join(f'{column} = {self.MARK}' for column in where)}" if where else ""

    def _put(self, db: Database, table: str, row: Row) -> None:
        """Insert a row, or update the one with the same key."""
        updates = ", ".join(f"{column} = excluded.{column}" for column in row)
        self._insert(db, table, row, f" ON CONFLICT ({', '.join(schema.KEYS[table])}) DO UPDATE SET {updates}")

    def _insert(self, db: Database, table: str, row: Row, on_conflict: str = "") -> None:
        marks = ", ".join([self.MARK] * len(row))
        statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks}){on_conflict}"  # noqa: S608
        db.execute(statement, tuple(row.values()))


def _fingerprint_key(ledger: Row, seal: Seal) -> bytes:
    return bytes.fromhex(str(seal.open(ledger["sealed"], THE_LEDGER)["fingerprint_key"]))
