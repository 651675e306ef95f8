"""The ledger keeps what it is given, shows none of it, and is never overwritten where it is not ours. In every back end."""

from __future__ import annotations

import base64
import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import rows
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Announcement, Entry
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import BY
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger as open_by_options
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.back_ends import sql
from tests.support.earlier_ledgers import earlier_ledger
from tests.support.rows import (
    ATTEMPT,
    MADE,
    OTHER_ATTEMPT,
    OTHER_KEY,
    OWED,
    RECORD,
    SEALED,
    TOLD,
    complete,
    note,
    retire,
    telling,
)
from tests.support.steps import BEFORE_COMMIT, watch_transactions
from tests.support.world import KEY

Open = Callable[..., SqlLedger]


TABLES = ("ledger", "link", "attempt", "pending_burn", "revealed", "delivery", "announcement", "event", "head")


def contents(ledger_url: str) -> list[Any]:
    return [sorted(map(repr, sql(ledger_url, f"SELECT * FROM {table}"))) for table in TABLES]


def test_an_attempt_becomes_a_record(open_ledger: Open) -> None:
    ledger = open_ledger()
    assert ledger.read("alice") == Entry()

    ledger.begin("alice", ATTEMPT)
    ledger.begin("alice", OTHER_ATTEMPT)
    assert ledger.read("alice") == Entry(attempts=(ATTEMPT, OTHER_ATTEMPT))

    complete(ledger, "alice", ATTEMPT, RECORD, OWED)
    assert open_ledger().read("alice") == Entry(RECORD, (OTHER_ATTEMPT,), (OWED,))


def test_what_happens_is_told_with_who_did_it(ledger_url: str) -> None:
    options = {"ledger": ledger_url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 1}
    with open_by_options({**options, BY: {"user": "ops"}}, "scope") as ledger:
        complete(ledger, "alice", ATTEMPT, RECORD, None)
        assert [event.by for event in ledger.history()] == [{"user": "ops"}]


def test_what_a_later_version_has_written_is_not_guessed_at(open_ledger: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "CONTENT", 2)
    complete(open_ledger(), "alice", ATTEMPT, RECORD, None)
    monkeypatch.setattr(rows, "CONTENT", 1)

    problem = "the ledger's record of 'alice' was written by a later version of this collection; use that version"
    with pytest.raises(LedgerError, match=problem):
        open_ledger().read("alice")


def test_each_watcher_gets_to_know_once_what_became_of_the_link_that_there_is(open_ledger: Open) -> None:
    told = Announcement("eda read", RECORD.metadata_key, 1_800_000_100)
    ledger = open_ledger()
    assert not ledger.announce("alice", told)  # nobody

    complete(ledger, "alice", ATTEMPT, RECORD, None)
    assert list(ledger.announced()) == []
    assert ledger.announce("alice", told)
    assert not open_ledger().announce("alice", told)
    assert ledger.announce("alice", replace(told, matter="other read"))
    assert not ledger.announce("alice", replace(told, metadata_key="another link"))
    assert list(ledger.announced()) == [("alice", told), ("alice", replace(told, matter="other read"))]

    complete(ledger, "alice", ATTEMPT, replace(RECORD, metadata_key="another link"), None)
    assert list(ledger.announced()) == []
    assert ledger.announce("alice", replace(told, metadata_key="another link"))
    retire(ledger, "alice", None)
    assert list(ledger.announced()) == []


def announce_and_count(open_ledger: Open, told: Announcement, results: Any) -> None:
    results.put(open_ledger().announce("alice", told))


