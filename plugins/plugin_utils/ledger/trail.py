# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail: events in one chain, which only grows at its end and is cut only at its beginning.

Each row's MAC covers the row and the MAC of the row before; the head, sealed as all else, has the last one and the number of
the first and of the last row. So a row that was altered, removed or put in shows, the last one as well. The MACs' key is
derived from that of the fingerprints, so a change of the ledger key leaves the chain as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import (
    BEGINNINGS,
    DAY,
    SEEN,
    Audit,
    Event,
    Happening,
    Verdict,
    What,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.rows import (
    bound_to,
    closed,
    identity_of,
    reopened,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Fingerprints, Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Row, Tables

THE_LEDGER = ""  # scope and name of what is told of the ledger itself
ROWS_AT_ONCE = 5_000  # in memory
PRUNED_AT_ONCE = 5_000  # so that no run waits long for another one that prunes
OLDER_IN_A_ROW = 5_000  # events that end what is read by time
PRUNED_EVERY = DAY  # so that the trail is not full of notes of what was pruned

Told = tuple[str, str, Happening]  # scope, name, what happened


@dataclass(frozen=True)
class Head:
    """The ends of the chain."""

    number: int = 0  # of the last row
    mac: str = ""  # of the last row
    first: int = 1  # number of the first row that is kept
    before: str = ""  # MAC of the row before that one
    oldest_at: int | None = None  # when the first row that is kept was written


class Trail:
    """The trail within one transaction."""

    def __init__(self, tables: Tables, seal: Seal, fingerprints: Fingerprints, audit: Audit) -> None:
        self._tables = tables
        self._seal = seal
        self._digests = fingerprints
        self._macs = fingerprints.derived(b"trail")
        self._audit = audit

    def create(self) -> None:
        """Make the tables of a trail without events."""
        self._tables.execute(f"""
            CREATE TABLE event (
                number INTEGER NOT NULL PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, mac TEXT NOT NULL,
                sealed {self._tables.blob} NOT NULL
            )""")
        self._tables.execute("CREATE INDEX event_by_name ON event (scope, name)")
        self._tables.execute(f"CREATE TABLE head (number INTEGER NOT NULL, sealed {self._tables.blob} NOT NULL)")
        self._tables.insert("head", self._sealed_head(Head()))

    def check(self) -> None:
        """Raise LedgerError where nothing can be told any more: better before a request is sent than after it."""
        self._head()

    def tell(self, told: Sequence[Told]) -> None:
        """Add events at the end. To be done last in a transaction: until it ends nobody else can tell anything."""
        # The row stays the same one for ever: who waits for it would not see another in its place.
        head, now = self._opened(self._tables.hold("head")), int(self._audit.clock())
        for one in told:
            head = self._appended(head, now, one)
        if head.oldest_at is not None and head.oldest_at < now - self._audit.keep - PRUNED_EVERY:
            head = self._pruned(head, now)
        self._put(head)

    def read(self, scope: str, names: Sequence[str] = (), since: int | None = None) -> Iterator[Event]:
        """Yield the events of a scope and of the ledger itself, the newest first; of `names` alone where they are given.

        Events long before `since` may be left out.
        """
        if names:
            rows = self._tables.select("event", scope=scope, name=names)
            yield from (self._event(row) for row in reversed(rows))
            return
        older = 0  # events in a row that are long before `since`: a few may come from a controller whose clock is wrong
        for row in self._rows(newest_first=True):
            if row["scope"] not in (scope, THE_LEDGER):
                continue
            event = self._event(row)
            is_older = since is not None and event.at is not None and event.at < since - DAY  # clocks differ
            older = older + 1 if is_older else 0
            if older == OLDER_IN_A_ROW:
                return
            if not is_older:
                yield event

    def verify(self) -> Verdict:
        """Check every row, that none is missing, and that the events tell of all that is recorded of the present links."""
        try:
            head = self._head()
        except LedgerError:
            return Verdict(0, ("the head of the trail was altered or removed",))
        # Before the events, which may become more meanwhile.
        links = {str(row["key_digest"]): row for row in self._tables.select("link")}
        sent = [(row["scope"], row["name"], row["part"]) for row in self._tables.select("delivery")]
        told: dict[str, set[str]] = {digest: set() for digest in links}
        problems, expected, count = list[str](), head.first, 0
        previous: str | None = head.before  # MAC of the row before; None where it is not known
        for row in self._rows():
            number, count = int(row["number"]), count + 1
            if not head.first <= number <= head.number:
                problems.append(f"row {number} ({row['name']!r}) is none of the trail's: it was put in")
                continue
            if number > expected:
                problems.append(_missing(expected, number - 1))
                previous = None
            document = self._document(row)
            if document is None:
                problems.append(f"row {number} ({row['name']!r}) was altered")
            elif previous is not None and row["mac"] != self._mac(previous, row, document):
                problems.append(f"row {number} ({row['name']!r}) does not follow the row before it")
            elif document["link"] in told:
                told[document["link"]] |= {document["what"], document["details"].get("part", "")}
            previous, expected = row["mac"] if document else None, number + 1
        if expected <= head.number:
            problems.append(_missing(expected, head.number))
        elif count and previous is not None and previous != head.mac:
            problems.append(f"row {head.number} is not the one that the head of the trail names")
        # Where rows are missing it is plain why a link has none.
        return Verdict(count, tuple(problems or self._unexplained(links, sent, told, head)))

    def reseal(self, new: Seal) -> None:
        """Seal all events under another ledger key; their MACs stay. A row that does not open stays as it is, for `verify`."""
        for row in self._rows():
            document = self._document(row)
            if document is not None:
                self._tables.put("event", {**row, "sealed": new.close(document, identity_of("event", row))})
        head, self._seal = self._head(), new
        self._put(head)

    def _appended(self, head: Head, now: int, told: Told) -> Head:
        scope, name, happening = told
        open_columns: Row = {"number": head.number + 1, "scope": scope, "name": name}
        document = closed(
            {
                "what": happening.what.value,
                "at": now,
                "server_at": happening.server_at,
                "recipient": happening.recipient,
                "link": self._digests.of("metadata_key", happening.key) if happening.key else None,
                "by": dict(self._audit.by),
                "details": dict(happening.details),
            }
        )
        open_columns["mac"] = self._mac(head.mac, open_columns, document)
        sealed = self._seal.close(document, bound_to("event", open_columns))
        self._tables.insert("event", {**open_columns, "sealed": sealed})
        oldest_at = now if head.oldest_at is None else head.oldest_at
        return replace(head, number=head.number + 1, mac=open_columns["mac"], oldest_at=oldest_at)

    def _pruned(self, head: Head, now: int) -> Head:
        """Delete what is older than it has to be kept, and tell so; nothing from where the trail was meddled with."""
        until, number, mac, oldest_at = now - self._audit.keep, head.first, head.before, head.oldest_at
        for row in islice(self._rows(), PRUNED_AT_ONCE):
            document = self._document(row)
            if document is None or row["mac"] != self._mac(mac, row, document):
                oldest_at = until  # so that it is looked at again in a day, and not by each run
                break
            oldest_at = document["at"]
            if oldest_at >= until or number == head.number:
                break
            number, mac = number + 1, row["mac"]
        pruned = number - head.first
        head = replace(head, first=number, before=mac, oldest_at=oldest_at)
        if not pruned:
            return head
        self._tables.delete_below("event", "number", number)
        note = Happening(What.PRUNED, details={"events": pruned})
        return self._appended(head, now, (THE_LEDGER, THE_LEDGER, note))

    def _unexplained(
        self, links: Mapping[str, Row], sent: Iterable[tuple[str, str, str]], told: Mapping[str, Set[str]], head: Head
    ) -> Iterator[str]:
        """Yield what is recorded of the links and told by no event.

        sent: scope, name and part of each delivery. told: by the digest of each link what was told of it, and the parts sent.
        """
        whole: dict[tuple[str, str], Set[str]] = {}  # of the links whose whole story is to be in the trail
        for digest, row in links.items():
            record, events = reopened(self._seal, "link", row), told[digest]
            if not BEGINNINGS & events:
                if head.first == 1 or (head.oldest_at is not None and record["recorded_at"] >= head.oldest_at):
                    yield f"the link of {row['name']!r} is recorded, but no row says how it came about"
            elif What.KNOWN not in events:
                whole[row["scope"], row["name"]] = events
                if SEEN.get(State(record["state"]), What.MADE) not in events | {What.MADE}:
                    yield f"the link of {row['name']!r} is recorded as {record['state']}, but no row says so"
        for scope, name, part in sent:
            if part not in whole.get((scope, name), {part}):
                yield f"the {part} of {name!r} is recorded as sent, but no row says so"

    def _rows(self, *, newest_first: bool = False) -> Iterator[Row]:
        return self._tables.slices("event", "number", ROWS_AT_ONCE, newest_first=newest_first)

    def _event(self, row: Row) -> Event:
        document = self._document(row)
        if document is None:
            return Event(row["number"], row["name"], What.ALTERED)
        content = {key: value for key, value in document.items() if key not in ("content", "what")}
        return Event(row["number"], row["name"], What(document["what"]), **content)

    def _document(self, row: Row) -> dict[str, Any] | None:
        """Return what a row says; None where it was altered."""
        try:
            return reopened(self._seal, "event", row)
        except LedgerError:
            return None

    def _mac(self, previous: str, row: Row, document: Row) -> str:
        return self._macs.of(
            previous, str(row["number"]), row["scope"], row["name"], json.dumps(document, sort_keys=True)
        )

    def _head(self) -> Head:
        return self._opened(self._tables.select("head"))

    def _opened(self, rows: Sequence[Row]) -> Head:
        if len(rows) != 1:
            raise LedgerError(
                "the head of the ledger's audit trail is missing",
                "find out who can write to the ledger, then restore it from a backup",
            )
        content = self._seal.open(
            rows[0]["sealed"], _identity_of_head(rows[0]["number"]), "the head of its audit trail"
        )
        return Head(**content)

    def _put(self, head: Head) -> None:
        self._tables.update("head", self._sealed_head(head))

    def _sealed_head(self, head: Head) -> Row:
        return {"number": head.number, "sealed": self._seal.close(asdict(head), _identity_of_head(head.number))}


def _identity_of_head(number: int) -> tuple[str, ...]:
    return bound_to("head", {"number": number})


def _missing(first: int, last: int) -> str:
    return f"row {first} is missing" if first == last else f"rows {first} to {last} are missing"
