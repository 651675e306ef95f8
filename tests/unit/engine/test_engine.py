"""One live link per name, whatever happens to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import ANY

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    Misdirected,
    NotAuthorized,
    OnetimeError,
    RateLimited,
    Rejected,
    ReplyLost,
    ServerFault,
    Unreachable,
    WrongPassphrase,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import PendingBurn, Record
from tests.support.replay import Answer, replaying
from tests.support.world import World

SHARE = Desired("db/prod/alice", secret="s3cret ✓").but(ttl=3600)
GENERATE = Desired("db/prod/app").but(ttl=3600)


def _changed(desired: Desired, change: dict[str, str]) -> Desired:
    secret = change.get("secret", desired.secret)
    return replace(desired, secret=secret).but(**{k: v for k, v in change.items() if k != "secret"})


def link_of(outcome: Outcome) -> Record:
    assert outcome.record is not None
    return outcome.record


@contextmanager
def cannot_burn(world: World, error: Exception) -> Iterator[Client]:
    """A client whose every burn fails so."""

    class Failing(Client):
        def burn(self, *_arguments: object) -> None:  # type: ignore[override]
            raise error

    with Failing(Address.of(world.server.url), world.credentials) as failing:
        yield failing


def test_the_first_run_makes_a_link_and_the_next_ones_keep_it(world: World) -> None:
    first = world.engine().present(SHARE)
    second = world.engine().present(SHARE)

    assert (first.action, second.action) == (Action.CREATED, Action.KEPT)
    assert link_of(first).secret_key == link_of(second).secret_key
    assert world.links_ever() == 1
    assert world.read(link_of(second).secret_key) == "s3cret ✓"


def test_a_generated_value_is_the_same_in_every_run(world: World) -> None:
    first = world.engine().present(GENERATE)
    second = world.engine().present(GENERATE)

    value = link_of(first).value
    assert value
    assert link_of(second).value == value
    assert world.read(link_of(second).secret_key) == value


def test_two_names_have_two_links(world: World) -> None:
    world.engine().present(SHARE)
    world.engine().present(replace(SHARE, name="db/prod/bob"))

    assert world.live_links() == 2


def test_a_share_without_a_name_is_keyed_by_its_content(world: World) -> None:
    engine = world.engine()
    for secret in ("a", "a", "b"):
        engine.present(engine.named(Desired("", secret=secret)))

    assert world.live_links() == 2


@pytest.mark.parametrize(
    "change", [{"secret": "other"}, {"passphrase": "correct-horse"}, {"recipient": "alice@example.com"}], ids=str
)
def test_changed_content_replaces_the_link(world: World, change: dict[str, str]) -> None:
    former = world.engine().present(SHARE)
    changed = world.engine().present(_changed(SHARE, change))
    again = world.engine().present(_changed(SHARE, change))

    assert (changed.action, again.action) == (Action.REPLACED, Action.KEPT)
    assert changed.warnings == ()
    assert world.live_links() == 1
    assert world.client.metadata(link_of(former).metadata_key).state is State.BURNED


def test_a_replaced_link_with_a_passphrase_is_burned_as_well(world: World) -> None:
    world.engine().present(SHARE.but(passphrase="correct-horse"))
    world.engine().present(SHARE.but(passphrase="battery-staple"))

    assert world.live_links() == 1


def test_a_new_link_to_a_generated_value_carries_the_same_value(world: World) -> None:
    former = world.engine().present(GENERATE)
    changed = world.engine().present(GENERATE.but(passphrase="correct-horse"))

    assert changed.action is Action.REPLACED
    assert link_of(changed).value == link_of(former).value
    assert world.read(link_of(changed).secret_key, "correct-horse") == link_of(former).value


def test_another_ttl_is_no_change(world: World) -> None:
    world.engine().present(SHARE)

    assert world.engine().present(SHARE.but(ttl=7200)).action is Action.KEPT


def test_a_ttl_that_the_server_cut_is_told_and_is_no_change(world: World) -> None:
    asked = SHARE.but(ttl=400 * 86_400)
    first = world.engine().present(asked)
    second = world.engine().present(asked)

    assert second.action is Action.KEPT
    assert link_of(first).ttl < 400 * 86_400
    for outcome in (first, second):
        assert any(f"{link_of(first).ttl} seconds" in warning for warning in outcome.warnings)


def test_a_value_of_another_length_is_kept_and_told(world: World) -> None:
    world.engine().present(GENERATE.but(length=12))
    outcome = world.engine().present(GENERATE.but(length=32))

    assert outcome.action is Action.KEPT
    assert "has 12 characters and length is 32" in outcome.warnings[0]


def test_a_link_that_was_read_is_not_sent_again(world: World) -> None:
    world.read(link_of(world.engine().present(SHARE)).secret_key)
    outcome = world.engine().present(SHARE)

    assert (outcome.action, outcome.state) == (Action.KEPT, "received")
    assert link_of(outcome).received_at
    assert world.live_links() == 0


def test_a_link_that_was_read_is_sent_again_where_that_is_asked_for(world: World) -> None:
    wanted = replace(GENERATE, policy=Policy(frozenset({ReissueOn.RECEIVED})))
    value = world.read(link_of(world.engine().present(wanted)).secret_key)
    outcome = world.engine().present(wanted)

    assert outcome.action is Action.REISSUED
    assert world.read(link_of(outcome).secret_key) == value


def test_an_expired_link_is_sent_again(world: World) -> None:
    world.engine().present(SHARE)
    world.server.clock.advance(3601)
    outcome = world.engine().present(SHARE)

    assert outcome.action is Action.REISSUED
    assert world.live_links() == 1


def test_an_expired_link_is_not_sent_again_where_that_is_not_wanted(world: World) -> None:
    world.engine().present(SHARE)
    world.server.clock.advance(3601)
    outcome = world.engine().present(replace(SHARE, policy=Policy(frozenset({ReissueOn.RECEIVED}))))

    assert (outcome.action, outcome.state) == (Action.KEPT, "expired")
    assert "expired" in outcome.warnings[0]
    assert world.engine().present(replace(SHARE, policy=Policy(frozenset()))) == replace(
        outcome, warnings=(), desired=ANY
    )


def test_a_link_that_somebody_else_burned_is_not_sent_again(world: World) -> None:
    world.client.burn(link_of(world.engine().present(SHARE)).metadata_key)
    outcome = world.engine().present(SHARE)

    assert (outcome.action, outcome.state) == (Action.KEPT, "burned")
    assert "burned by somebody else" in outcome.warnings[0]


def test_a_link_that_the_server_has_forgotten_is_not_sent_again(world: World) -> None:
    world.engine().present(SHARE)
    world.server.clock.advance(3 * 3600)
    outcome = world.engine().present(SHARE)

    assert (outcome.action, outcome.state) == (Action.KEPT, "unknown")
    assert "'unknown'" in outcome.warnings[0]


def test_the_last_state_decides_where_the_server_has_forgotten(world: World) -> None:
    world.read(link_of(world.engine().present(SHARE)).secret_key)
    world.engine().present(SHARE)
    world.server.clock.advance(3 * 3600)

    assert world.engine().present(SHARE).state == "received"


def test_absent_burns_and_forgets(world: World) -> None:
    world.engine().present(SHARE.but(passphrase="correct-horse"))

    assert world.engine().absent(SHARE.name).action is Action.BURNED
    assert world.engine().absent(SHARE.name).action is Action.ABSENT
    assert world.live_links() == 0
    assert world.engine().present(SHARE).action is Action.CREATED


def test_absent_of_a_read_link_is_no_change(world: World) -> None:
    world.read(link_of(world.engine().present(SHARE)).secret_key)
    outcome = world.engine().absent(SHARE.name)

    assert (outcome.action, outcome.state) == (Action.ABSENT, "received")


def test_burn_by_key_of_a_link_in_the_ledger_forgets_its_name(world: World) -> None:
    key = link_of(world.engine().present(SHARE.but(passphrase="correct-horse"))).metadata_key

    assert world.engine().absent_by_key(key).action is Action.BURNED
    assert world.engine().absent_by_key(key).action is Action.ABSENT
    assert world.engine().present(SHARE).action is Action.CREATED


def test_burn_by_key_of_somebody_elses_link_needs_its_passphrase(world: World) -> None:
    key = world.server.share("x", passphrase="correct-horse")["metadata_key"]

    with pytest.raises(WrongPassphrase):
        world.engine().absent_by_key(key)
    assert world.engine().absent_by_key(key, passphrase="correct-horse").action is Action.BURNED
    assert world.engine().absent_by_key(key).action is Action.ABSENT
    assert world.engine().absent_by_key("q" * 62).action is Action.ABSENT


@pytest.mark.parametrize("failing", [0, 1])
def test_absent_pays_every_burn_that_is_owed(world: World, failing: int) -> None:
    with cannot_burn(world, ReplyLost("the connection broke")) as client:
        for secret in "abcd":
            world.engine(client=client).present(replace(SHARE, secret=secret).but(passphrase=f"passphrase of {secret}"))
    owed = [burn.metadata_key for burn in world.ledger.read(SHARE.name).pending_burns]
    assert (len(owed), world.live_links()) == (3, 4)

    class Limited(Client):
        def burn(self, key: str, passphrase: str | None = None) -> None:  # type: ignore[override]
            if key in owed[:failing]:
                raise RateLimited("Cripes!")
            super().burn(key, passphrase)

    with Limited(Address.of(world.server.url), world.credentials) as client:
        outcome = world.engine(client=client).absent(SHARE.name)

    assert outcome.action is (Action.BURN_PENDING if failing else Action.BURNED)
    assert [burn.metadata_key for burn in world.ledger.read(SHARE.name).pending_burns] == owed[:failing]
    assert (world.live_links(), len(outcome.warnings)) == (failing, failing)
    assert world.engine().absent(SHARE.name).action is (Action.BURNED if failing else Action.ABSENT)
    assert (world.live_links(), world.ledger.entries()) == (0, {})


def test_check_mode_burns_no_link_by_its_key(world: World) -> None:
    ours = link_of(world.engine().present(SHARE)).metadata_key
    theirs = world.server.share("x", passphrase="correct-horse")["metadata_key"]
    entries = world.ledger.entries()

    for key in (ours, theirs):
        assert world.engine().absent_by_key(key, passphrase="correct-horse", check=True).action is Action.BURNED
    assert (world.live_links(), world.ledger.entries()) == (2, entries)


def test_an_unnamed_share_to_two_recipients_is_two_links(world: World) -> None:
    engine = world.engine()
    for part in (
        {"recipient": "alice@example.com"},
        {"recipient": "bob@example.com"},
        {},
        {"passphrase": "correct-horse"},
    ):
        for _run in range(2):
            engine.present(engine.named(Desired("", secret="s3cret").but(**part)))

    assert world.live_links() == world.links_ever() == 4


def test_fingerprints_do_not_tell_that_two_names_have_the_same_content(world: World) -> None:
    same = SHARE.but(passphrase="correct-horse", recipient="alice@example.com")
    alice, bob = (link_of(world.engine().present(replace(same, name=name))) for name in ("alice", "bob"))

    assert alice.fingerprints.keys() == bob.fingerprints.keys() >= {"secret", "passphrase", "recipient"}
    assert not set(alice.fingerprints.values()) & set(bob.fingerprints.values())


def test_check_mode_tells_the_same_and_does_nothing(world: World) -> None:
    assert world.engine().present(SHARE, check=True).action is Action.CREATED
    assert world.links_ever() == 0

    world.engine().present(SHARE)
    assert world.engine().present(SHARE, check=True).action is Action.KEPT
    assert world.engine().present(replace(SHARE, secret="other"), check=True).action is Action.REPLACED
    assert world.engine().absent(SHARE.name, check=True).action is Action.BURNED
    assert world.live_links() == 1
    assert world.engine().present(SHARE).action is Action.KEPT


def test_a_known_name_costs_no_request_without_refresh(world: World) -> None:
    world.engine().present(GENERATE)
    world.connections.clear()
    outcome = world.engine().present(GENERATE, refresh=False)

    assert outcome.action is Action.KEPT
    assert world.connections == []


def test_past_its_expiry_the_server_is_asked_even_without_refresh(world: World) -> None:
    world.engine().present(GENERATE)
    world.server.clock.advance(3601)

    assert world.engine().present(GENERATE, refresh=False).action is Action.REISSUED


GENERATE_ALONE = Desired(GENERATE.name)


def test_what_is_not_given_stays_as_it_is(world: World) -> None:
    whole = GENERATE.but(passphrase="correct-horse", recipient="alice@example.com")
    first = world.engine().present(whole)
    world.server.clock.advance(3601)
    outcome = world.engine().present(GENERATE_ALONE, refresh=False)

    assert outcome.action is Action.REISSUED
    assert link_of(outcome).recipient == "alice@example.com"
    assert world.engine().present(whole).action is Action.KEPT
    assert world.read(link_of(outcome).secret_key, "correct-horse") == link_of(first).value


ROTATED = GENERATE.but(ttl=30 * 86_400)
ROTATED = replace(ROTATED, policy=Policy(rotate_after=86_400))


def test_a_value_is_generated_anew_when_it_is_old_enough(world: World) -> None:
    first = world.engine().present(ROTATED)
    world.server.clock.advance(86_399)
    assert world.engine().present(ROTATED).action is Action.KEPT
    world.server.clock.advance(1)
    second = world.engine().present(ROTATED)

    assert second.action is Action.ROTATED
    assert link_of(second).value not in (None, link_of(first).value)
    assert world.live_links() == 1
    assert world.engine().present(ROTATED).action is Action.KEPT


def test_the_age_of_a_value_counts_from_its_first_link(world: World) -> None:
    asked = ROTATED.but(ttl=36_000)
    first = world.engine().present(asked)
    world.server.clock.advance(43_200)
    second = world.engine().present(asked)
    world.read(link_of(second).secret_key)
    world.server.clock.advance(43_200)
    third = world.engine().present(asked.but(passphrase="correct-horse"))

    assert [second.action, third.action] == [Action.REISSUED, Action.ROTATED]
    assert link_of(first).value == link_of(second).value != link_of(third).value
    assert world.read(link_of(third).secret_key, "correct-horse") == link_of(third).value


@pytest.mark.parametrize("hours", [-1, 1])
def test_clocks_that_are_an_hour_apart_change_nothing(world: World, hours: int) -> None:
    server_clock = world.server.clock
    world.controller_clock = lambda: server_clock() + hours * 3600
    asked = replace(GENERATE.but(ttl=7200), policy=Policy(rotate_after=86_400))
    first = link_of(world.engine().present(asked))

    assert first.expires_at == int(server_clock()) + first.ttl
    server_clock.advance(7199)
    assert world.engine().present(asked, refresh=False).action is Action.KEPT
    server_clock.advance(1)
    assert world.engine().present(asked, refresh=False).action is Action.REISSUED
    server_clock.advance(86_400 - 7201)
    assert world.engine().present(asked).action is not Action.ROTATED
    server_clock.advance(1)
    assert world.engine().present(asked).action is Action.ROTATED


def test_a_name_is_either_shared_or_generated(world: World) -> None:
    world.engine().present(SHARE)

    with pytest.raises(InvalidInput, match="made by ots_share"):
        world.engine().present(Desired(SHARE.name))


def test_what_the_server_refuses_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(Rejected):
        world.engine().present(SHARE.but(passphrase="abc", share_domain="unknown.example.net"))

    assert world.ledger.read(SHARE.name).attempts == ()
    outcome = world.engine().present(SHARE)
    assert (outcome.action, outcome.warnings) == (Action.CREATED, ())


def test_a_wrong_token_never_sends_a_second_link(world: World) -> None:
    world.engine().present(SHARE)
    with Client(Address.of(world.server.url), Credentials.of("ops@example.com", "wrong")) as stranger:
        with pytest.raises(NotAuthorized):
            world.engine(client=stranger).present(SHARE)

    assert world.links_ever() == 1


def test_a_dead_server_never_makes_a_second_link(world: World) -> None:
    world.engine().present(SHARE)
    with Client(Address.of("http://127.0.0.1:1"), sleep=lambda _seconds: None) as nowhere:
        with pytest.raises(Unreachable):
            world.engine(client=nowhere).present(SHARE)

    assert world.engine().present(SHARE).action is Action.KEPT


def test_a_burn_whose_reply_was_lost_was_ours(world: World) -> None:
    key = link_of(world.engine().present(SHARE)).metadata_key

    class Deaf(Client):
        metadata = world.client.metadata

        def burn(self, *_arguments: object) -> None:  # type: ignore[override]
            world.client.burn(key)
            raise ReplyLost("the connection broke")

    with Deaf(Address.of(world.server.url)) as deaf, pytest.raises(ReplyLost):
        world.engine(client=deaf).absent(SHARE.name)

    assert world.engine().absent(SHARE.name).action is Action.ABSENT
    assert world.engine().present(SHARE).action is Action.CREATED


def test_what_is_wanted_absent_stays_so_when_its_burn_fails(world: World) -> None:
    protected = SHARE.but(passphrase="correct-horse")
    world.engine().present(protected)
    with cannot_burn(world, Unreachable("no connection")) as failing, pytest.raises(Unreachable):
        world.engine(client=failing).absent(SHARE.name)
    assert world.live_links() == 1

    assert world.engine().absent(SHARE.name).action is Action.BURNED
    assert world.live_links() == 0


def test_a_burn_that_fails_is_owed_and_paid_by_the_next_run(world: World) -> None:
    world.engine().present(SHARE)
    with cannot_burn(world, Unreachable("no connection")) as failing:
        outcome = world.engine(client=failing).present(replace(SHARE, secret="other"))
    assert outcome.action is Action.REPLACED
    assert (
        "could not be burned (no connection). Its burn is pending: the next run with this name tries again"
        in outcome.warnings[0]
    )
    assert world.live_links() == 2

    assert world.engine().present(replace(SHARE, secret="other")).warnings == ()
    assert world.live_links() == 1


def test_a_server_that_takes_no_more_burns_for_now_fails_no_run(world: World) -> None:
    limit = RateLimited("Cripes! You have been rate limited.")
    world.engine().present(SHARE)
    stranger = world.server.share("x")["metadata_key"]
    with cannot_burn(world, limit) as limited:
        for outcome in (
            world.engine(client=limited).absent(SHARE.name),
            world.engine(client=limited).absent_by_key(stranger),
        ):
            assert outcome.action is Action.BURN_PENDING
            assert "tries again. Until then the link can be read; it expires at 20" in outcome.warnings[0]
        assert world.engine(client=limited).absent(SHARE.name).action is Action.BURN_PENDING

    assert world.engine().absent(SHARE.name, check=True).action is Action.BURNED
    assert world.engine().absent(SHARE.name).action is Action.BURNED
    assert world.engine().absent_by_key(stranger).action is Action.BURNED
    assert world.live_links() == 0
    assert world.ledger.entries() == {}


def test_a_burn_by_key_that_waited_with_a_wrong_passphrase_can_be_given_another(world: World) -> None:
    key = world.server.share("x", passphrase="correct-horse")["metadata_key"]
    with cannot_burn(world, RateLimited("Cripes!")) as limited:
        world.engine(client=limited).absent_by_key(key, passphrase="wrong-horse")

    with pytest.raises(WrongPassphrase):
        world.engine().absent_by_key(key)
    assert world.engine().absent_by_key(key, passphrase="correct-horse").action is Action.BURNED
    assert world.ledger.entries() == {}


LOCKED = r"after 20 wrong passphrases servers answer so for 30 minutes, even to the right one"


@pytest.mark.only_release("v0.26")
@pytest.mark.parametrize("by_key", [False, True])
def test_a_burn_behind_a_lock_says_so_and_stays_pending(world: World, by_key: bool) -> None:
    key = link_of(world.engine().present(SHARE.but(ttl=7200, passphrase="correct-horse"))).metadata_key
    for _ in range(20):
        with pytest.raises(WrongPassphrase):
            world.client.burn(key, "wrong-horse")

    for _run in range(2):
        with pytest.raises(ServerFault, match=LOCKED):
            world.engine().absent_by_key(key) if by_key else world.engine().absent(SHARE.name)
        assert [burn.metadata_key for burn in world.ledger.read(SHARE.name).pending_burns] == [key]
    assert world.live_links() == 1
    world.server.clock.advance(30 * 60)
    assert world.engine().absent(SHARE.name).action is Action.BURNED
    assert (world.live_links(), world.ledger.entries()) == (0, {})


@pytest.mark.only_release("v0.26")
def test_a_replaced_link_behind_a_lock_is_burned_after_it(world: World) -> None:
    key = link_of(world.engine().present(SHARE.but(passphrase="correct-horse"))).metadata_key
    for _ in range(20):
        with pytest.raises(WrongPassphrase):
            world.client.burn(key, "wrong-horse")
    changed = replace(SHARE, secret="other")
    outcome = world.engine().present(changed)

    assert outcome.action is Action.REPLACED
    assert re.search(LOCKED, outcome.warnings[0])
    world.server.clock.advance(30 * 60)
    assert world.engine().present(changed).warnings == ()
    assert world.live_links() == 1


@pytest.mark.parametrize("passphrase", [None, "correct-horse"])
def test_a_link_that_cannot_be_recorded_is_taken_back(world: World, passphrase: str | None) -> None:
    full = world.open_ledger()

    def complete(*_arguments: object, **_options: object) -> None:
        raise LedgerError("the disk is full", "make room")

    full.complete = complete  # type: ignore[method-assign]
    with pytest.raises(LedgerError, match="disk is full"):
        world.engine(full).present(SHARE.but(passphrase=passphrase))

    assert world.links_ever() == 1
    assert world.live_links() == 0
    assert world.ledger.entries() == {}


def test_without_an_account_the_key_alone_is_enough(world: World) -> None:
    with Client(Address.of(world.server.url)) as nobody:
        engine = Engine(world.ledger, lambda: nobody, anonymous=True, clock=world.server.clock)
        first = engine.present(SHARE)
        assert engine.present(SHARE).action is Action.KEPT
        world.read(link_of(first).secret_key)
        assert engine.present(SHARE).state == "received"


class Closed(Client):
    """Of a server that reports no state without an account."""

    def metadata(self, _key: object) -> Metadata:
        raise NotAuthorized("Not authorized", status=404)


def test_where_nothing_is_told_without_an_account_the_expiry_decides(world: World) -> None:
    with Closed(Address.of(world.server.url)) as nobody:
        engine = Engine(world.ledger, lambda: nobody, anonymous=True, clock=world.server.clock)
        assert engine.present(SHARE).warnings == ()
        kept = engine.present(SHARE)
        assert (kept.action, kept.state, len(kept.warnings)) == (Action.KEPT, "new", 1)
        assert "reports no state without an account" in kept.warnings[0]
        assert engine.absent(SHARE.name, check=True).warnings == kept.warnings
        world.server.clock.advance(3599)
        assert engine.present(SHARE).action is Action.KEPT
        world.server.clock.advance(1)
        assert engine.present(SHARE).action is Action.REISSUED
        assert engine.absent(SHARE.name).action is Action.BURNED
    assert (world.links_ever(), world.live_links()) == (2, 0)


def test_refused_credentials_are_no_lack_of_an_account(world: World) -> None:
    world.engine().present(SHARE)
    with Closed(Address.of(world.server.url), world.credentials) as refused:
        for act in (lambda engine: engine.present(SHARE), lambda engine: engine.absent(SHARE.name)):
            with pytest.raises(NotAuthorized):
                act(world.engine(client=refused))
    assert (world.links_ever(), world.live_links()) == (1, 1)


ELSEWHERE = Answer(
    json={
        "metadata_key": "m" * 31,
        "secret_key": "s" * 31,
        "ttl": 3600,
        "created": 1795225122,
        "recipient": ["br*****@e*****.com"],
    }
)


BURNED = Answer(json={"state": {**ELSEWHERE.json, "state": "new", "updated": 1795225122}, "secret_shortkey": "ssssss"})


@pytest.mark.parametrize(("burn", "is_owed"), [(BURNED, False), (Answer(json={}), True), (Answer(502), True)])
def test_a_link_that_went_to_somebody_else_is_burned_and_not_recorded(
    world: World, burn: Answer, is_owed: bool
) -> None:
    desired = SHARE.but(recipient="o'brien@example.com")
    with replaying(ELSEWHERE, burn) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(Misdirected, match="mailed to another address"):
            world.engine(client=client).present(desired)
        assert [request.path.rpartition("/")[2] for request in server.received] == ["share", "burn"]
    entry = world.ledger.read(SHARE.name)
    assert (entry.record, entry.attempts) == (None, ())
    created, ttl = ELSEWHERE.json["created"], ELSEWHERE.json["ttl"]
    owed = PendingBurn(ELSEWHERE.json["metadata_key"], None, created + ttl, "o'brien@example.com")
    assert entry.pending_burns == (owed,) * is_owed
    assert [event.what for event in world.ledger.history()] == [What.WITHDRAWN] * is_owed


@pytest.mark.parametrize("absent", [True, False])
def test_a_link_that_went_to_somebody_else_is_burned_by_the_next_run(world: World, absent: bool) -> None:
    theirs = world.server.share("s3cret ✓", world.server_login, passphrase="correct-horse")
    desired = SHARE.but(passphrase="correct-horse")
    with replaying(
        Answer(json={**ELSEWHERE.json, **theirs, "recipient": ["br*****@e*****.com"]}), Answer(502)
    ) as server:
        with Client(Address.of(server.url)) as client, pytest.raises(Misdirected):
            world.engine(client=client).present(desired)
    outcome = world.engine().absent(SHARE.name) if absent else world.engine().present(desired)

    assert outcome.action is (Action.BURNED if absent else Action.CREATED)
    assert world.client.metadata(theirs["metadata_key"]).state is State.BURNED
    assert world.ledger.read(SHARE.name).pending_burns == ()


def test_a_ledger_that_fails_does_not_hide_that_a_link_went_to_somebody_else(world: World) -> None:
    full = world.open_ledger()

    def owe(*_arguments: object) -> None:
        raise LedgerError("the disk is full", "make room")

    full.owe = owe  # type: ignore[method-assign]
    with replaying(ELSEWHERE, Answer(502)) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(Misdirected):
            world.engine(full, client).present(SHARE)
    assert len(world.ledger.read(SHARE.name).attempts) == 1


NO_ANSWER_OF_THE_SERVER = [
    Answer(302, headers={"Location": "https://login.example.com/"}),
    Answer(400),
    Answer(403, body=b"<html>"),
    Answer(404, body=b"<html>"),
    Answer(404, json={"message": "No upstream"}),
    Answer(404, json={"message": "An unexpected error occurred :["}),
    Answer(404, json={"message": "Could not store your secret"}),
    Answer(422, json={"message": "no"}),
    Answer(429),
    Answer(500),
    Answer(502, body=b"<html>"),
    Answer(503, json={"error": "Not Found"}),
    Answer(200),
    Answer(200, body=b"<html>"),
    Answer(200, body=b"{", headers={"Content-Type": "application/json"}),
    Answer(200, json={}),
    Answer(200, json=[]),
    Answer(200, json={"metadata_key": "m" * 31, "ttl": 3600, "created": 1795225122}),
    Answer(200, json={"message": "Unknown secret"}),
]


@pytest.mark.only_release("v0.26")
@pytest.mark.parametrize("desired", [SHARE, GENERATE], ids=["share", "generate"])
def test_an_answer_that_is_not_the_servers_no_leaves_the_attempt_standing(world: World, desired: Desired) -> None:
    for answer in NO_ANSWER_OF_THE_SERVER:
        with replaying(answer) as server, Client(Address.of(server.url)) as client, pytest.raises(OnetimeError):
            world.engine(client=client).present(desired)
    entry = world.ledger.read(desired.name)
    assert (entry.record, len(entry.attempts)) == (None, len(NO_ANSWER_OF_THE_SERVER))
