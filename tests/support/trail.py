"""Whether the audit trail and what is held under a name agree."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import BEGINNINGS, Event, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger


def told(ledger: SqlLedger, name: str) -> list[Event]:
    """The events of a name, the oldest first."""
    return list(ledger.history([name]))[::-1]


def disagreements(ledger: SqlLedger, name: str) -> Iterator[str]:
    """What the trail tells of a name that the ledger does not hold, and the other way round."""
    yield from ledger.verify().problems
    events, entry = told(ledger, name), ledger.read(name)
    begun = [event for event in events if event.what in BEGINNINGS]
    link = None
    for event in events:
        if event.what in BEGINNINGS:
            link = event.link
        if event.what is What.FORGOTTEN:
            link = None
    recorded = ledger.fingerprint("metadata_key", entry.record.metadata_key) if entry.record else None
    if link != recorded:
        yield "the link that the trail tells of is not the one that is recorded"
    if len({event.link for event in begun}) != len(begun):
        yield "a link was told twice"
    pending = {ledger.fingerprint("metadata_key", burn.metadata_key) for burn in entry.pending_burns}
    gone = {event.link for event in events if event.what in (What.BURNED, What.ORPHAN_BURNED)}
    if pending & gone:
        yield "a burn is owed of which the trail tells that it was done"
    former = {event.link for event in begun} - {link} - pending
    ended = (*_ENDS, What.ORPHAN_BURNED, What.FORGOTTEN)
    if former - {event.link for event in events if event.what in ended}:
        yield "a former link has no end"
    if len(entry.deliveries) != sum(event.what is What.DELIVERED and event.link == link for event in events):
        yield "the trail tells of other deliveries than are noted"
    read = sum(revealed.value is not None for revealed in entry.revealed)
    if read != sum(event.what is What.REVEALED for event in events):
        yield "the trail tells of other values than are kept"


_ENDS = (What.READ, What.EXPIRED, What.LOST, What.UNKNOWN, What.BURNED, What.BURNED_ELSEWHERE)
