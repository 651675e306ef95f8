# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as rows of a table: only what a row is found by stands open, the rest is one sealed document.

A row is bound to every open column: whoever can write the database without the key can neither move it to another name nor
alter it. The document names the version of its content; what it does not have counts as not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    Announcement,
    Attempt,
    Delivery,
    Kind,
    Part,
    PendingBurn,
    Record,
    RevealedValue,
    Told,
    Way,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Fingerprints, Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Row

CONTENT = 1  # version of the sealed documents; raise it when a field changes its meaning

_Kept = TypeVar("_Kept", Record, Attempt, PendingBurn, RevealedValue, Delivery, Announcement, Told)


def closed(content: Mapping[str, Any]) -> Row:
    """Return the document to seal for these fields."""
    return {"content": CONTENT, **content}


def bound_to(table: str, open_columns: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a row is bound to: its table and every column that stands open."""
    return (table, *(f"{column}={open_columns[column]}" for column in sorted(open_columns)))


class Rows:
    """Turns records into rows and back, for one scope (a server and an account)."""

    def __init__(self, seal: Seal, fingerprints: Fingerprints, scope: str) -> None:
        self.seal = seal
        self.fingerprints = fingerprints
        self._scope = scope

    def key_digest(self, key: str) -> str:
        """Return what stands for a metadata key or a secret key in an open column, so that its row can be found."""
        return self.fingerprints.of("metadata_key", key)

    def of_link(self, name: str, record: Record) -> Row:
        return self._sealed("link", name, _fields_of(record), key_digest=self.key_digest(record.metadata_key))

    def of_attempt(self, name: str, attempt: Attempt) -> Row:
        content = _fields_of(attempt)
        return self._sealed("attempt", name, content, id=content.pop("id"))

    def of_pending_burn(self, name: str, burn: PendingBurn) -> Row:
        return self._sealed("pending_burn", name, _fields_of(burn), key_digest=self.key_digest(burn.metadata_key))

    def of_delivery(self, name: str, delivery: Delivery) -> Row:
        content = _fields_of(delivery)
        return self._sealed("delivery", name, content, part=content.pop("part"))

    def of_told(self, name: str, told: Told) -> Row:
        digest = self.fingerprints.of("told", told.part, told.of, *told.way)
        return self._sealed("told", name, _fields_of(told), digest=digest)

    def of_revealed(self, name: str, revealed: RevealedValue) -> Row:
        return self._sealed("revealed", name, _fields_of(revealed), key_digest=self.key_digest(revealed.secret_key))

    def of_announcement(self, name: str, announcement: Announcement) -> Row:
        content = _fields_of(announcement)
        return self._sealed("announcement", name, content, matter=content.pop("matter"))

    def link(self, row: Row) -> Record:
        content = self._content("link", row)
        return _made(Record, {**content, "kind": Kind(content["kind"]), "state": State(content["state"])})

    def attempt(self, row: Row) -> Attempt:
        return _made(Attempt, {**self._content("attempt", row), "id": row["id"]})

    def pending_burn(self, row: Row) -> PendingBurn:
        return _made(PendingBurn, self._content("pending_burn", row))

    def revealed(self, row: Row) -> RevealedValue:
        return _made(RevealedValue, self._content("revealed", row))

    def delivery(self, row: Row) -> Delivery:
        content = self._content("delivery", row)
        return _made(Delivery, {**content, "part": Part(row["part"])})

    def told(self, row: Row) -> Told:
        content = self._content("told", row)
        return _made(Told, {**content, "part": Part(content["part"]), "way": Way(*content["way"])})

    def announcement(self, row: Row) -> Announcement:
        return _made(Announcement, {**self._content("announcement", row), "matter": row["matter"]})

    def _sealed(self, table: str, name: str, content: Row, **found_by: str) -> Row:
        open_columns = {"scope": self._scope, "name": name, **found_by}
        return {**open_columns, "sealed": self.seal.close(closed(content), bound_to(table, open_columns))}

    def _content(self, table: str, row: Row) -> Row:
        content = reopened(self.seal, table, row)
        if content.pop("content") > CONTENT:
            raise LedgerError(
                f"the ledger's record of {row['name']!r} was written by a later version of this collection",
                "use that version, or another ledger",
            )
        return content


def reopened(seal: Seal, table: str, row: Row) -> Row:
    """Return the document in a row. Raises LedgerError where the row was altered or belongs elsewhere."""
    return seal.open(row["sealed"], identity_of(table, row), row["name"])


def identity_of(table: str, row: Row) -> tuple[str, ...]:
    """Return what the row's document is bound to."""
    return bound_to(table, {column: value for column, value in row.items() if column != "sealed"})


def _fields_of(kept: _Kept) -> Row:
    """As `dataclasses.asdict`, but for the copies that it makes of all that is in them: they are sealed at once."""
    return {field.name: getattr(kept, field.name) for field in fields(kept)}


def _made(kind: type[_Kept], content: Row) -> _Kept:
    return kind(**{field.name: content[field.name] for field in fields(kind) if field.name in content})
