"""What is told of what the engine does: the outcome to whoever asked, and the trail to whoever asks later."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    Misdirected,
    OnetimeError,
    RateLimited,
    ReplyLost,
    UnknownSecret,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Left, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Attempt
from tests.support.world import World

pytestmark = pytest.mark.only_release("v0.26")
SHARE = Desired("db/alice", secret="s3cret", policy=Policy(frozenset())).but(recipient="alice@example.com", ttl=3600)


class Limited(Client):
    """Of a server that takes no more burns for now."""

    def burn(self, *_arguments: object) -> None:  # type: ignore[override]
        raise RateLimited("Cripes!")


def told(world: World) -> list[tuple[str, What]]:
    """The trail, from its beginning."""
    return [(event.name, event.what) for event in reversed(list(world.ledger.history()))]


def test_an_outcome_names_the_recipient_and_the_state(world: World) -> None:
    nothing = Outcome(Action.ABSENT)
    assert (nothing.record, nothing.former, nothing.desired) == (None, None, None)
    assert (nothing.state, nothing.recipient, nothing.warnings) == (None, None, ())

    foreseen = world.engine().present(SHARE, check=True)
    assert (foreseen.action, foreseen.state, foreseen.recipient) == (Action.CREATED, None, "alice@example.com")
    made = world.engine().present(SHARE)
    assert (made.state, made.recipient) == ("new", "alice@example.com")
    assert (made.record, made.former, made.desired, made.warnings) == (made.record, None, SHARE, ())
    to_bob = world.engine().present(SHARE.but(recipient="bob@example.com"), check=True)
    assert (to_bob.action, to_bob.recipient, to_bob.former) == (Action.REPLACED, "bob@example.com", made.record)
    gone = world.engine().absent(SHARE.name)
    assert (gone.state, gone.recipient, gone.record) == ("burned", "alice@example.com", None)


def test_no_repr_of_what_is_left_shows_a_key() -> None:
    left = Left("db/alice", (), ("a-metadata-key",))
    assert "db/alice" in repr(left)
    assert "a-metadata-key" not in repr(left)
    assert (left.record, left.witness) == (None, None)


def test_the_trail_tells_what_became_of_a_link(world: World) -> None:
    made = world.engine().present(SHARE)
    assert made.record
    world.read(made.record.secret_key)
    world.engine().present(SHARE)
    world.engine().present(SHARE)
    world.engine().absent(SHARE.name)
    world.engine().absent(SHARE.name)

    assert told(world) == [("db/alice", what) for what in (What.MADE, What.READ, What.FORGOTTEN)]


def test_the_trail_tells_of_burns_and_successors(world: World) -> None:
    world.engine().present(SHARE)
    world.engine().present(SHARE.but(recipient="bob@example.com"))
    world.engine().absent(SHARE.name)
    assert told(world) == [
        ("db/alice", what) for what in (What.MADE, What.REPLACED, What.BURNED, What.FORGOTTEN, What.BURNED)
    ]


def test_a_burn_by_key_is_told_under_a_name_of_its_own_and_pending_until_it_is_done(world: World) -> None:
    key = world.server.share("x")["metadata_key"]
    name = f"burn/{world.ledger.fingerprint(key)[:32]}"  # as every release names it
    with Limited(Address.of(world.server.url), world.credentials) as limited:
        pending = world.engine(client=limited).absent_by_key(key)
        again = world.engine(client=limited).absent_by_key(key)
    for outcome in (pending, again):
        assert outcome.action is Action.BURN_PENDING
        (warning,) = outcome.warnings
        assert warning.startswith(f"A link of {name!r} could not be burned (Cripes!). Its burn is pending")
    assert [burn.metadata_key for burn in world.ledger.read(name).pending_burns] == [key]
    assert world.engine().absent_by_key(key).action is Action.BURNED
    assert world.ledger.entries() == {}
    assert told(world) == [(name, What.BURNED)]

    other = world.server.share("y")["metadata_key"]
    assert world.engine().absent_by_key(other).action is Action.BURNED
    assert told(world)[1:] == [(f"burn/{world.ledger.fingerprint(other)[:32]}", What.BURNED)]


def test_all_burns_that_are_pending_are_done_with_a_new_one(world: World) -> None:
    world.engine().present(SHARE)
    with Limited(Address.of(world.server.url), world.credentials) as limited:
        world.engine(client=limited).present(replace(SHARE, secret="another"))
    assert world.live_links() == 2
    world.engine().present(replace(SHARE, secret="a third"))
    assert world.live_links() == 1


def test_what_is_kept_or_only_checked_holds_no_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[str] = []
    plain: Callable[[str], AbstractContextManager[None]] = world.ledger.locked

    def locked(name: str) -> AbstractContextManager[None]:
        held.append(name)
        return plain(name)

    monkeypatch.setattr(world.ledger, "locked", locked)
    engine: Engine = world.engine()
    engine.present(SHARE, check=True)
    assert held == []
    engine.present(SHARE)
    assert held == ["db/alice"]
    engine.present(SHARE, refresh=False)
    engine.present(SHARE, check=True)
    engine.absent(SHARE.name, check=True)
    assert held == ["db/alice"]
    engine.absent(SHARE.name)
    assert held == ["db/alice"] * 2


def test_an_unnamed_share_is_named_as_every_release_names_it(world: World) -> None:
    unnamed = replace(SHARE, name="")
    named = world.engine().named(unnamed)
    assert named.name == f"content/{world.ledger.fingerprint('s3cret', None, 'alice@example.com', None)[:32]}"
    assert world.engine().named(SHARE) is SHARE


@pytest.mark.parametrize(
    ("made", "asked", "by"),
    [("s3cret", None, "ots_share"), (None, "s3cret", "ots_generate")],
    ids=["share", "generate"],
)
def test_a_name_is_of_one_kind(world: World, made: str | None, asked: str | None, by: str) -> None:
    world.engine().present(replace(SHARE, secret=made))
    with pytest.raises(InvalidInput) as caught:
        world.engine().present(replace(SHARE, secret=asked))
    assert str(caught.value) == (
        f"name: 'db/alice' is already the name of a value that was made by {by}; use another name, or burn this one first"
    )


def test_what_is_asked_for_goes_together_with_what_the_link_has(world: World) -> None:
    words = Desired("db/app").but(words=5)
    world.engine().present(words)
    assert world.engine().present(Desired("db/app").but(separator=" ")).action is Action.KEPT
    with pytest.raises(InvalidInput):
        world.engine().present(Desired("db/other").but(separator=" "))


def test_a_rotation_warns_of_a_value_as_weak_as_the_one_before(world: World) -> None:
    policy = Policy(rotate_after=60)
    assert "easy" not in str(world.engine().present(Desired("db/app", policy=policy).but(length=4)).warnings[1:])
    world.server.clock.advance(120)
    rotated = world.engine().present(Desired("db/app", policy=policy))
    assert rotated.action is Action.ROTATED
    assert any("are needed against guessing" in warning for warning in rotated.warnings)


class Deaf(Client):
    """Whose links are made without an answer."""

    def share(self, request: Any) -> Any:
        super().share(request)
        raise ReplyLost("the connection broke")


def test_an_intent_holds_all_by_which_its_link_is_found(world: World) -> None:
    wanted = SHARE.but(passphrase="correct-horse", share_domain="secrets.example.com")
    with Deaf(Address.of(world.server.url), world.credentials) as deaf, pytest.raises((ReplyLost, Misdirected)):
        world.engine(client=deaf).present(SHARE.but(passphrase="correct-horse"))
    (attempt,) = world.ledger.read(SHARE.name).attempts
    assert attempt == Attempt(attempt.id, int(world.server.clock()), 3600, "alice@example.com", None, "correct-horse")
    assert len(attempt.id) == 16

    class Lost(Client):
        def share(self, _request: Any) -> Any:
            raise ReplyLost("the connection broke")

    with Lost(Address.of(world.server.url), world.credentials) as lost, pytest.raises(ReplyLost):
        world.engine(client=lost).present(replace(wanted, name="db/bob"))
    assert [one.share_domain for one in world.ledger.read("db/bob").attempts] == ["secrets.example.com"]


def test_a_link_that_was_found_and_burned_is_told_in_the_trail(world: World) -> None:
    with Deaf(Address.of(world.server.url), world.credentials) as deaf, pytest.raises(ReplyLost):
        world.engine(client=deaf).present(SHARE)
    outcome = world.engine().present(replace(SHARE, secret="another"))
    assert "found on the server and burned" in outcome.warnings[0]
    assert told(world) == [("db/alice", what) for what in (What.MADE, What.ORPHAN_BURNED)]
    assert [event.recipient for event in world.ledger.history()] == ["alice@example.com"] * 2


def test_a_link_that_is_read_while_it_is_to_be_burned_is_told_as_read(world: World) -> None:
    made = world.engine().present(SHARE)
    assert made.record
    record = made.record

    class Late(Client):
        def burn(self, *arguments: Any) -> None:
            world.read(record.secret_key)
            super().burn(*arguments)

    with Late(Address.of(world.server.url), world.credentials) as late:
        assert world.engine(client=late).absent(SHARE.name).action is Action.ABSENT
    assert told(world)[1:] == [("db/alice", What.FORGOTTEN), ("db/alice", What.READ)]
    newest = next(world.ledger.history())
    assert newest.server_at == int(world.server.clock())


def test_a_link_whose_time_is_over_and_that_nobody_knows_is_told_as_unknown(world: World) -> None:
    world.engine().present(SHARE)
    with Limited(Address.of(world.server.url), world.credentials) as limited:
        world.engine(client=limited).absent(SHARE.name)

    class Empty(Client):
        def burn(self, *_arguments: object) -> None:  # type: ignore[override]
            raise UnknownSecret("unknown")

        def metadata(self, *_arguments: object) -> Any:
            raise UnknownSecret("unknown")

    with Empty(Address.of(world.server.url), world.credentials) as empty:
        world.server.clock.advance(3599)
        with pytest.raises(OnetimeError, match="the link may still be readable"):
            world.engine(client=empty).absent(SHARE.name)
        world.server.clock.advance(1)
        assert world.engine(client=empty).absent(SHARE.name).action is Action.ABSENT
    assert told(world)[-1] == ("db/alice", What.UNKNOWN)


def test_a_warning_of_a_pending_burn_names_its_link(world: World) -> None:
    world.engine().present(SHARE)
    with Limited(Address.of(world.server.url), world.credentials) as limited:
        replaced = world.engine(client=limited).present(replace(SHARE, secret="another"))
        burned = world.engine(client=limited).absent(SHARE.name)
    for outcome, count in ((replaced, 1), (burned, 2)):
        assert [
            warning.startswith("A link of 'db/alice' could not be burned (Cripes!)") for warning in outcome.warnings
        ] == [True] * count


def test_a_given_value_stays_with_its_caller_and_its_age_is_its_own(world: World) -> None:
    every = replace(SHARE, policy=Policy(frozenset(ReissueOn)))
    first = world.engine().present(every).record
    assert first
    assert first.value is None
    world.server.clock.advance(60)
    world.client.burn(first.metadata_key, None)
    again = world.engine().present(every).record
    assert again
    assert (again.created_at - first.created_at, again.value_created_at) == (60, first.value_created_at)
    world.server.clock.advance(60)
    other = world.engine().present(replace(every, secret="another")).record
    assert other
    assert other.value_created_at == other.created_at


def test_content_is_told_apart_by_what_it_is(world: World) -> None:
    """The same text as a secret and as a passphrase, and a part that an earlier version did not record."""
    made = world.engine().present(SHARE.but(passphrase="s3cret")).record
    assert made
    assert made.fingerprints["secret"] != made.fingerprints["passphrase"]
    assert made.fingerprints["secret"] == world.ledger.fingerprint("db/alice", "secret", "s3cret")
    known = {part: print_ for part, print_ in made.fingerprints.items() if part != "share_domain"}
    with world.ledger.locked("db/alice"):
        world.ledger.note("db/alice", replace(made, fingerprints=known))
    assert world.engine().present(SHARE.but(passphrase="s3cret")).action is Action.KEPT
