"""Whatever is done under one name is done there alone, is told there, and keeps nobody from reading. In every back end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import sql
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    Announcement,
    Delivery,
    Entry,
    Part,
    PendingBurn,
    Record,
    RevealedValue,
    Told,
    Way,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Completion, Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.rows import ATTEMPT, MADE, OTHER_ATTEMPT, OWED, RECORD, complete, delivered, note, retire, telling

Open = Callable[..., SqlLedger]
Change = Callable[[Ledger], object]

READ = RevealedValue("secret-key-of-theirs", "value of theirs", 1_800_000_000)
ALSO_READ = RevealedValue("secret-key-of-another", None, 1_800_000_000)
SENT = Delivery(Part.LINK, "mail", "alice@example.com", 1_800_000_000)
TOLD = Told(Part.PASSPHRASE, RECORD.fingerprints["passphrase"], Way("webhook", "chat.example.com"), same_channel=False)
KNOWN = Announcement("eda read", RECORD.metadata_key, 1_800_000_000)
OTHER = replace(RECORD, metadata_key="metadata-key-of-another")
ALSO_OWED = replace(OWED, metadata_key="metadata-key-of-another")
EVENT = replace(MADE, what=What.UNKNOWN)  # which nothing else here tells

CHANGES: dict[str, tuple[Change, Entry]] = {
    "abandon": (
        lambda it: it.abandon("alice", ATTEMPT, EVENT),
        Entry(RECORD, (OTHER_ATTEMPT,), (OWED,), (READ,), (SENT,), (TOLD,)),
    ),
    "owe": (
        lambda it: it.owe("alice", ATTEMPT, ALSO_OWED, EVENT),
        Entry(RECORD, (OTHER_ATTEMPT,), (OWED, ALSO_OWED), (READ,), (SENT,), (TOLD,)),
    ),
    "withdraw": (
        lambda it: it.withdraw("alice", ATTEMPT, OTHER, ALSO_OWED, EVENT),
        Entry(RECORD, (OTHER_ATTEMPT,), (OWED, ALSO_OWED), (READ,), (SENT,), (TOLD,)),
    ),
    "complete": (
        lambda it: complete(it, "alice", ATTEMPT, OTHER, ALSO_OWED, what=What.UNKNOWN),
        Entry(OTHER, (OTHER_ATTEMPT,), (OWED, ALSO_OWED), (READ,), (), (TOLD,)),
    ),
    "note": (
        lambda it: note(it, "alice", replace(RECORD, ttl=7), EVENT),
        Entry(replace(RECORD, ttl=7), (ATTEMPT, OTHER_ATTEMPT), (OWED,), (READ,), (SENT,), (TOLD,)),
    ),
    "retire": (
        lambda it: retire(it, "alice", ALSO_OWED, EVENT),
        Entry(None, (ATTEMPT, OTHER_ATTEMPT), (OWED, ALSO_OWED), (READ,), (), (TOLD,)),
    ),
    "settle": (
        lambda it: it.settle("alice", OWED, EVENT),
        Entry(RECORD, (ATTEMPT, OTHER_ATTEMPT), (), (READ,), (SENT,), (TOLD,)),
    ),
    "deliver": (
        lambda it: delivered(it, "alice", replace(SENT, channel="chat"), EVENT),
        Entry(RECORD, (ATTEMPT, OTHER_ATTEMPT), (OWED,), (READ,), (replace(SENT, channel="chat"),), (TOLD,)),
    ),
    "keep": (
        lambda it: it.keep("alice", ALSO_READ, EVENT),
        Entry(RECORD, (ATTEMPT, OTHER_ATTEMPT), (OWED,), (READ, ALSO_READ), (SENT,), (TOLD,)),
    ),
    "drop": (
        lambda it: it.drop("alice", READ, EVENT),
        Entry(RECORD, (ATTEMPT, OTHER_ATTEMPT), (OWED,), (), (SENT,), (TOLD,)),
    ),
}  # fmt: skip


def full(ledger: SqlLedger, *names: str) -> SqlLedger:
    """A ledger that holds all that there may be under a name, under each of them."""
    for name in names:
        complete(ledger, name, ATTEMPT, RECORD, OWED)
        ledger.begin(name, ATTEMPT)
        ledger.begin(name, OTHER_ATTEMPT)
        ledger.keep(name, READ)
        telling(ledger, name, TOLD)
        delivered(ledger, name, SENT)
        ledger.announce(name, KNOWN)
    return ledger


@pytest.mark.parametrize("name", CHANGES)
def test_it_changes_what_it_is_about_and_tells_so_and_nothing_else(open_ledger: Open, name: str) -> None:
    change, expected = CHANGES[name]
    ledger, other_account = full(open_ledger("one"), "alice", "bob"), full(open_ledger("two"), "alice")
    whole, before = ledger.read("bob"), list(ledger.history())

    change(ledger)

    found = ledger.read("alice")
    assert replace(found, pending_burns=(), revealed=()) == replace(expected, pending_burns=(), revealed=())
    assert set(found.revealed) == set(expected.revealed)
    assert set(found.pending_burns) == set(expected.pending_burns)
    newest, *earlier = ledger.history()
    assert (newest.name, newest.what, earlier) == ("alice", What.UNKNOWN, before)
    assert ledger.read("bob") == other_account.read("alice") == whole
    assert list(other_account.announced()) == [("alice", KNOWN)]
    assert ("bob", KNOWN) in ledger.announced()
    assert (("alice", KNOWN) in ledger.announced()) == (name not in ("complete", "retire"))


def test_how_a_passphrase_was_told_stays_known_whatever_becomes_of_the_link(open_ledger: Open) -> None:
    ledger = full(open_ledger(), "alice")
    again = replace(TOLD, way=Way("ntfy", "ntfy.example.com"))
    telling(ledger, "alice", again)
    telling(ledger, "alice", again)
    assert set(ledger.read("alice").told) == {TOLD, again}

    retire(ledger, "alice", None)
    complete(ledger, "alice", ATTEMPT, OTHER, None)
    complete(ledger, "alice", ATTEMPT, replace(OTHER, fingerprints={"secret": "00", "passphrase": "22"}), None)
    assert set(ledger.read("alice").told) == {TOLD, again}
    assert set(ledger.read("alice").ways_of_passphrase(TOLD.of)) == {TOLD.way, again.way}
    assert ledger.read("alice").ways_of_passphrase("22") == ()

    ledger.not_told("alice", again)
    assert ledger.read("alice").told == (TOLD,)


def test_how_a_link_went_is_known_until_nobody_can_open_it(open_ledger: Open) -> None:
    ledger = open_ledger()
    way, passphrase = Way("ntfy", "ntfy.example.com"), RECORD.passphrase
    mailed = Way("mail", RECORD.recipient or "")
    for due in (PendingBurn.of(RECORD), None):
        complete(ledger, "alice", ATTEMPT, RECORD, None)
        telling(ledger, "alice", Told(Part.LINK, RECORD.metadata_key, way, same_channel=False))
        assert ledger.read("alice").ways_of_links(passphrase) == (mailed, way)
        complete(ledger, "alice", ATTEMPT, OTHER, due)
        assert ledger.read("alice").ways_of_links(passphrase) == ((mailed, mailed, way) if due else (mailed,))
        if due:
            assert ledger.read("alice").ways_of_links("another") == ()
            ledger.settle("alice", due)
        assert ledger.read("alice").told == ()

        telling(ledger, "alice", Told(Part.LINK, OTHER.metadata_key, way, same_channel=False))
        retire(ledger, "alice", PendingBurn.of(OTHER) if due else None)
        assert ledger.read("alice").ways_of_links(passphrase) == ((mailed, way) if due else ())
        if due:
            ledger.settle("alice", PendingBurn.of(OTHER))
        assert ledger.read("alice").told == ()
    ledger.begin("alice", ATTEMPT)
    assert ledger.read("alice").ways_of_links(passphrase) == (mailed,)
    assert ledger.read("alice").ways_of_links(None) == ()


def test_an_intent_takes_no_value_s_place_and_a_failure_drops_none(open_ledger: Open) -> None:
    ledger = full(open_ledger(), "alice")
    intent = replace(READ, value=None)
    with pytest.raises(LedgerError, match="was changed by another run"):
        ledger.keep("alice", intent)
    ledger.drop("alice", intent)
    assert ledger.read("alice").revealed == (READ,)


WRITES: dict[str, Callable[[Ledger, Record | None], object]] = {
    "complete": lambda it, former: it.complete("alice", ATTEMPT, OTHER, former=former, due=ALSO_OWED, event=EVENT),
    "adopt": lambda it, _former: it.adopt("alice", OTHER, EVENT),
    "note": lambda it, former: it.note("alice", replace(former or RECORD, ttl=7), EVENT),
    "retire": lambda it, former: it.retire("alice", former, ALSO_OWED, EVENT),
    "deliver": lambda it, former: it.delivered("alice", former or RECORD, SENT, EVENT),
    "tell": lambda it, former: it.telling("alice", former or RECORD, TOLD),
}


LOST = [
    (write, is_replaced)
    for write in WRITES
    for is_replaced in (True, False)
    if (write, is_replaced) != ("adopt", False)
]


@pytest.mark.parametrize(("write", "is_replaced"), LOST)
def test_who_lost_the_lock_changes_nothing_of_another_run_s_link(
    open_ledger: Open, write: str, is_replaced: bool
) -> None:
    """Where the lock's file was removed, or the session that held it is gone."""
    ledger, other_run = full(open_ledger(), "alice"), open_ledger()
    decided_from = ledger.read("alice").record
    retire(other_run, "alice", None)
    if is_replaced:
        complete(other_run, "alice", OTHER_ATTEMPT, replace(OTHER, metadata_key="made-meanwhile"), None)
    before, told = ledger.read("alice"), list(ledger.history())

    with ledger.locked("alice"), pytest.raises(LedgerError, match="was changed by another run while this one worked"):
        WRITES[write](ledger, decided_from)
    assert (ledger.read("alice"), list(ledger.history())) == (before, told)


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
    open_ledger().keep("alice", ALSO_READ)
    assert open_ledger().name_of_revealed(ALSO_READ.secret_key) is None, "a mere intent"
    open_ledger().drop("alice", READ)
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
