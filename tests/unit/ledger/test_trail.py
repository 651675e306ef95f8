"""The audit trail tells what became of every link and who did it, and shows where somebody has meddled with it."""

from __future__ import annotations

import base64
import multiprocessing
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import trail
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import DAY, Audit, Event, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Delivery, Part
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger as open_by_options
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.back_ends import sql
from tests.support.earlier_ledgers import earlier_ledger
from tests.support.rows import ATTEMPT, MADE, OTHER_KEY, RECORD, SEALED, complete, delivered, note, retire
from tests.support.world import KEY

Open = Callable[..., SqlLedger]
NOW = 1_800_000_000
NAMES = ["alice", "bob", "carol", "dave", "erin"]


def record_of(name: str) -> Any:
    return replace(RECORD, metadata_key=f"metadata-key-{name}", recorded_at=NOW)


def filled(ledger: SqlLedger) -> SqlLedger:
    """A ledger with a link under each name, whose five events are the rows 1 to 5."""
    ledger.audit = Audit({"user": "ops", "host": "controller"}, clock=lambda: NOW)
    for name in NAMES:
        complete(ledger, name, ATTEMPT, record_of(name), None)
    return ledger


def test_an_event_tells_what_happened_to_whom_when_and_who_did_it(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.audit = Audit({"user": "ops", "host": socket.gethostname(), "job": "17"}, clock=lambda: NOW + 0.7)
    complete(ledger, "alice", ATTEMPT, RECORD, None)

    (event,) = open_ledger().history()
    assert event == Event(
        1,
        "alice",
        What.MADE,
        at=NOW,
        server_at=RECORD.created_at,
        recipient="alice@example.com",
        link=ledger.fingerprint("metadata_key", RECORD.metadata_key),
        by={"user": "ops", "host": socket.gethostname(), "job": "17"},
    )
    assert ledger.verify().problems == ()


def test_the_newest_event_comes_first_and_names_are_asked_for(open_ledger: Open) -> None:
    ledger = filled(open_ledger())
    retire(ledger, "bob", None, replace(MADE, what=What.FORGOTTEN))

    assert [event.name for event in ledger.history()] == ["bob", "erin", "dave", "carol", "bob", "alice"]
    assert [event.what for event in ledger.history(["bob"])] == [What.FORGOTTEN, What.MADE]
    assert [event.name for event in ledger.history(["bob", "alice"])] == ["bob", "bob", "alice"]
    assert list(open_ledger("another account").history(["bob"])) == []
    assert list(ledger.history(since=NOW + 2 * DAY)) == []


def test_accounts_do_not_see_each_others_events_but_those_of_the_ledger(open_ledger: Open) -> None:
    filled(open_ledger("server alice"))
    open_ledger("").reseal(base64.b64decode(OTHER_KEY))

    assert [event.what for event in open_ledger("server bob", OTHER_KEY).history()] == [What.KEY_CHANGED]
    assert open_ledger("server bob", OTHER_KEY).verify() == trail.Verdict(6)


def test_nothing_but_names_accounts_and_digests_stands_open(open_ledger: Open, ledger_url: str) -> None:
    filled(open_ledger())
    shown = repr(sql(ledger_url, "SELECT * FROM event") + sql(ledger_url, "SELECT * FROM head"))

    for hidden in (*SEALED, KEY, "alice@example.com", "made", "controller"):
        assert hidden not in shown
    assert not [secret for secret in SEALED if secret in repr(list(open_ledger().history()))]
    assert RECORD.metadata_key not in repr(MADE)


COPY_OF_5 = "INSERT INTO event SELECT {}, scope, name, mac, sealed FROM event WHERE number = 5"
MEDDLING = {
    "UPDATE event SET sealed = (SELECT sealed FROM event WHERE number = 2) WHERE number = 3": "row 3 ('carol') was altered",
    "UPDATE event SET name = 'mallory' WHERE number = 3": "row 3 ('mallory') was altered",
    "UPDATE event SET mac = 'x' WHERE number = 5": "row 5 ('erin') was altered",
    "DELETE FROM event WHERE number = 3": "row 3 is missing",
    "DELETE FROM event WHERE number = 1": "row 1 is missing",
    "DELETE FROM event WHERE number = 5": "row 5 is missing",
    "DELETE FROM event WHERE number > 3": "rows 4 to 5 are missing",
    "DELETE FROM event": "rows 1 to 5 are missing",
    COPY_OF_5.format(6): "row 6 ('erin') is none of the trail's: it was put in",
    COPY_OF_5.format(0): "row 0 ('erin') is none of the trail's: it was put in",
    "DELETE FROM head": "the head of the trail was altered or removed",
    "UPDATE head SET number = 4": "the head of the trail was altered or removed",
}


@pytest.mark.parametrize(("meddling", "problem"), MEDDLING.items())
def test_meddling_shows(open_ledger: Open, ledger_url: str, meddling: str, problem: str) -> None:
    filled(open_ledger())
    sql(ledger_url, meddling)

    assert open_ledger().verify().problems == (problem,)


def test_a_row_that_was_altered_is_shown_as_such_among_the_others(open_ledger: Open, ledger_url: str) -> None:
    filled(open_ledger())
    sql(ledger_url, "UPDATE event SET mac = 'x' WHERE number = 3")

    whats = {event.name: event.what for event in open_ledger().history()}
    assert whats == {**dict.fromkeys(NAMES, What.MADE), "carol": What.ALTERED}


def trail_of(ledger: SqlLedger) -> tuple[list[Any], Any]:
    """All rows and the head, as a copy of the database has them."""
    with ledger._transaction() as tables:
        (head,) = tables.select("head")
        return tables.select("event"), head


def put_back(ledger: SqlLedger, url: str, copy: tuple[list[Any], Any]) -> None:
    """Put an older copy of the trail in the place of the present one."""
    rows, head = copy
    sql(url, "DELETE FROM event")
    with ledger._transaction() as tables:
        for row in rows:
            tables.put("event", row)
        tables.update("head", head)


def put_in(ledger: SqlLedger, row: Any) -> None:
    """Put a row in the place of the one with its number."""
    with ledger._transaction() as tables:
        tables.put("event", row)


def test_an_older_copy_of_the_trail_in_its_place_shows_by_the_links_that_it_does_not_tell_of(
    open_ledger: Open, ledger_url: str
) -> None:
    ledger = filled(open_ledger())
    before = trail_of(ledger)
    complete(ledger, "frank", ATTEMPT, replace(record_of("frank"), recorded_at=NOW - DAY), None)  # by a clock behind
    put_back(ledger, ledger_url, before)

    assert ledger.verify().problems == ("the link of 'frank' is recorded, but no row says how it came about",)


def two_histories(ledger: SqlLedger, url: str, *names: str) -> list[Any]:
    """Fill a ledger, then let links come about in it twice, as in two copies; returns the rows of the first of both.

    They were written under the same key and the same numbers as those that are there.
    """
    filled(ledger)
    before = trail_of(ledger)
    for name in ("frank", "grace"):
        complete(ledger, name, ATTEMPT, record_of(name), None)
    others, _ = trail_of(ledger)
    put_back(ledger, url, before)
    sql(url, "DELETE FROM link WHERE name IN ('frank', 'grace')")
    for name in names:
        complete(ledger, name, ATTEMPT, record_of(name), None)
    return others


def test_a_row_of_another_history_shows_though_it_opens(open_ledger: Open, ledger_url: str) -> None:
    ledger = open_ledger()
    others = two_histories(ledger, ledger_url, "heidi", "ivan")
    assert ledger.verify() == trail.Verdict(7)

    put_in(ledger, others[5])
    assert ledger.verify() == trail.Verdict(7, ("row 7 ('ivan') does not follow the row before it",))
    ledger.audit = Audit(keep=DAY, clock=lambda: NOW + 9 * DAY)
    complete(ledger, "judy", ATTEMPT, record_of("judy"), None)
    assert [event.name for event in ledger.history()] == ["", "judy", "ivan"], (
        "the row is not pruned, those before it are"
    )
    assert ledger.verify().problems == ("row 7 ('ivan') does not follow the row before it",)


def test_a_last_row_of_another_history_is_not_the_one_of_the_head(open_ledger: Open, ledger_url: str) -> None:
    ledger = open_ledger()
    put_in(ledger, two_histories(ledger, ledger_url, "heidi")[5])

    assert ledger.verify() == trail.Verdict(6, ("row 6 is not the one that the head of the trail names",))


def test_what_is_kept_has_to_follow_what_was_pruned_and_to_tell_of_every_link_since(
    open_ledger: Open, ledger_url: str
) -> None:
    ledger = open_ledger()
    others = two_histories(ledger, ledger_url, "heidi")
    for days, name in ((9, "ivan"), (11, "judy")):
        ledger.audit = Audit(keep=5 * DAY, clock=lambda days=days: NOW + days * DAY)  # type: ignore[misc]
        complete(ledger, name, ATTEMPT, record_of(name), None)
    assert [event.name for event in ledger.history()] == ["judy", "", "ivan"]
    assert ledger.verify() == trail.Verdict(3)

    before = trail_of(ledger)
    complete(ledger, "kim", ATTEMPT, replace(record_of("kim"), recorded_at=NOW + 9 * DAY), None)
    put_back(ledger, ledger_url, before)
    assert ledger.verify().problems == ("the link of 'kim' is recorded, but no row says how it came about",)

    put_in(ledger, others[6])
    problems = [
        f"row {number} ('{name}') does not follow the row before it" for number, name in ((7, "grace"), (8, ""))
    ]
    assert ledger.verify().problems == tuple(problems)


def test_what_could_not_be_pruned_is_looked_at_again_in_a_day(open_ledger: Open, ledger_url: str) -> None:
    ledger = filled(open_ledger())
    (whole, *_), _ = trail_of(ledger)
    sql(ledger_url, "UPDATE event SET mac = 'x' WHERE number = 1")

    def happens(name: str, seconds: int) -> list[str]:
        ledger.audit = Audit(keep=10 * DAY, clock=lambda: NOW + seconds)
        complete(ledger, name, ATTEMPT, record_of(name), None)
        return [event.name for event in ledger.history() if event.name]

    assert happens("frank", 12 * DAY) == ["frank", *NAMES[::-1]]
    put_in(ledger, whole)
    assert happens("grace", 13 * DAY) == ["grace", "frank", *NAMES[::-1]]
    assert happens("heidi", 13 * DAY + 1) == ["heidi", "grace", "frank"]


def test_that_a_link_was_read_or_sent_cannot_be_cut_off_either(open_ledger: Open, ledger_url: str) -> None:
    ledger = filled(open_ledger())
    before = trail_of(ledger)
    read = replace(record_of("alice"), state=State.RECEIVED)
    told = replace(MADE, what=What.READ, key=read.metadata_key)
    note(ledger, "alice", read, told)
    assert ledger.verify().problems == ()
    put_back(ledger, ledger_url, before)
    assert ledger.verify().problems == ("the link of 'alice' is recorded as received, but no row says so",)

    note(ledger, "alice", read, told)
    before = trail_of(ledger)
    sent = Delivery(Part.LINK, "mail", "bob@example.com", NOW)
    event = replace(MADE, what=What.DELIVERED, key=record_of("bob").metadata_key, details={"part": Part.LINK.value})
    delivered(ledger, "bob", sent, event)
    put_back(ledger, ledger_url, before)
    assert ledger.verify().problems == ("the link of 'bob' is recorded as sent, but no row says so",)
    delivered(ledger, "bob", sent, event)
    assert ledger.verify().problems == ()


def test_what_was_altered_is_not_pruned_with_what_is_old(open_ledger: Open, ledger_url: str) -> None:
    ledger = filled(open_ledger())
    for days, name in ((9, "frank"), (9, "grace"), (9, "heidi"), (12, "ivan"), (14, "judy")):
        ledger.audit = Audit(keep=10 * DAY, clock=lambda days=days: NOW + days * DAY)  # type: ignore[misc]
        complete(ledger, name, ATTEMPT, record_of(name), None)
        if name == "heidi":
            sql(ledger_url, "UPDATE event SET sealed = (SELECT sealed FROM event WHERE number = 2) WHERE number = 6")

    assert ledger.verify().problems == ("row 6 ('frank') was altered",)
    assert [event.name for event in ledger.history()] == ["judy", "", "ivan", "heidi", "grace", "frank"]


def test_one_wrong_clock_hides_no_events(open_ledger: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = filled(open_ledger())
    ledger.audit = Audit(clock=lambda: 0)
    complete(ledger, "frank", ATTEMPT, record_of("frank"), None)
    assert [event.name for event in ledger.history(since=NOW)] == NAMES[::-1]

    monkeypatch.setattr(trail, "OLDER_IN_A_ROW", 2)
    assert [event.name for event in ledger.history(since=NOW)] == NAMES[::-1]
    for name, now in (("grace", NOW), ("heidi", 0), ("ivan", NOW), ("judy", 0)):
        ledger.audit = Audit(clock=lambda now=now: now)  # type: ignore[misc]
        complete(ledger, name, ATTEMPT, record_of(name), None)
    assert [event.name for event in ledger.history(since=NOW)] == ["ivan", "grace", *NAMES[::-1]]

    monkeypatch.setattr(trail, "OLDER_IN_A_ROW", 1)
    assert list(ledger.history(since=NOW)) == []


def test_where_nothing_can_be_told_nothing_is_begun(open_ledger: Open, ledger_url: str) -> None:
    ledger = filled(open_ledger())
    sql(ledger_url, "DELETE FROM head")

    with pytest.raises(LedgerError, match="the head of the ledger's audit trail is missing; find out who can write"):
        ledger.begin("frank", ATTEMPT)
    assert "frank" not in ledger.entries()
    assert ledger.verify() == trail.Verdict(0, ("the head of the trail was altered or removed",))


def test_a_head_that_was_altered_is_named(open_ledger: Open, ledger_url: str) -> None:
    ledger = filled(open_ledger())
    sql(ledger_url, "UPDATE head SET number = 4")

    with pytest.raises(LedgerError, match="the head of its audit trail"):
        ledger.begin("frank", ATTEMPT)


def test_the_events_of_a_name_are_found_by_an_index(open_ledger: Open, ledger_url: str) -> None:
    filled(open_ledger())
    indexes = "name FROM sqlite_master" if ledger_url.startswith("sqlite") else "indexname FROM pg_indexes"

    assert "event_by_name" in repr(sql(ledger_url, f"SELECT {indexes}"))


def test_a_change_of_the_key_leaves_the_chain_and_what_was_altered_as_they_are(
    open_ledger: Open, ledger_url: str
) -> None:
    ledger = filled(open_ledger())
    before = list(ledger.history())
    sql(ledger_url, "UPDATE event SET name = 'mallory' WHERE number = 2")
    ledger.reseal(base64.b64decode(OTHER_KEY))

    after = open_ledger(key=OTHER_KEY)
    assert after.verify() == trail.Verdict(6, ("row 2 ('mallory') was altered",))
    newest, *others = after.history()
    assert (newest.what, newest.name) == (What.KEY_CHANGED, "")
    assert [event for event in others if event.number != 2] == [event for event in before if event.number != 2]


def test_what_is_old_is_pruned_with_a_note_and_the_rest_still_holds(open_ledger: Open, ledger_url: str) -> None:
    ledger, times = open_ledger(), iter([NOW, NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY, NOW + 3 * DAY])
    ledger.audit = Audit(keep=DAY, clock=lambda: next(times))
    for name in NAMES:
        complete(ledger, name, ATTEMPT, record_of(name), None)

    newest_first = list(ledger.history())
    assert [event.name for event in newest_first] == ["erin", "", "dave", "carol"]
    note = newest_first[1]
    assert (note.what, note.at, note.link, note.details) == (What.PRUNED, NOW + 3 * DAY, None, {"events": 2})
    assert ledger.verify().problems == ()

    sql(ledger_url, "DELETE FROM event WHERE number = 3")  # the first that is kept
    assert ledger.verify().problems == ("row 3 is missing",)


def test_pruning_goes_on_where_one_run_has_not_done_all(open_ledger: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "PRUNED_AT_ONCE", 3)
    ledger = filled(open_ledger())
    for later in range(4):
        ledger.audit = Audit(keep=DAY, clock=lambda later=later: NOW + 30 * DAY + later)  # type: ignore[misc]
        complete(ledger, f"late {later}", ATTEMPT, record_of(f"late {later}"), None)

    assert [event.name for event in ledger.history() if event.name] == [f"late {later}" for later in (3, 2, 1, 0)]
    assert ledger.verify().problems == ()


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0", "0.3.0"])
def test_the_trail_of_an_earlier_ledger_begins_with_what_it_holds(
    version: str, open_ledger: Open, ledger_url: str
) -> None:
    earlier_ledger(version, ledger_url)
    ledger = open_ledger()

    known = {event.name: event for event in ledger.history()}
    assert known.keys() == {name for name, entry in ledger.entries().items() if entry.record}
    alice = known["db/prod/alice"]
    assert (alice.what, alice.recipient) == (What.KNOWN, "alice@example.com")
    assert alice.link == ledger.fingerprint("metadata_key", "metadata-key-1")
    assert ledger.verify() == trail.Verdict(len(known))


def _fill(start: multiprocessing.synchronize.Barrier, number: int, url: str) -> None:
    options = {"ledger": url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 60}
    start.wait()
    with open_by_options(options, f"scope {number % 2}") as ledger:
        for each in range(10):
            complete(ledger, f"{number}/{each}", ATTEMPT, record_of(f"{number}-{each}"), None)


def test_several_controllers_write_one_chain(open_ledger: Open, ledger_url: str) -> None:
    context = multiprocessing.get_context("fork")
    start = context.Barrier(4)
    processes = [context.Process(target=_fill, args=(start, number, ledger_url)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0] * 4
    assert open_ledger().verify() == trail.Verdict(40)
    assert len(list(open_ledger("scope 1").history())) == 20


def test_a_ledger_that_is_not_there_has_no_history(open_ledger: Open) -> None:
    ledger = open_ledger(read_only=True)
    assert (list(ledger.history()), ledger.verify()) == ([], trail.Verdict(0))


@pytest.mark.parametrize(
    ("keep", "problem"), [("23h", "audit_keep is less than a day"), ("long", "audit_keep.*is 'long', which is not a duration")]
)  # fmt: skip
def test_how_long_events_are_kept_is_checked(keep: str, problem: str, ledger_url: str) -> None:
    options = {
        "ledger": ledger_url,
        "ledger_key": KEY,
        "ledger_key_file": None,
        "ledger_wait": 1,
        "audit_keep": keep,
    }
    with pytest.raises((LedgerError, InvalidInput), match=problem), open_by_options(options, "scope"):
        pass
