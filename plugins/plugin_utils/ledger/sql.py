# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger in tables: all of it but what differs between databases."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, ClassVar, cast

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import migrations, schema
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import (
    Audit,
    Event,
    Happening,
    Verdict,
    What,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import random_key
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    Announcement,
    Attempt,
    Delivery,
    Entry,
    Footprint,
    PendingBurn,
    Record,
    RevealedValue,
    Told,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Completion
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.rows import Rows, identity_of, reopened
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Fingerprints, Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import KEYS, Database, Row, Tables
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.trail import THE_LEDGER, Trail

NAMES_AT_ONCE = 500  # in one statement; databases have limits, SQLite's was 999 for long
NOBODY = Audit()


class SqlLedger(ABC):
    """A `Ledger` in SQL tables, made at the first write. With `read_only` nothing is made or changed (check mode)."""

    MARK: ClassVar[str]  # of a parameter in a statement
    BLOB: ClassVar[str]  # type of a column of bytes
    TO_UPDATE: ClassVar[str]  # what a SELECT ends in that makes others wait for its rows

    def __init__(self, scope: str, *, audit: Audit = NOBODY, read_only: bool = False) -> None:
        self.audit = audit
        self._scope = scope
        self._read_only = read_only
        self._loaded: list[Seal] = []
        self._opened: tuple[Row, Rows] | None = None  # the ledger's description, and what it opens

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
        """Make the ledger, with `schema.create`, unless somebody else was faster."""

    @abstractmethod
    def _session(self, *, write: bool, alone: bool = False) -> AbstractContextManager[Database]:
        """Run the block as one transaction, durable when it ends; with `alone` while nobody else is in one that writes."""

    @abstractmethod
    def _check_held(self, db: Database, name: str) -> None:
        """Raise LedgerError unless the name is still held by this very process and session."""

    @abstractmethod
    def _renew(self) -> None:
        """Make the next transaction work again after one was cut off."""

    def fingerprint(self, *parts: str | None) -> str:
        return self._rows().fingerprints.of(*parts)

    def read(self, name: str) -> Entry:
        return self.read_all([name])[name]

    def read_all(self, names: Sequence[str]) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        if self._is_there():
            with self._transaction(write=False) as tables:
                for first in range(0, len(names), NAMES_AT_ONCE):
                    found |= self._entries(tables, name=names[first : first + NAMES_AT_ONCE])
        return {name: found.get(name, Entry()) for name in names}

    def entries(self) -> dict[str, Entry]:
        if not self._is_there():
            return {}
        with self._transaction(write=False) as tables:
            return self._entries(tables)

    def footprint(self) -> Footprint:
        if not self._is_there():
            return Footprint()
        with self._transaction(write=False) as tables:
            rows = self._rows()
            # Intents first: see _entries.
            attempts = tuple(rows.attempt(row) for row in tables.select("attempt"))
            links = [rows.link(row).metadata_key for row in tables.select("link")]
            burns = [rows.pending_burn(row).metadata_key for row in tables.select("pending_burn")]
            return Footprint(frozenset([*links, *burns]), attempts)

    def name_of(self, metadata_key: str) -> str | None:
        if not self._is_there():
            return None
        with self._transaction(write=False) as tables:
            digest = self._rows().key_digest(metadata_key)
            for table in ("link", "pending_burn"):
                for row in tables.select(table, scope=self._scope, key_digest=digest):
                    return str(row["name"])
        return None

    def name_of_revealed(self, secret_key: str) -> str | None:
        if not self._is_there():
            return None
        with self._transaction(write=False) as tables:
            found = tables.select("revealed", scope=self._scope, key_digest=self._rows().key_digest(secret_key))
            return next((str(row["name"]) for row in found if self._rows().revealed(row).value is not None), None)

    def begin(self, name: str, attempt: Attempt) -> None:
        with self._transaction() as tables:
            self._trail(tables).check()  # its outcome is to be told as well
            tables.put("attempt", self._rows().of_attempt(name, attempt))

    def abandon(self, name: str, attempt: Attempt, event: Happening | None = None) -> None:
        with self._transaction() as tables:
            tables.delete("attempt", scope=self._scope, name=name, id=attempt.id)
            self._tell(tables, name, event)

    def owe(self, name: str, attempt: Attempt, burn: PendingBurn, event: Happening | None = None) -> None:
        with self._transaction() as tables:
            tables.delete("attempt", scope=self._scope, name=name, id=attempt.id)
            tables.put("pending_burn", self._rows().of_pending_burn(name, burn))
            self._tell(tables, name, event)

    def complete(
        self,
        name: str,
        attempt: Attempt,
        record: Record,
        *,
        former: Record | None,
        due: PendingBurn | None,
        event: Happening,
    ) -> None:
        with self._transaction() as tables:
            self._check_undisturbed(tables, name, former)
            tables.delete("attempt", scope=self._scope, name=name, id=attempt.id)
            tables.put("link", self._rows().of_link(name, record))
            self._leave(tables, name, former, due)
            self._tell(tables, name, event)

    def withdraw(
        self, name: str, attempt: Attempt, record: Record, burn: PendingBurn, event: Happening | None = None
    ) -> Completion:
        try:
            self._renew()
            with self._transaction() as tables:
                # Waits for a transaction that may still be about to commit: it holds the intent's row.
                if tables.delete("attempt", scope=self._scope, name=name, id=attempt.id):
                    tables.put("pending_burn", self._rows().of_pending_burn(name, burn))
                    self._tell(tables, name, event)
                    return Completion.WITHDRAWN
                recorded = self._entries(tables, name=name).get(name, Entry()).record
                return Completion.RECORDED if _is_same_link(recorded, record) else Completion.WITHDRAWN
        except LedgerError:
            return Completion.UNKNOWN

    def adopt(self, name: str, record: Record, event: Happening | None = None) -> None:
        with self._transaction() as tables:
            self._check_undisturbed(tables, name, None)
            tables.put("link", self._rows().of_link(name, record))
            self._tell(tables, name, event)

    def note(self, name: str, record: Record, event: Happening | None = None) -> None:
        with self._transaction() as tables:
            self._check_undisturbed(tables, name, record)
            tables.put("link", self._rows().of_link(name, record))
            self._tell(tables, name, event)

    def retire(self, name: str, former: Record | None, due: PendingBurn | None, event: Happening | None = None) -> None:
        with self._transaction() as tables:
            self._check_undisturbed(tables, name, former)
            tables.delete("link", scope=self._scope, name=name)
            self._leave(tables, name, former, due)
            self._tell(tables, name, event)

    def settle(self, name: str, burn: PendingBurn, event: Happening | None = None) -> None:
        with self._transaction() as tables:
            digest = self._rows().key_digest(burn.metadata_key)
            tables.delete("pending_burn", scope=self._scope, name=name, key_digest=digest)
            self._forget_ways(tables, name, burn.metadata_key)
            self._tell(tables, name, event)

    def telling(self, name: str, record: Record, told: Told) -> None:
        with self._transaction() as tables:
            self._check_undisturbed(tables, name, record)
            tables.put("told", self._rows().of_told(name, told))

    def not_told(self, name: str, told: Told) -> None:
        with self._transaction() as tables:
            digest = self._rows().of_told(name, told)["digest"]
            tables.delete("told", scope=self._scope, name=name, digest=digest)

    def delivered(self, name: str, record: Record, delivery: Delivery, event: Happening | None = None) -> None:
        def write(tables: Tables, *, again: bool) -> None:
            self._check_same_link(tables, name, record)
            if not (again and delivery in self._entries(tables, name=name)[name].deliveries):
                tables.put("delivery", self._rows().of_delivery(name, delivery))
                self._tell(tables, name, event)

        self._write_fact(write)

    def announced(self) -> Collection[tuple[str, Announcement]]:
        if not self._is_there():
            return ()
        with self._transaction(write=False) as tables:
            rows = self._rows()
            return [(row["name"], rows.announcement(row)) for row in tables.select("announcement", scope=self._scope)]

    def announce(self, name: str, announcement: Announcement) -> bool:
        if not self._is_there():  # which it was a moment ago; a new one in its place would send every link again
            return False
        with self._transaction(alone=True) as tables:
            rows, whose = self._rows(), {"scope": self._scope, "name": name}
            recorded = [rows.link(row).metadata_key for row in tables.select("link", **whose)]
            noted = [
                rows.announcement(row) for row in tables.select("announcement", **whose, matter=announcement.matter)
            ]
            if recorded != [announcement.metadata_key] or announcement.metadata_key in [
                it.metadata_key for it in noted
            ]:
                return False
            tables.put("announcement", rows.of_announcement(name, announcement))
            return True

    def keep(self, name: str, revealed: RevealedValue, event: Happening | None = None) -> None:
        def write(tables: Tables, *, again: bool) -> None:
            kept = self._kept(tables, name, revealed)
            if kept and kept.value is not None and kept.value != revealed.value:
                raise _changed_by_another(name)
            if not (again and kept == revealed):
                tables.put("revealed", self._rows().of_revealed(name, revealed))
                self._tell(tables, name, event)

        if revealed.value is not None:
            self._write_fact(write)
        else:  # an intent of a run that has lost its connection, and the name with it, is none
            with self._transaction() as tables:
                write(tables, again=False)

    def drop(self, name: str, revealed: RevealedValue, event: Happening | None = None) -> None:
        with self._transaction() as tables:
            if self._kept(tables, name, revealed) == revealed:
                digest = self._rows().key_digest(revealed.secret_key)
                tables.delete("revealed", scope=self._scope, name=name, key_digest=digest)
                self._tell(tables, name, event)

    def history(self, names: Sequence[str] = (), since: int | None = None) -> Iterator[Event]:
        if self._is_there():
            with self._transaction(write=False) as tables:
                yield from self._trail(tables).read(self._scope, names, since)

    def verify(self) -> Verdict:
        if not self._is_there():
            return Verdict(0)
        with self._transaction(write=False) as tables:
            return self._trail(tables).verify()

    def is_sealed_under(self, key: bytes) -> bool:
        """Whether this is the ledger's key. False where there is no ledger yet."""
        if not self._is_there():
            return False
        with self._transaction(write=False):
            return self._rows().seal.check == Seal(key).check

    def reseal(self, new_key: bytes) -> None:
        """Seal all that is sealed, of every scope, under another ledger key. Fingerprints stay as they are."""
        new = Seal(new_key)
        with self._transaction(alone=True) as tables:
            old = self._rows().seal
            fingerprint_key = schema.fingerprint_key(_ledger(tables), old)
            for table in KEYS.keys() - {"event"}:
                for row in tables.select(table):
                    tables.put(table, {**row, "sealed": new.close(reopened(old, table, row), identity_of(table, row))})
            trail = self._trail(tables)
            trail.reseal(new)
            trail.tell([(THE_LEDGER, THE_LEDGER, Happening(What.KEY_CHANGED))])
            schema.describe(tables, new, fingerprint_key)

    def _leave(self, tables: Tables, name: str, former: Record | None, due: PendingBurn | None) -> None:
        """Forget what is known of the former link alone; how it went, only once nobody can open it any more."""
        tables.delete("delivery", scope=self._scope, name=name)
        tables.delete("announcement", scope=self._scope, name=name)
        if due:
            tables.put("pending_burn", self._rows().of_pending_burn(name, due))
        elif former:
            self._forget_ways(tables, name, former.metadata_key)

    def _forget_ways(self, tables: Tables, name: str, metadata_key: str) -> None:
        """Forget how a link went that nobody can open any more."""
        for row in tables.select("told", scope=self._scope, name=name):
            if self._rows().told(row).of == metadata_key:
                tables.delete("told", **{column: row[column] for column in KEYS["told"]})

    def _check_undisturbed(self, tables: Tables, name: str, record: Record | None) -> None:
        """Raise LedgerError unless the name is still held, with the record that was decided from."""
        self._check_held(tables.db, name)
        self._check_same_link(tables, name, record)

    def _check_same_link(self, tables: Tables, name: str, record: Record | None) -> None:
        recorded = [self._rows().link(row) for row in tables.select("link", scope=self._scope, name=name)]
        if not _is_same_link(next(iter(recorded), None), record):
            raise _changed_by_another(name)

    def _kept(self, tables: Tables, name: str, revealed: RevealedValue) -> RevealedValue | None:
        """Return what is kept of the same link."""
        digest = self._rows().key_digest(revealed.secret_key)
        rows = tables.select("revealed", scope=self._scope, name=name, key_digest=digest)
        return next(map(self._rows().revealed, rows), None)

    def _write_fact(self, write: Callable[..., None]) -> None:
        """Write what has happened, whoever holds the name by now: once more where the connection was lost.

        `write` gets the tables, and whether it is done `again`: then it may have been done already.
        """
        try:
            with self._transaction() as tables:
                write(tables, again=False)
        except LedgerError:
            self._renew()
            with self._transaction() as tables:
                write(tables, again=True)

    def _seals(self, *, anew: bool = False) -> list[Seal]:
        if anew or not self._loaded:
            self._loaded = [Seal(key) for key in self._keys()]
        return self._loaded

    def _rows(self) -> Rows:
        if self._opened is None and self._read_only and not self._is_there():
            # Nothing is known, so nothing can be recognised, by whatever key.
            return Rows(self._seals()[0], Fingerprints(random_key()), self._scope)
        if self._opened is None:
            with self._transaction(write=not self._read_only):
                pass
        return cast("tuple[Row, Rows]", self._opened)[1]

    def _fill(self, db: Database) -> None:
        """Make the tables of a new ledger."""
        schema.create(self._tables(db), self._seals()[0])

    def _tables(self, db: Database) -> Tables:
        return Tables(db, self.MARK, self.BLOB, self.TO_UPDATE)

    def _trail(self, tables: Tables) -> Trail:
        rows = self._rows()
        return Trail(tables, rows.seal, rows.fingerprints, self.audit)

    def _tell(self, tables: Tables, name: str, event: Happening | None) -> None:
        """Add to the audit trail; the last thing that a transaction does."""
        if event:
            self._trail(tables).tell([(self._scope, name, event)])

    @contextmanager
    def _transaction(self, *, write: bool = True, alone: bool = False) -> Iterator[Tables]:
        """Run the block as one transaction on a ledger of this version, sealed under this key."""
        if write and not self._is_there():
            self._make()
        with ExitStack() as stack:
            tables = self._tables(stack.enter_context(self._session(write=write, alone=alone)))
            while self._is_outdated(tables):
                stack.close()
                self._migrate()
                tables = self._tables(stack.enter_context(self._session(write=write, alone=alone)))
            yield tables

    def _is_outdated(self, tables: Tables) -> bool:
        """Whether the ledger has to be migrated first. Raises LedgerError where it is not ours to use."""
        ledger = _ledger(tables)
        version = schema.version_of(ledger)
        if version > schema.VERSION:
            raise LedgerError(
                f"the ledger {self.place} has version {version}, this collection knows {schema.VERSION}",
                "use the collection's version that wrote it, or another ledger",
            )
        seal = self._seal_of(ledger)
        if version < schema.VERSION:
            return True
        if self._opened is None or self._opened[0] != ledger:  # another key, or another ledger in its place
            fingerprints = Fingerprints(schema.fingerprint_key(ledger, seal))
            self._opened = (ledger, Rows(seal, fingerprints, self._scope))
        return False

    def _seal_of(self, ledger: Row) -> Seal:
        for anew in (False, True):  # another process may have changed the key since ours was read
            for seal in self._seals(anew=anew):
                if seal.check == ledger["key_check"]:
                    return seal
        raise LedgerError(
            f"the ledger {self.place} is encrypted with another key", "give the right ledger_key or ledger_key_file"
        )

    def _migrate(self) -> None:
        if self._read_only:
            raise LedgerError(
                f"the ledger {self.place} was made by an earlier version of this collection",
                "run once without check mode to bring it up to date",
            )
        with self._session(write=True, alone=True) as db:
            tables = self._tables(db)
            if self._is_outdated(tables):  # still: nobody was faster
                ledger = _ledger(tables)
                migrations.migrate(tables, schema.version_of(ledger), self._seal_of(ledger))

    def _entries(self, tables: Tables, **where: str | Sequence[str]) -> dict[str, Entry]:
        # Intents first: where a transaction sees what others commit meanwhile, an intent that becomes a record is then
        # seen twice rather than not at all.
        rows, where = self._rows(), {"scope": self._scope} | where
        found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for table, read in (
            ("attempt", rows.attempt),
            ("link", rows.link),
            ("pending_burn", rows.pending_burn),
            ("revealed", rows.revealed),
            ("delivery", rows.delivery),
            ("told", rows.told),
        ):
            for row in tables.select(table, **where):
                found[row["name"]][table].append(read(row))
        return {
            name: Entry(
                record=next(iter(by_table["link"]), None),
                attempts=tuple(by_table["attempt"]),
                pending_burns=tuple(by_table["pending_burn"]),
                revealed=tuple(by_table["revealed"]),
                deliveries=tuple(by_table["delivery"]),
                told=tuple(by_table["told"]),
            )
            for name, by_table in sorted(found.items())
        }


def _ledger(tables: Tables) -> Row:
    """Return the row of the table `ledger`, the only one. Raises LedgerError where that was meddled with."""
    rows = tables.select("ledger")
    if len(rows) != 1:
        raise LedgerError(
            "the ledger's description of itself is missing, or is there twice",
            "find out who can write to the ledger, then restore it from a backup",
        )
    return rows[0]


def _changed_by_another(name: str) -> LedgerError:
    return LedgerError(
        f"the record of {name!r} was changed by another run while this one worked on it",
        "look for two ledgers or lock files where there should be one, then run again",
    )


def _is_same_link(one: Record | None, other: Record | None) -> bool:
    return (one and one.metadata_key) == (other and other.metadata_key)
