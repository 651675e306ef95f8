"""What is not known is never taken for what is hoped: the server, or the ledger, says what cannot be, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    OnetimeError,
    Rejected,
    ReplyLost,
    UnknownSecret,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import survey
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Completion
from tests.support.rows import note
from tests.support.world import World

SHARE = Desired("db/prod/alice", secret="s3cret").but(ttl=3600)
EVERY_REASON = Policy(frozenset(ReissueOn))

pytestmark = pytest.mark.only_release("v0.26")


class Empty:
    """A node behind a balancer that knows no secret, but takes new ones."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def metadata(self, _key: str) -> None:
        raise UnknownSecret("no such secret")

    def burn(self, _key: str, _passphrase: str | None = None) -> None:
        raise UnknownSecret("no such secret")

    def recent(self) -> list[Metadata]:
        return []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@contextmanager
def at_an_empty_node(world: World) -> Iterator[Engine]:
    yield world.engine(client=Empty(world.client))  # type: ignore[arg-type]


# -- "Unknown secret" before the link's time ----------------------------------------------------------------------------------


def test_a_link_that_must_be_there_is_kept_whatever_the_policy(world: World) -> None:
    world.engine().present(SHARE)
    with at_an_empty_node(world) as engine:
        outcome = engine.present(replace(SHARE, policy=EVERY_REASON))

    assert (outcome.action, outcome.state) == (Action.KEPT, "new")
    assert "Another server answered, or the server lost data" in outcome.warnings[0]
    assert world.links_ever() == 1
    assert world.engine().present(SHARE).warnings == ()


def test_a_replaced_link_stays_pending_until_it_is_known_to_be_gone(world: World) -> None:
    world.engine().present(SHARE)
    with at_an_empty_node(world) as engine:
        outcome = engine.present(replace(SHARE, secret="another"))

    assert outcome.action is Action.REPLACED
    assert any("could not be burned" in warning for warning in outcome.warnings)
    assert len(world.ledger.read(SHARE.name).pending_burns) == 1
    world.engine().present(replace(SHARE, secret="another"))
    assert world.live_links() == 1
    assert world.ledger.read(SHARE.name).pending_burns == ()


@pytest.mark.parametrize("by_key", [False, True])
def test_what_was_to_be_destroyed_and_cannot_be_fails(world: World, by_key: bool) -> None:
    key = getattr(world.engine().present(SHARE).record, "metadata_key", "")
    with at_an_empty_node(world) as engine, pytest.raises(OnetimeError, match="the link may still be readable"):
        engine.absent_by_key(key) if by_key else engine.absent(SHARE.name)

    assert world.live_links() == 1
    assert world.engine().absent(SHARE.name).action is Action.BURNED
    assert world.live_links() == 0
    assert world.ledger.entries() == {}


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_clock_that_is_wrong_ends_no_links_time(world: World, ahead: int) -> None:
    world.controller_clock = lambda: world.server.clock() + ahead
    world.engine().present(SHARE)
    with at_an_empty_node(world) as engine:
        outcome = engine.present(replace(SHARE, secret="another"))

    assert any("could not be burned" in warning for warning in outcome.warnings)
    assert len(world.ledger.read(SHARE.name).pending_burns) == 1


@pytest.mark.parametrize("then", [3600, 0, -3600])
def test_a_clock_that_was_set_since_ends_no_links_time_either(world: World, then: int) -> None:
    """The reply to the new link shows the server's time, and by it the former one still lives."""
    ahead = -3600
    world.controller_clock = lambda: world.server.clock() + ahead
    world.engine().present(SHARE)
    ahead = then
    with at_an_empty_node(world) as engine:
        outcome = engine.present(replace(SHARE, secret="another"), refresh=False)
    assert any("could not be burned" in warning for warning in outcome.warnings)
    assert len(world.ledger.read(SHARE.name).pending_burns) == 1
    world.engine().present(replace(SHARE, secret="another"), refresh=False)
    world.engine().present(replace(SHARE, secret="a third"))
    assert world.live_links() == 1


