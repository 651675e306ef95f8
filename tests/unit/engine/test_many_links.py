"""Many links at once: each by itself, whatever becomes of the others, and next to nothing where nothing is to be done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    NotAuthorized,
    Rejected,
    ReplyLost,
    Unreachable,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.links import Links, Result, Wanted
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.warnings import state_needs_account
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.world import World

pytestmark = pytest.mark.only_release("v0.23", "v0.26")
NAMES = [f"db/{number}" for number in range(12)]
WANTED = [Wanted(Desired(name).but(ttl=3600)) for name in NAMES]


@dataclass
class Batch:
    """Settles links in a world, and counts what that costs."""

    world: World
    trouble: Callable[[str, Any], None] = lambda _call, _asked: None
    loses_reply: Callable[[Any], bool] = lambda _asked: False
    anonymous: bool = False
    held_after: int | None = None  # locks, before another run holds all names
    calls: Counter[str] = field(default_factory=Counter)
    locks: int = 0
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, wanted: list[Wanted] = WANTED, **options: Any) -> list[Result]:
        self.calls.clear()
        self.locks = 0
        links = Links(self._ledger, self._client, anonymous=self.anonymous, clock=self.world.server.clock)
        return links.settle(wanted, **{"concurrency": 4, "refresh": True, "check": False, **options})

    def actions(self, wanted: list[Wanted] = WANTED, **options: Any) -> list[str]:
        results = self.settle(wanted, **options)
        assert [result.name for result in results] == [each.name for each in wanted]
        return [result.outcome.action.value if result.outcome else f"failed: {result.problem}" for result in results]

    @contextmanager
    def _ledger(self) -> Iterator[SqlLedger]:
        batch = self
        ledger = self.world.open_ledger()
        plain = ledger.locked

        @contextmanager
        def counted(name: str) -> Iterator[None]:
            if batch.locks == batch.held_after:
                raise LedgerError("the ledger is busy", "run again")
            with plain(name):
                with batch._gate:
                    batch.locks += 1
                yield

        ledger.locked = counted  # type: ignore[method-assign]
        yield ledger

    @contextmanager
    def _client(self) -> Iterator[Client]:
        batch = self

        class Counted(Client):
            def _ask_once(self, call: Any) -> Any:
                with batch._gate:
                    batch.calls[call.path.split("/")[1 + call.path.startswith("/private")]] += 1
                batch.trouble(call.path, call.form)
                reply = super()._ask_once(call)
                if call.path == "/generate" and batch.loses_reply(call.form):
                    raise ReplyLost("the connection broke")
                return reply

        with Counted(Address.of(self.world.server.url), self.world.credentials) as client:
            yield client


@pytest.fixture
def batch(world: World) -> Batch:
    return Batch(world)


def test_all_are_made_once_and_then_kept_for_one_request(batch: Batch) -> None:
    assert batch.actions() == ["created"] * len(NAMES)
    assert batch.world.links_ever() == len(NAMES)

    first = batch.actions()  # which on older releases turns new links into viewed ones
    assert first == ["kept"] * len(NAMES)
    assert batch.actions() == ["kept"] * len(NAMES)
    if batch.world.lists_recent_links:
        assert (batch.calls, batch.locks) == ({"recent": 1}, 0)
    assert batch.actions(refresh=False) == ["kept"] * len(NAMES)
    assert (batch.calls, batch.locks) == ({}, 0)
    assert batch.world.links_ever() == len(NAMES)


def test_only_what_changes_is_worked_on(batch: Batch) -> None:
    made = batch.settle()
    read = made[3].outcome
    assert read
    assert read.record
    batch.world.read(read.record.secret_key)
    wanted = [*WANTED]
    wanted[3] = Wanted(WANTED[3].desired.but(passphrase="of its own"))
    wanted[5] = Wanted(WANTED[5].desired, absent=True)
    wanted[7] = Wanted(WANTED[7].desired.but(recipient="bob@example.com"))

    actions = batch.actions(wanted)
    expected = ["kept"] * len(NAMES)
    expected[3], expected[5], expected[7] = "created", "burned", "replaced"
    assert actions == expected
    assert batch.actions([wanted[5]]) == ["absent"]
    assert batch.world.live_links() == len(NAMES) - 1
    record = batch.world.ledger.read(NAMES[3]).record
    assert record
    assert record.passphrase == "of its own"


def test_what_fails_hides_and_undoes_nothing(batch: Batch) -> None:
    def of_bob(_call: str, form: dict[str, str]) -> None:
        if form.get("recipient") == "bob@example.com":
            raise Rejected("the server does not like bob@example.com")

    batch.trouble = of_bob
    wanted = [Wanted(each.desired.but(recipient="bob@example.com")) if each is WANTED[2] else each for each in WANTED]
    actions = batch.actions(wanted)

    assert actions.count("created") == len(NAMES) - 1
    assert actions[2] == "failed: the server does not like bob@example.com"
    batch.trouble = lambda _call, _form: None
    expected = ["kept"] * len(NAMES)
    expected[2] = "created"
    assert batch.actions(wanted) == expected
    assert batch.world.links_ever() == len(NAMES)


def test_a_server_that_cannot_be_reached_is_not_tried_for_each(batch: Batch) -> None:
    def down(_call: str, _form: dict[str, str]) -> None:
        raise Unreachable("no connection to the server", retry_safe=False)

    batch.trouble = down
    actions = batch.actions()

    assert set(actions) == {
        "failed: no connection to the server",
        "failed: was not tried after the failure of another one",
    }
    assert sum(batch.calls.values()) <= 4  # one for each thread
    assert batch.world.links_ever() == 0
    assert all(not entry.attempts for entry in batch.world.ledger.entries().values())


def test_what_is_wrong_with_one_is_its_own(batch: Batch) -> None:
    batch.settle([Wanted(Desired(NAMES[0], secret="given"))])
    actions = batch.actions()

    assert actions[0].startswith(
        f"failed: name: {NAMES[0]!r} is already the name of a value that was made by ots_share"
    )
    assert actions[1:] == ["created"] * (len(NAMES) - 1)


def test_check_mode_does_nothing_and_says_the_same(batch: Batch) -> None:
    assert batch.actions(check=True) == ["created"] * len(NAMES)
    assert batch.world.links_ever() == 0
    batch.settle(WANTED[:6])
    assert batch.actions(check=True) == ["kept"] * 6 + ["created"] * 6
    assert batch.actions([Wanted(WANTED[0].desired, absent=True)], check=True) == ["burned"]
    assert (batch.world.links_ever(), batch.world.live_links()) == (6, 6)


def test_batches_at_once_make_one_link_for_each_name(world: World) -> None:
    done: list[list[str]] = []
    threads = [threading.Thread(target=lambda: done.append(Batch(world).actions())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [sorted(actions) for actions in zip(*done, strict=True)] == [["created", "kept", "kept"]] * len(NAMES)
    assert world.links_ever() == len(NAMES)


def test_rotation_and_what_was_left_over_go_the_whole_way(batch: Batch) -> None:
    batch.settle()
    batch.world.server.clock.advance(120)
    wanted = [Wanted(Desired(name, policy=Policy(rotate_after=60))) for name in NAMES[:3]]

    def no_burn(call: str, _form: dict[str, str]) -> None:
        if call.endswith("/burn"):
            raise Rejected("not now")

    batch.trouble = no_burn
    assert batch.actions(wanted) == ["rotated"] * 3
    batch.trouble = lambda _call, _form: None
    assert batch.world.live_links() == len(NAMES) + 3
    assert batch.actions(wanted) == ["kept"] * 3  # and the burns that were pending are done
    assert batch.world.live_links() == len(NAMES)


@pytest.mark.only_release("v0.26")
def test_two_links_are_asked_for_in_one_list_and_one_by_itself(batch: Batch) -> None:
    batch.settle(WANTED[:2])
    assert batch.actions(WANTED[:2]) == ["kept"] * 2
    assert batch.calls == {"recent": 1}
    assert batch.actions(WANTED[:1]) == ["kept"]
    assert ("recent" in batch.calls, batch.calls.total()) == (False, 1)


@pytest.mark.only_release("v0.26")
def test_what_the_list_has_told_is_not_asked_again(batch: Batch) -> None:
    made = batch.settle()
    wanted = [*WANTED]
    wanted[7] = Wanted(WANTED[7].desired.but(recipient="bob@example.com"))
    assert batch.actions(wanted)[7] == "replaced"
    assert made[7].outcome
    assert made[7].outcome.record
    assert batch.calls == {"recent": 1, "share": 1, made[7].outcome.record.metadata_key: 1}  # its burn


def test_without_a_refresh_nothing_is_asked_of_what_changes(batch: Batch) -> None:
    (made,) = batch.settle(WANTED[:1])
    wanted = [Wanted(WANTED[0].desired.but(recipient="bob@example.com"))]
    assert batch.actions(wanted, refresh=False) == ["replaced"]
    assert made.outcome
    assert made.outcome.record
    assert batch.calls == {"share": 1, made.outcome.record.metadata_key: 1}  # its burn


def test_a_link_that_was_read_is_told(batch: Batch) -> None:
    made = batch.settle()
    assert made[3].problem is None
    assert made[3].outcome
    assert made[3].outcome.record
    batch.world.read(made[3].outcome.record.secret_key)
    results = batch.settle()
    assert [result.outcome.state for result in results if result.outcome].count("received") == 1
    assert results[3].outcome
    assert results[3].outcome.state == "received"


def test_without_an_account_the_clock_tells_what_the_server_does_not(batch: Batch) -> None:
    def nobody(call: str, _form: dict[str, str]) -> None:
        if call.startswith("/private"):
            raise NotAuthorized("Not authorized", status=404)

    batch.anonymous, batch.trouble = True, nobody
    assert batch.actions(WANTED[:2]) == ["created"] * 2
    kept = batch.settle(WANTED[:2])
    assert [result.outcome and result.outcome.warnings for result in kept] == [(state_needs_account(),)] * 2
    batch.anonymous = False
    assert batch.actions(WANTED[:1]) == ["failed: Not authorized"]


def test_what_a_run_has_left_of_many_names_is_looked_for_once_and_told_with_each(batch: Batch) -> None:
    wanted = [Wanted(each.desired.but(passphrase="correct-horse")) for each in WANTED[:6]]
    batch.loses_reply = lambda _form: True
    assert batch.actions(wanted) == ["failed: the connection broke"] * 6
    batch.loses_reply = lambda _form: False
    assert batch.world.live_links() == 6

    results = batch.settle([*wanted, *WANTED[6:8]])
    told = [result.outcome.warnings if result.outcome else () for result in results]
    assert [result.outcome and result.outcome.action.value for result in results] == ["created"] * 8
    assert told[6:] == [(), ()]
    assert all(len(warnings) == 1 and warnings[0].startswith("A run that started at ") for warnings in told[:6])
    if batch.world.lists_recent_links:
        assert {warnings[0].partition(" recording. ")[2] for warnings in told[:6]} == {
            "The link that it had made was found on the server and burned."
        }
        assert batch.world.live_links() == 8
        assert batch.calls["recent"] == 1
    else:
        assert all("that link could not be found and burned (" in warnings[0] for warnings in told[:6])


def test_names_that_another_run_holds_are_left_for_the_next_run(batch: Batch) -> None:
    batch.loses_reply = lambda _form: True
    batch.settle(WANTED[:2])
    batch.loses_reply = lambda _form: False
    batch.held_after = 2  # locks: those by which the links are made
    results = batch.settle(WANTED[:2])

    for result in results:
        assert result.outcome
        assert result.outcome.action.value == "created"
        (warning,) = result.outcome.warnings
        assert "that link could not be found and burned (the ledger is busy; run again). The next run" in warning
    assert [len(entry.attempts) for entry in batch.world.ledger.entries().values()] == [1, 1]


@pytest.mark.only_release("v0.26")
def test_what_the_list_tells_is_noted(batch: Batch) -> None:
    made = batch.settle(WANTED[:3])
    burned, read = (result.outcome.record for result in made[:2] if result.outcome)
    assert burned
    assert read
    batch.world.client.burn(burned.metadata_key, None)
    batch.world.read(read.secret_key)
    states = [result.outcome.state for result in batch.settle(WANTED[:3]) if result.outcome]
    assert states == ["burned", "received", "new"]
    records = [batch.world.ledger.read(name).record for name in NAMES[:3]]
    assert [record and record.state.value for record in records] == states
    noted = records[1]
    assert noted
    assert noted.received_at

    with batch.world.ledger.locked(NAMES[1]):
        batch.world.ledger.note(NAMES[1], replace(noted, received_at=None))
    batch.settle(WANTED[:3])
    assert batch.world.ledger.read(NAMES[1]).record == noted


def test_what_is_absent_already_costs_no_lock(batch: Batch) -> None:
    assert batch.actions([Wanted(each.desired, absent=True) for each in WANTED]) == ["absent"] * len(NAMES)
    assert (batch.calls, batch.locks) == ({}, 0)
