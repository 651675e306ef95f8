"""One live link per name, whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    NotAuthorized,
    RateLimited,
    Rejected,
    ReplyLost,
    Unreachable,
    WrongPassphrase,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired, Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Record
from support.world import World

SHARE = Desired("db/prod/alice", secret="s3cret ✓", ttl=3600)
GENERATE = Desired("db/prod/app", ttl=3600)


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
    changed = world.engine().present(replace(SHARE, **change))
    again = world.engine().present(replace(SHARE, **change))

    assert (changed.action, again.action) == (Action.REPLACED, Action.KEPT)
    assert changed.warnings == ()
    assert world.live_links() == 1
    assert world.client.metadata(link_of(former).metadata_key).state is State.BURNED


def test_a_replaced_link_with_a_passphrase_is_burned_as_well(world: World) -> None:
    world.engine().present(replace(SHARE, passphrase="correct-horse"))
    world.engine().present(replace(SHARE, passphrase="battery-staple"))

    assert world.live_links() == 1


def test_a_new_link_to_a_generated_value_carries_the_same_value(world: World) -> None:
    former = world.engine().present(GENERATE)
    changed = world.engine().present(replace(GENERATE, passphrase="correct-horse"))

    assert changed.action is Action.REPLACED
    assert link_of(changed).value == link_of(former).value
    assert world.read(link_of(changed).secret_key, "correct-horse") == link_of(former).value


def test_another_ttl_is_no_change(world: World) -> None:
    world.engine().present(SHARE)

    assert world.engine().present(replace(SHARE, ttl=7200)).action is Action.KEPT


def test_a_ttl_that_the_server_cut_is_told_and_is_no_change(world: World) -> None:
    asked = replace(SHARE, ttl=400 * 86_400)
    first = world.engine().present(asked)
    second = world.engine().present(asked)

    assert second.action is Action.KEPT
    assert link_of(first).ttl < 400 * 86_400
    for outcome in (first, second):
        assert any(f"{link_of(first).ttl} seconds" in warning for warning in outcome.warnings)


def test_a_value_of_another_length_is_kept_and_told(world: World) -> None:
    world.engine().present(replace(GENERATE, length=12))
    outcome = world.engine().present(replace(GENERATE, length=32))

    assert outcome.action is Action.KEPT
    assert "has 12 characters, 32 are asked for" in outcome.warnings[0]


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
    never = replace(SHARE, policy=Policy(frozenset()))
    world.engine().present(never)
    world.server.clock.advance(3601)
    outcome = world.engine().present(never)

    assert (outcome.action, outcome.state) == (Action.KEPT, "expired")
    assert "expired" in outcome.warnings[0]


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
    world.engine().present(replace(SHARE, passphrase="correct-horse"))

    assert world.engine().absent(SHARE.name).action is Action.BURNED
    assert world.engine().absent(SHARE.name).action is Action.ABSENT
    assert world.live_links() == 0
    assert world.engine().present(SHARE).action is Action.CREATED


def test_absent_of_a_read_link_is_no_change(world: World) -> None:
    world.read(link_of(world.engine().present(SHARE)).secret_key)
    outcome = world.engine().absent(SHARE.name)

    assert (outcome.action, outcome.state) == (Action.ABSENT, "received")


def test_burn_by_key_of_a_link_in_the_ledger_forgets_its_name(world: World) -> None:
    key = link_of(world.engine().present(replace(SHARE, passphrase="correct-horse"))).metadata_key

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


def test_what_a_partial_wish_leaves_out_is_kept_as_it_is(world: World) -> None:
    whole = replace(GENERATE, passphrase="correct-horse", recipient="alice@example.com")
    first = world.engine().present(whole)
    world.server.clock.advance(3601)
    outcome = world.engine().present(replace(GENERATE, partial=True), refresh=False)

    assert outcome.action is Action.REISSUED
    assert link_of(outcome).recipient == "alice@example.com"
    assert world.engine().present(whole).action is Action.KEPT
    assert world.read(link_of(outcome).secret_key, "correct-horse") == link_of(first).value


ROTATED = replace(GENERATE, ttl=30 * 86_400, policy=Policy(rotate_after=86_400))


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
    asked = replace(ROTATED, ttl=36_000)
    first = world.engine().present(asked)
    world.server.clock.advance(43_200)
    second = world.engine().present(asked)
    world.read(link_of(second).secret_key)
    world.server.clock.advance(43_200)
    third = world.engine().present(replace(asked, passphrase="correct-horse"))

    assert [second.action, third.action] == [Action.REISSUED, Action.ROTATED]
    assert link_of(first).value == link_of(second).value != link_of(third).value
    assert world.read(link_of(third).secret_key, "correct-horse") == link_of(third).value


@pytest.mark.parametrize("hours", [-1, 1])
def test_clocks_that_are_an_hour_apart_change_nothing(world: World, hours: int) -> None:
    server_clock = world.server.clock
    world.controller_clock = lambda: server_clock() + hours * 3600
    asked = replace(GENERATE, ttl=7200, policy=Policy(rotate_after=86_400))
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
        world.engine().present(replace(SHARE, passphrase="abc", share_domain="unknown.example.net"))

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
    protected = replace(SHARE, passphrase="correct-horse")
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
    assert "could not be burned (no connection). The next run that names it tries again" in outcome.warnings[0]
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
            assert outcome.action is Action.BURN_OWED
            assert "tries again; until then it can be read, at the latest until 20" in outcome.warnings[0]
        assert world.engine(client=limited).absent(SHARE.name).action is Action.BURN_OWED

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
        world.engine().absent_by_key(key, passphrase="correct-horse")
    assert world.engine().absent_by_key(key, passphrase="correct-horse").action is Action.BURNED


def test_a_link_that_cannot_be_recorded_is_taken_back(world: World) -> None:
    full = world.open_ledger()

    def complete(*_arguments: object) -> None:
        raise LedgerError("the disk is full", "make room")

    full.complete = complete  # type: ignore[method-assign]
    with pytest.raises(LedgerError, match="disk is full"):
        world.engine(full).present(SHARE)

    assert world.links_ever() == 1
    assert world.live_links() == 0


def test_without_an_account_the_key_alone_is_enough(world: World) -> None:
    with Client(Address.of(world.server.url)) as nobody:
        engine = Engine(world.ledger, lambda: nobody, anonymous=True, clock=world.server.clock)
        first = engine.present(SHARE)
        assert engine.present(SHARE).action is Action.KEPT
        world.read(link_of(first).secret_key)
        assert engine.present(SHARE).state == "received"
