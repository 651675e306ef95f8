"""When a link gives occasion to act: each occasion by table, on the server's clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.occasions import (
    Delays,
    Occasion,
    missing_parts,
    occasions_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import LinkStatus
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Delivery, Part, Record
from tests.support.rows import RECORD

MADE = RECORD.recorded_at  # on our clock; it lives an hour
END = MADE + RECORD.ttl
TO_NOBODY = replace(RECORD, options={})
PROTECTED = replace(RECORD, options={"passphrase": "p"})
DELAYS = Delays(soon=600, read=60, deliver=900)


def status(record: Record | None, due: Action = Action.KEPT, *sent: Part) -> LinkStatus:
    deliveries = tuple(Delivery(part, "mail", "alice@example.com", MADE) for part in sent)
    return LinkStatus("db/alice", record, due, 0, 0, deliveries)


def read(at: int | None) -> Record:
    return replace(RECORD, state=State.RECEIVED, received_at=at)


@pytest.mark.parametrize(
    ("record", "now", "expected"),
    [
        (None, MADE, set()),
        (RECORD, MADE, set()),
        (RECORD, END - 601, set()),
        (RECORD, END - 600, {Occasion.EXPIRES_SOON}),
        (replace(RECORD, state=State.VIEWED), END - 600, {Occasion.EXPIRES_SOON}),
        (replace(RECORD, created_at=MADE - 1000), END - 600, {Occasion.EXPIRES_SOON}),  # the server's clock is behind
        (replace(RECORD, state=State.EXPIRED), END, {Occasion.EXPIRED_UNREAD}),
        (replace(RECORD, state=State.BURNED), MADE, {Occasion.BURNED_ELSEWHERE}),
        (replace(RECORD, state=State.UNKNOWN), END, set()),
        (read(RECORD.created_at + 100), MADE + 159, set()),
        (read(RECORD.created_at + 100), MADE + 160, {Occasion.READ}),
        (read(None), MADE + 60, {Occasion.READ}),  # a server that does not say when
    ],
)
def test_the_state_of_a_link(record: Record | None, now: int, expected: set[Occasion]) -> None:
    assert set(occasions_of(status(record), replace(DELAYS, deliver=None), now)) == expected


def test_a_link_that_was_just_read_is_read_whatever_the_clocks_say() -> None:
    at_once = replace(DELAYS, read=0, deliver=None)
    assert list(occasions_of(status(read(RECORD.created_at + 100)), at_once, MADE + 99)) == [Occasion.READ]


def test_a_value_that_is_too_old() -> None:
    assert list(occasions_of(status(RECORD, Action.ROTATED), DELAYS, MADE)) == [Occasion.ROTATION_DUE]


@pytest.mark.parametrize(
    ("record", "sent", "missing"),
    [
        (RECORD, (), [Part.PASSPHRASE]),  # the server mails the link
        (RECORD, (Part.PASSPHRASE,), []),
        (TO_NOBODY, (), [Part.LINK]),
        (TO_NOBODY, (Part.REMINDER,), [Part.LINK]),
        (TO_NOBODY, (Part.LINK,), []),
        (PROTECTED, (), [Part.LINK, Part.PASSPHRASE]),
        (PROTECTED, (Part.LINK,), [Part.PASSPHRASE]),
    ],
)
def test_what_was_not_handed_over(record: Record, sent: tuple[Part, ...], missing: list[Part]) -> None:
    known = status(record, Action.KEPT, *sent)
    assert missing_parts(known, record) == missing
    in_time, late = (set(occasions_of(known, DELAYS, MADE + after)) for after in (899, 900))
    assert in_time == set()
    assert late == ({Occasion.DELIVERY_MISSING} if missing else set())
    assert set(occasions_of(known, replace(DELAYS, deliver=None), MADE + 900)) == set()