def test_a_link_that_the_ledger_does_not_know_is_not_gone_by_one_word(world: World) -> None:
    theirs = world.server.share("theirs", world.server_login, ttl="3600")
    world.controller_clock = lambda: world.server.clock() + 3600

    class NoSuchBurn(Empty):
        def metadata(self, key: str) -> Any:
            return self._client.metadata(key)

    with pytest.raises(OnetimeError, match="the link may still be readable"):
        world.engine(client=NoSuchBurn(world.client)).absent_by_key(theirs["metadata_key"])  # type: ignore[arg-type]
    assert world.live_links() == 1


class Deaf:
    """A server whose replies to what makes links are lost."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def share(self, request: Any) -> None:
        self._client.share(request)
        raise ReplyLost("the connection broke")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def leave_an_orphan(world: World) -> None:
    with pytest.raises(ReplyLost):
        world.engine(client=Deaf(world.client)).present(SHARE)  # type: ignore[arg-type]
    world.server.clock.advance(600)


def test_an_orphan_is_not_forgotten_for_a_list_that_lacks_what_was_just_made(world: World) -> None:
    leave_an_orphan(world)
    with at_an_empty_node(world) as engine:
        outcome = engine.present(SHARE)

    assert outcome.action is Action.CREATED
    assert "It may have left a link that is not recorded" in outcome.warnings[0]
    assert "lacks a link that exists" in outcome.warnings[0]
    assert len(world.ledger.read(SHARE.name).attempts) == 1
    assert "found on the server and burned" in world.engine().present(replace(SHARE, secret="another")).warnings[0]
    assert world.live_links() == 1


def test_an_orphan_is_not_forgotten_for_a_list_that_lacks_what_is_there(world: World) -> None:
    world.engine().present(SHARE)
    with pytest.raises(ReplyLost):
        world.engine(client=Deaf(world.client)).present(replace(SHARE, secret="another"))  # type: ignore[arg-type]
    world.server.clock.advance(600)
    with at_an_empty_node(world) as engine:
        kept = engine.present(SHARE)

    assert kept.action is Action.KEPT
    assert "lacks a link that exists" in kept.warnings[-1]
    assert len(world.ledger.read(SHARE.name).attempts) == 1


def test_an_orphan_is_not_forgotten_for_a_list_that_shows_nothing_of_ours(world: World) -> None:
    leave_an_orphan(world)
    with at_an_empty_node(world) as engine:
        outcome = engine.absent(SHARE.name)

    assert "shows no link of this ledger" in outcome.warnings[0]
    assert len(world.ledger.read(SHARE.name).attempts) == 1


def test_a_list_that_shows_a_link_of_another_name_is_believed(world: World) -> None:
    world.engine().present(replace(SHARE, name="db/prod/bob"))
    leave_an_orphan(world)
    world.read(world.server.services.store.recent(world.server.account_of(world.credentials.username))[-1].secret_key)

    outcome = world.engine().absent(SHARE.name)

    assert outcome.warnings == ()
    assert world.ledger.read(SHARE.name).attempts == ()


def test_a_survey_does_not_forget_it_either(world: World) -> None:
    world.engine().present(SHARE)
    entries = world.ledger.entries()
    (status,) = survey(entries, Policy(), Empty(world.client), world.server.clock())  # type: ignore[arg-type]

    assert status.record
    assert status.record.state is State.NEW


def test_past_its_time_the_word_is_believed(world: World) -> None:
    world.engine().present(SHARE)
    world.server.clock.advance(3601)
    with at_an_empty_node(world) as engine:
        assert engine.present(replace(SHARE, policy=Policy(frozenset()))).state == "unknown"
        assert engine.absent(SHARE.name).action in (Action.ABSENT, Action.BURNED)
    assert world.ledger.entries() == {}


def test_a_link_that_was_read_in_between_is_gone_by_its_metadata(world: World) -> None:
    record = world.engine().present(SHARE).record
    assert record

    class ReadMeanwhile(Empty):
        def metadata(self, key: str) -> Any:
            return self._client.metadata(key)

        def burn(self, key: str, passphrase: str | None = None) -> None:
            world.read(record.secret_key)
            self._client.burn(key, passphrase)

    outcome = world.engine(client=ReadMeanwhile(world.client)).absent(SHARE.name)  # type: ignore[arg-type]
    assert outcome.action is Action.ABSENT
    assert world.ledger.entries() == {}


def test_a_key_that_nobody_knows_is_told(world: World) -> None:
    outcome = world.engine().absent_by_key("k" * 31 + "m" * 31)

    assert outcome.action is Action.ABSENT
    assert "Neither the ledger nor the server knows" in outcome.warnings[0]


# -- the ledger ---------------------------------------------------------------------------------------------------------------


class Commit:
    """A ledger whose `complete` meets a mishap: before it, after it, or with a ledger that can be asked no more."""

    def __init__(self, ledger: Any, *, committed: bool, can_be_asked: bool) -> None:
        self._ledger, self._committed, self._can_be_asked = ledger, committed, can_be_asked

    def complete(self, *arguments: Any, **options: Any) -> None:
        if self._committed:
            self._ledger.complete(*arguments, **options)
        raise LedgerError("the connection broke", "check it")

    def withdraw(self, *arguments: Any) -> Completion:
        return self._ledger.withdraw(*arguments) if self._can_be_asked else Completion.UNKNOWN

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


def test_a_commit_that_only_lost_its_answer_is_a_success(world: World) -> None:
    ledger = Commit(world.ledger, committed=True, can_be_asked=True)
    outcome = world.engine(ledger).present(SHARE)  # type: ignore[arg-type]

    assert outcome.action is Action.CREATED
    assert world.live_links() == 1
    again = world.engine().present(SHARE)
    assert (again.action, again.state, again.warnings) == (Action.KEPT, "new", ())


def test_a_commit_that_failed_takes_the_link_back(world: World) -> None:
    with pytest.raises(LedgerError, match="the connection broke"):
        world.engine(Commit(world.ledger, committed=False, can_be_asked=True)).present(SHARE)  # type: ignore[arg-type]

    assert world.live_links() == 0
    assert world.ledger.entries() == {}
    assert [event.what for event in world.ledger.history()] == [What.BURNED, What.WITHDRAWN]


@pytest.mark.parametrize("error", [Rejected("not now"), LedgerError("it is full", "make room")])
def test_a_link_that_cannot_be_taken_back_at_once_hides_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    ledger = Commit(world.ledger, committed=False, can_be_asked=True)
    monkeypatch.setattr(
        *(world.client, "burn", fail) if isinstance(error, Rejected) else (world.ledger, "settle", fail)
    )
    with pytest.raises(LedgerError, match="the connection broke"):
        world.engine(ledger).present(SHARE)  # type: ignore[arg-type]
    assert len(world.ledger.read(SHARE.name).pending_burns) == 1


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_of_which_nothing_is_known_burns_nothing(world: World, committed: bool) -> None:
    with pytest.raises(LedgerError, match=r"the connection broke.*then run again: the next run looks for the link"):
        world.engine(Commit(world.ledger, committed=committed, can_be_asked=False)).present(SHARE)  # type: ignore[arg-type]
    assert world.live_links() == 1

    outcome = world.engine().present(SHARE)
    assert outcome.action is (Action.KEPT if committed else Action.CREATED)
    assert world.live_links() == 1


# -- who writes the database without the key ----------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["name", "key_digest", "sealed"])
def test_an_altered_row_is_an_error_that_names_it_and_sends_nothing(world: World, column: str) -> None:
    world.engine().present(SHARE)
    with world.ledger._transaction() as tables:
        (row,) = tables.select("link")
        altered = {**row, column: {"name": "db/prod/bob", "key_digest": "00", "sealed": bytes(64)}[column]}
        tables.delete("link")
        tables.insert("link", altered)

    with pytest.raises(LedgerError, match=f"record of {altered['name']!r} cannot be decrypted: it was altered"):
        world.engine().present(replace(SHARE, name=altered["name"]))
    assert world.links_ever() == 1


def test_an_end_that_the_server_contradicts_is_not_believed(world: World) -> None:
    record = world.engine().present(SHARE).record
    assert record
    note(world.ledger, SHARE.name, replace(record, state=State.RECEIVED))  # as one wrong reply would have it

    assert world.engine().present(SHARE).state == "new"
    world.server.clock.advance(3601)
    note(world.ledger, SHARE.name, replace(record, state=State.RECEIVED))
    assert world.engine().present(SHARE).state == "received"  # past its time nobody can tell better
