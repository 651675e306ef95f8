"""Whatever is done under one name is done there alone, is told there, and keeps nobody from reading. In every back end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import sql
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    Announcement,
    Delivery,
    Entry,
    Part,
    Record,
    RevealedValue,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Completion, Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.rows import ATTEMPT, MADE, OTHER_ATTEMPT, OWED, RECORD, complete

Open = Callable[..., SqlLedger]
Change = Callable[[Ledger], object]

READ = RevealedValue("secret-key-of-theirs", "value of theirs", 1_800_000_000)
SENT = Delivery(Part.LINK, "mail", "alice@example.com", 1_800_000_000)
KNOWN = Announcement("eda read", RECORD.metadata_key, 1_800_000_000)
OTHER = replace(RECORD, metadata_key="metadata-key-of-another")
ALSO_OWED = replace(OWED, metadata_key="metadata-key-of-another")
EVENT = replace(MADE, what=What.UNKNOWN)  # which nothing else here tells

CHANGES: dict[str, tuple[Change, Entry]] = {
    "abandon": (
        lambda it: it.abandon("alice", ATTEMPT, EVENT),
        Entry(RECORD, (OTHER_ATTEMPT,), (OWED,), (READ,), (SENT,)),
    ),
    "owe": (
        lambda it: it.owe("alice", ATTEMPT, ALSO_OWED, EVENT),
        Entry(RECORD, (OTHER_ATTEMPT,), (OWED, ALSO_OWED), (READ,), (SENT,)),
    ),
    "withdraw": (
        lambda it: it.withdraw("alice", ATTEMPT, OTHER, ALSO_OWED, EVENT),
        Entry(RECORD, (OTHER_ATTEMPT,), (OWED, ALSO_OWED), (READ,), (SENT,)),
    ),
    "complete": (
        lambda it: complete(it, "alice", ATTEMPT, OTHER, ALSO_OWED, what=What.UNKNOWN),
        Entry(OTHER, (OTHER_ATTEMPT,), (OWED, ALSO_OWED), (READ,)),
    ),
    "note": (
        lambda it: it.note("alice", replace(RECORD, ttl=7), EVENT),
        Entry(replace(RECORD, ttl=7), (ATTEMPT, OTHER_ATTEMPT), (OWED,), (READ,), (SENT,)),
    ),
    "retire": (
        lambda it: it.retire("alice", ALSO_OWED, EVENT),
        Entry(None, (ATTEMPT, OTHER_ATTEMPT), (OWED, ALSO_OWED), (READ,)),
    ),
    "settle": (
        lambda it: it.settle("alice", OWED, EVENT),
        Entry(RECORD, (ATTEMPT, OTHER_ATTEMPT), (), (READ,), (SENT,)),
    ),
    "deliver": (
        lambda it: it.delivered("alice", replace(SENT, channel="chat"), EVENT),
        Entry(RECORD, (ATTEMPT, OTHER_ATTEMPT), (OWED,), (READ,), (replace(SENT, channel="chat"),)),
    ),
    "keep": (
        lambda it: it.keep("alice", replace(READ, value="another"), EVENT),
        Entry(RECORD, (ATTEMPT, OTHER_ATTEMPT), (OWED,), (replace(READ, value="another"),), (SENT,)),
    ),
    "drop": (
        lambda it: it.drop("alice", READ, EVENT),
        Entry(RECORD, (ATTEMPT, OTHER_ATTEMPT), (OWED,), (), (SENT,)),
    ),
}  # fmt: skip


def full(ledger: SqlLedger, *names: str) -> SqlLedger:
    """A ledger that holds all that there may be under a name, under each of them."""
    for name in names:
        complete(ledger, name, ATTEMPT, RECORD, OWED)
        ledger.begin(name, ATTEMPT)
        ledger.begin(name, OTHER_ATTEMPT)
        ledger.keep(name, READ)
        ledger.delivered(name, SENT)
        ledger.announce(name, KNOWN)
    return ledger


@pytest.mark.parametrize("name", CHANGES)
def test_it_changes_what_it_is_about_and_tells_so_and_nothing_else(open_ledger: Open, name: str) -> None:
    change, expected = CHANGES[name]
    ledger, other_account = full(open_ledger("one"), "alice", "bob"), full(open_ledger("two"), "alice")
    whole, before = ledger.read("bob"), list(ledger.history())

    change(ledger)

    found = ledger.read("alice")
    assert replace(found, pending_burns=()) == replace(expected, pending_burns=())
    assert set(found.pending_burns) == set(expected.pending_burns)
    newest, *earlier = ledger.history()
    assert (newest.name, newest.what, earlier) == ("alice", What.UNKNOWN, before)
    assert ledger.read("bob") == other_account.read("alice") == whole
    assert list(other_account.announced()) == [("alice", KNOWN)]
    assert ("bob", KNOWN) in ledger.announced()
    assert (("alice", KNOWN) in ledger.announced()) == (name not in ("complete", "retire"))


def test_many_names_are_read_a_part_at_a_time(open_ledger: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"name {number}" for number in range(5)]
    ledger = full(open_ledger(), *names)
    monkeypatch.setattr(sql, "NAMES_AT_ONCE", 2)

    found = ledger.read_all([*names[::-1], "nobody"])
    assert found == {**{name: ledger.read(name) for name in names}, "nobody": Entry()}


def test_who_reads_does_not_wait_for_who_writes(open_ledger: Open) -> None:
    reader, writer = full(open_ledger(), "alice"), open_ledger()
    before = list(reader.history())
    writer.read("alice")

    with writer._transaction(alone=True):
        assert reader.read("alice") == reader.entries()["alice"]
        assert RECORD.metadata_key in reader.footprint().metadata_keys
        assert reader.name_of(RECORD.metadata_key) == reader.name_of_revealed(READ.secret_key) == "alice"
        assert list(reader.history()) == before
        assert reader.verify().events == len(before)
        assert list(reader.announced()) == [("alice", KNOWN)]
        assert not reader.is_sealed_under(b"x" * 32)


def test_before_there_is_a_ledger_nothing_is_its_key_and_a_fingerprint_stays(open_ledger: Open) -> None:
    assert not open_ledger().is_sealed_under(b"x" * 32)
    assert open_ledger().fingerprint("a") == open_ledger().fingerprint("a")


def test_an_unknown_secret_key_has_no_name_with_a_ledger_or_without(open_ledger: Open) -> None:
    assert open_ledger().name_of_revealed("x") is None
    assert full(open_ledger(), "alice").name_of_revealed("x") is None
    open_ledger().keep("alice", replace(READ, value=None))
    assert open_ledger().name_of_revealed(READ.secret_key) is None, "a mere intent"
    full(open_ledger("another account"), "alice")
    assert open_ledger().name_of_revealed(READ.secret_key) is None


@pytest.mark.parametrize(
    ("recorded", "outcome"),
    [(None, Completion.WITHDRAWN), (OTHER, Completion.WITHDRAWN), (RECORD, Completion.RECORDED)],
    ids=["nothing", "another link", "this link"],
)
def test_an_intent_that_is_gone_is_judged_by_what_is_recorded(
    open_ledger: Open, recorded: Record | None, outcome: Completion
) -> None:
    ledger = full(open_ledger(), "bob")
    if recorded:
        complete(ledger, "alice", ATTEMPT, recorded, None)

    assert ledger.withdraw("alice", ATTEMPT, RECORD, OWED) is outcome
    assert ledger.read("alice").pending_burns == ()