def test_of_several_watchers_of_one_name_one_gets_to_know(open_ledger: Open) -> None:
    complete(open_ledger(), "alice", ATTEMPT, RECORD, None)
    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    arguments = (open_ledger, Announcement("eda read", RECORD.metadata_key, 1_800_000_100), results)
    watchers = [fork.Process(target=announce_and_count, args=arguments) for _number in range(4)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert sorted(results.get() for _watcher in watchers) == [False, False, False, True]


def test_what_is_taken_back_settled_or_retired_is_gone(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.begin("alice", ATTEMPT)
    ledger.abandon("alice", ATTEMPT)
    assert ledger.read("alice") == Entry()

    ledger.begin("alice", ATTEMPT)
    complete(ledger, "alice", ATTEMPT, RECORD, None)
    note(ledger, "alice", replace(RECORD, state=State.RECEIVED))
    retire(ledger, "alice", OWED)
    assert ledger.read("alice") == Entry(pending_burns=(OWED,))

    ledger.settle("alice", OWED)
    assert ledger.read("alice") == Entry()


def test_a_link_that_must_not_be_takes_its_intents_place_as_a_burn(open_ledger: Open) -> None:
    ledger = open_ledger()
    for attempt in (ATTEMPT, OTHER_ATTEMPT):
        ledger.begin("alice", attempt)
    ledger.owe("alice", ATTEMPT, OWED)

    assert open_ledger().read("alice") == Entry(attempts=(OTHER_ATTEMPT,), pending_burns=(OWED,))


@pytest.mark.parametrize("method", ["owe", "complete"])
def test_an_intent_is_replaced_in_one_transaction(open_ledger: Open, method: str) -> None:
    ledger = open_ledger()
    ledger.begin("alice", ATTEMPT)
    moments: list[str] = []

    def broken(moment: str) -> None:
        moments.append(moment)
        raise LedgerError("the connection broke", "check it")

    with ledger.locked("alice"):
        watch_transactions(ledger, broken)
        with pytest.raises(LedgerError, match="the connection broke"):
            if method == "owe":
                ledger.owe("alice", ATTEMPT, OWED)
            else:
                ledger.complete("alice", ATTEMPT, RECORD, former=None, due=OWED, event=MADE)

    assert moments == [BEFORE_COMMIT]
    assert open_ledger().read("alice") == Entry(attempts=(ATTEMPT,))


def test_all_entries_are_told_by_name(open_ledger: Open) -> None:
    ledger = open_ledger()
    assert ledger.entries() == {}
    ledger.begin("bob", ATTEMPT)
    complete(ledger, "alice", ATTEMPT, RECORD, OWED)

    assert ledger.entries() == {"alice": Entry(RECORD, (), (OWED,)), "bob": Entry(attempts=(ATTEMPT,))}


def test_intents_come_in_one_order_whichever_was_written_last(open_ledger: Open, ledger_url: str) -> None:
    ledger = open_ledger()
    for attempt in (ATTEMPT, OTHER_ATTEMPT, ATTEMPT):
        ledger.begin("app", attempt)
    sql(ledger_url, "ANALYZE")  # now PostgreSQL knows how small the table is, and reads it without its index

    assert ledger.read("app").attempts == (ATTEMPT, OTHER_ATTEMPT)


def test_a_name_is_found_by_its_metadata_key(open_ledger: Open) -> None:
    ledger = open_ledger()
    assert ledger.name_of(RECORD.metadata_key) is None
    complete(ledger, "alice", ATTEMPT, RECORD, None)
    assert (ledger.name_of(RECORD.metadata_key), ledger.name_of("another")) == ("alice", None)

    retire(ledger, "alice", OWED)
    assert ledger.name_of(RECORD.metadata_key) == "alice"


def test_accounts_do_not_see_each_other(open_ledger: Open) -> None:
    open_ledger("server alice").begin("db", ATTEMPT)

    assert open_ledger("server bob").read("db") == Entry()


def test_nothing_secret_is_kept_open_or_in_a_repr(open_ledger: Open, ledger_url: str) -> None:
    ledger = open_ledger()
    ledger.begin("alice", ATTEMPT)
    complete(ledger, "alice", OTHER_ATTEMPT, RECORD, OWED)
    telling(ledger, "alice", TOLD)
    kept = [TOLD, RECORD, OWED, ATTEMPT, ledger, ledger._seals, ledger._rows().fingerprints]
    shown = f"{kept!r} {contents(ledger_url)!r}"

    for secret in (*SEALED, KEY):
        assert secret not in shown
        assert repr(secret.encode())[2:-1] not in shown
    assert TOLD.way.destination not in str(contents(ledger_url))


def test_a_row_copied_to_another_name_does_not_open(open_ledger: Open, ledger_url: str) -> None:
    ledger = open_ledger()
    complete(ledger, "alice", ATTEMPT, RECORD, None)
    sql(ledger_url, "UPDATE link SET name = 'mallory'")

    with pytest.raises(LedgerError, match="'mallory' cannot be decrypted"):
        ledger.read("mallory")


def test_a_wrong_key_is_told_and_changes_nothing(open_ledger: Open, ledger_url: str) -> None:
    open_ledger().begin("alice", ATTEMPT)
    before = contents(ledger_url)

    for use in (lambda wrong: wrong.read("alice"), lambda wrong: wrong.begin("bob", ATTEMPT)):
        with pytest.raises(
            LedgerError, match="is encrypted with another key; give the right ledger_key or ledger_key_file"
        ):
            use(open_ledger(key=OTHER_KEY))
    assert contents(ledger_url) == before


@pytest.mark.parametrize("key", ["short", "ä" * 43, base64.b64encode(b"x" * 31).decode()])
def test_a_key_that_is_none_is_told_and_not_shown(open_ledger: Open, key: str) -> None:
    with pytest.raises(LedgerError, match="not 32 bytes in base64") as error:
        open_ledger(key=key).fingerprint("x")
    assert key not in str(error.value)


def test_a_ledger_of_a_newer_version_is_left_alone(open_ledger: Open, ledger_url: str) -> None:
    open_ledger().begin("alice", ATTEMPT)
    sql(ledger_url, "UPDATE ledger SET version = 99")
    before = contents(ledger_url)

    with pytest.raises(LedgerError, match=r"has version 99, .*; use the collection's version that wrote it"):
        open_ledger().begin("bob", ATTEMPT)
    assert contents(ledger_url) == before


def test_a_new_key_opens_all_and_the_old_one_nothing(open_ledger: Open) -> None:
    ledger = open_ledger()
    complete(ledger, "alice", OTHER_ATTEMPT, RECORD, OWED)
    ledger.begin("alice", ATTEMPT)
    complete(open_ledger("another account"), "bob", ATTEMPT, RECORD, None)
    before, fingerprint = ledger.entries(), ledger.fingerprint("x")
    ledger.reseal(base64.b64decode(OTHER_KEY))

    resealed = open_ledger(key=OTHER_KEY)
    assert resealed.entries() == before
    assert resealed.name_of(RECORD.metadata_key) == "alice"
    assert resealed.fingerprint("x") == fingerprint
    assert open_ledger("another account", OTHER_KEY).read("bob").record == RECORD
    with pytest.raises(LedgerError, match="is encrypted with another key"):
        open_ledger().read("alice")
    assert resealed.is_sealed_under(base64.b64decode(OTHER_KEY))
    with pytest.raises(LedgerError, match="is encrypted with another key"):
        ledger.begin("carol", ATTEMPT)  # by who had it open all the while


def test_a_row_that_does_not_open_stops_the_change_of_keys(open_ledger: Open, ledger_url: str) -> None:
    ledger = open_ledger()
    for name in ("alice", "bob"):
        complete(ledger, name, ATTEMPT, RECORD, None)
    sql(ledger_url, "UPDATE link SET name = 'mallory' WHERE name = 'bob'")
    before = contents(ledger_url)

    with pytest.raises(LedgerError, match="'mallory' cannot be decrypted"):
        ledger.reseal(base64.b64decode(OTHER_KEY))
    assert contents(ledger_url) == before


def test_reading_only_makes_nothing(open_ledger: Open) -> None:
    ledger = open_ledger(read_only=True)
    assert ledger.read("alice") == Entry()
    assert ledger.entries() == {}
    assert ledger.fingerprint("x")
    assert ledger.name_of("x") is None
    assert not ledger._is_there()


def _in_processes(count: int, work: Callable[..., None], *arguments: Any) -> None:
    context = multiprocessing.get_context("fork")
    start = context.Barrier(count)
    processes = [context.Process(target=work, args=(start, number, *arguments)) for number in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * count


def _options(url: str, wait: float = 30) -> dict[str, Any]:
    return {"ledger": url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": wait}


def _begin(start: multiprocessing.synchronize.Barrier, number: int, url: str) -> None:
    start.wait()
    with open_by_options(_options(url), "scope") as ledger:
        ledger.begin(f"name {number}", ATTEMPT)


def test_a_ledger_that_many_make_at_once_is_one(ledger_url: str, open_ledger: Open) -> None:
    _in_processes(8, _begin, ledger_url)

    assert len(open_ledger("scope").entries()) == 8


def test_a_ledger_that_many_migrate_at_once_is_one(ledger_url: str, open_ledger: Open) -> None:
    earlier_ledger("0.2.0", ledger_url)
    _in_processes(8, _begin, ledger_url)

    assert len(open_ledger("scope").entries()) == 8
    assert open_ledger().read("db/prod/alice").record


def _add_one(start: multiprocessing.synchronize.Barrier, _number: int, url: str) -> None:
    start.wait()
    with open_by_options(_options(url), "scope") as ledger, ledger.locked("alice"):
        record = ledger.read("alice").record
        if record:
            ledger.note("alice", replace(record, ttl=record.ttl + 1))
        else:
            ledger.adopt("alice", replace(RECORD, ttl=1))


def test_a_name_is_held_by_one_at_a_time(ledger_url: str, open_ledger: Open) -> None:
    _in_processes(8, _add_one, ledger_url)

    record = open_ledger("scope").read("alice").record
    assert record is not None
    assert record.ttl == 8


def _hold(url: str, held: multiprocessing.synchronize.Event) -> None:
    with open_by_options(_options(url), "scope") as ledger, ledger.locked("alice"):
        held.set()
        signal.pause()


def test_a_lock_is_waited_for_and_dies_with_its_holder(ledger_url: str, open_ledger: Open) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    holder = context.Process(target=_hold, args=(ledger_url, held))
    holder.start()
    try:
        assert held.wait(30)
        impatient = open_ledger("scope", wait=0)
        with impatient.locked("bob"):
            pass
        with (
            pytest.raises(
                LedgerError, match=rf"'alice' is held by .*process {holder.pid}\b.* or set a longer ledger_wait"
            ),
            impatient.locked("alice"),
        ):
            pass
        assert impatient.read("alice") == Entry()  # who does not get the name can still work with the ledger
    finally:
        holder.kill()
        holder.join()

    with open_ledger("scope", wait=10).locked("alice"):
        pass


@pytest.mark.parametrize(("wait", "problem"), [(-1, "less than 0"), (86_401, "more than a day")])
def test_the_time_to_wait_has_limits(open_ledger: Open, wait: float, problem: str) -> None:
    with pytest.raises(LedgerError, match=f"ledger_wait is {problem}; give the seconds to wait for a name"):
        open_ledger(wait=wait)


@pytest.mark.parametrize("url", ["", "ledger.db", "sqlite:///", "mysql://db/x", "sqlite://"])
def test_an_url_of_no_known_kind_is_refused(url: str) -> None:
    with (
        pytest.raises(LedgerError, match="ledger is not a URL of a known kind"),
        open_by_options(_options(url), "scope"),
    ):
        pass
