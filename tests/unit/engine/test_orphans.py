"""Which link a dead run left behind: what is certainly its own, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import ReplyLost
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued, Metadata
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.orphans import (
    ARRIVAL,
    CERTAIN,
    CLOCK_ERROR,
    suspects_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Attempt
from support.world import World

START = 1_800_000_000
ATTEMPT = Attempt("1", START, 3600, "alice@example.com", None, None)
WITH_PASSPHRASE = replace(ATTEMPT, passphrase="correct-horse")


def link(**differences: Any) -> Metadata:
    document = {
        "metadata_key": "m" * 31,
        "state": "new",
        "created": START + 1,
        "updated": START + 1,
        "ttl": 3600,
        "recipient": ["al*****@e*****.com"],
        "share_domain": "",
    }
    metadata = Metadata.of({**document, **differences})
    assert metadata is not None
    return metadata


def suspects(
    listed: list[Metadata],
    attempt: Attempt = ATTEMPT,
    known: tuple[str, ...] = (),
    rivals: tuple[Attempt, ...] = (),
    ahead: float = 0,
) -> tuple[int, bool]:
    found = suspects_of(attempt, listed, known=known, rivals=rivals, server_ahead=ahead, now=START + 60)
    return len(found.links), found.certain is not None


SURE, SUSPECT, CLEARED = (1, True), (1, False), (0, False)

# what differs from the link that the attempt surely made -> the verdict
TABLE: list[tuple[dict[str, Any], tuple[int, bool]]] = [
    ({}, SURE),
    ({"state": "viewed"}, SURE),
    ({"passphrase_required": False}, SURE),
    ({"created": START + CERTAIN}, SURE),
    ({"created": START - 1}, SURE),  # clocks are read at different moments
    ({"created": START + CERTAIN + 1}, SUSPECT),
    ({"created": START - 3000}, SUSPECT),  # clocks may have been set
    ({"created": START - CLOCK_ERROR - 1, "ttl": 90_000}, CLEARED),
    ({"created": START + ARRIVAL + CLOCK_ERROR + 1}, CLEARED),
    ({"ttl": 1800}, SUSPECT),  # servers cut lifetimes
    ({"ttl": 7200}, CLEARED),
    ({"state": "received"}, CLEARED),
    ({"state": "burned"}, CLEARED),
    ({"created": START - 3600}, SUSPECT),  # seems to have expired, but clocks may have been set
    ({"created": START - CLOCK_ERROR, "ttl": 60}, CLEARED),  # has expired
    ({"recipient": ["bo*****@e*****.com"]}, CLEARED),
    ({"recipient": []}, CLEARED),
    ({"share_domain": "secrets.example.com"}, CLEARED),
    ({"passphrase_required": True}, CLEARED),
]


@pytest.mark.parametrize(("difference", "verdict"), TABLE, ids=[str(row[0]) for row in TABLE])
def test_the_verdict_on_a_single_link(difference: dict[str, Any], verdict: tuple[int, bool]) -> None:
    assert suspects([link(**difference)]) == verdict


def test_a_link_in_the_ledger_is_nobodys_orphan() -> None:
    assert suspects([link()], known=("m" * 31,)) == CLEARED


def test_two_that_are_alike_are_both_left() -> None:
    assert suspects([link(), link(metadata_key="n" * 31, created=START + 2000)]) == (2, False)


def test_a_link_that_another_attempt_may_have_made_is_left() -> None:
    other = replace(ATTEMPT, id="2", started_at=START - 5)

    assert suspects([link()], rivals=(other,)) == SUSPECT
    assert suspects([link()], rivals=(replace(other, recipient="bob@example.com"),)) == SURE


def test_the_default_lifetime_is_known() -> None:
    by_default = replace(ATTEMPT, ttl=None)

    assert suspects([link(ttl=604_800)], by_default) == SURE
    assert suspects([link()], by_default) == SUSPECT


def test_without_a_recipient_only_links_to_nobody_count() -> None:
    to_nobody = replace(ATTEMPT, recipient=None)

    assert suspects([link(recipient=[])], to_nobody) == SURE
    assert suspects([link()], to_nobody) == CLEARED


@given(st.integers(-7200, 7200))
def test_clocks_that_are_apart_are_reckoned_with(ahead: int) -> None:
    assert suspects([link(created=START + 1 + ahead, ttl=86_400)], replace(ATTEMPT, ttl=86_400), ahead=ahead) == SURE


@given(st.sampled_from(["alice@example.com", "a@b.example", "x.y+z@sub.example.org"]), st.integers(3, 6))
def test_a_recipient_is_recognised_by_what_the_server_shows(address: str, stars: int) -> None:
    user, _, host = address.partition("@")
    shown = f"{user[:2]}{'*' * stars}@{host[:1]}{'*' * stars}.{host.rpartition('.')[2]}"

    assert suspects([link(recipient=[shown])], replace(ATTEMPT, recipient=address)) == SURE


# With a server

SHARE = Desired("db/prod/alice", secret="s3cret", ttl=3600, recipient="alice@example.com")


@contextmanager
def deaf(world: World) -> Iterator[Client]:
    """A client that sends, and then dies before it knows of it."""

    class Deaf(Client):
        def share(self, request: ShareRequest) -> Issued:
            super().share(request)
            raise ReplyLost("the connection broke")

        def generate(self, request: GenerateRequest) -> Issued:
            super().generate(request)
            raise ReplyLost("the connection broke")

    with Deaf(Address.of(world.server.url), world.credentials) as client:
        yield client


only_where_links_are_listed = pytest.mark.only_release("v0.26")


def die_after_sending(world: World, desired: Desired) -> None:
    with deaf(world) as client, pytest.raises(ReplyLost):
        world.engine(client=client).present(desired)


@pytest.mark.parametrize(
    "desired", [SHARE, replace(SHARE, passphrase="correct-horse"), Desired("app", ttl=3600)], ids=str
)
def test_the_link_of_a_run_that_died_is_burned_where_the_server_can_list_it(world: World, desired: Desired) -> None:
    die_after_sending(world, desired)
    outcome = world.engine().present(desired)

    assert outcome.action is Action.CREATED
    if world.lists_recent_links:
        assert "The link that it had made was found at the server and burned" in outcome.warnings[0]
        assert world.live_links() == 1
        assert world.ledger.read(desired.name).attempts == ()
    else:
        assert "A link that nobody knows may exist, at the latest until 2027-01-15T09:00:00Z" in outcome.warnings[0]
        assert world.live_links() == 2
        assert world.engine().present(desired).warnings == outcome.warnings  # until it can be no more
        world.server.clock.advance(3600 + CLOCK_ERROR)
        assert not any("died" in warning for warning in world.engine().present(desired).warnings)


@only_where_links_are_listed
def test_a_request_that_never_arrived_leaves_nothing_to_tell(world: World) -> None:
    with pytest.raises(ReplyLost):
        world.engine(client=never_arrives(world)).present(SHARE)
    outcome = world.engine().present(SHARE)

    assert (outcome.action, outcome.warnings) == (Action.CREATED, ())
    assert world.ledger.read(SHARE.name).attempts  # it may be under way still
    world.server.clock.advance(ARRIVAL)
    assert world.engine().present(SHARE).action is Action.KEPT
    assert world.ledger.read(SHARE.name).attempts == ()


def never_arrives(world: World) -> Client:
    class Mute(Client):
        def share(self, _request: ShareRequest) -> Issued:
            raise ReplyLost("the connection broke")

    return Mute(Address.of(world.server.url), world.credentials)


@only_where_links_are_listed
def test_a_look_alike_of_somebody_else_is_never_burned(world: World) -> None:
    die_after_sending(world, SHARE)
    theirs = world.server.share("theirs", world.server_login, ttl="3600", recipient="alice@example.com")
    outcome = world.engine().present(SHARE)

    assert "Whose they are is not certain, so they were left" in outcome.warnings[0]
    assert theirs["metadata_key"] not in outcome.warnings[0]
    assert world.live_links() == 3
    assert world.read(theirs["secret_key"]) == "theirs"
    # With the other one read, the one that is left is certain.
    assert "found at the server and burned" in world.engine().present(SHARE).warnings[0]
    assert world.live_links() == 1


@only_where_links_are_listed
def test_a_link_that_another_passphrase_opens_is_nobodys_orphan(world: World) -> None:
    protected = replace(SHARE, passphrase="correct-horse")
    with pytest.raises(ReplyLost):
        world.engine(client=never_arrives(world)).present(protected)
    theirs = world.server.share(
        "x", world.server_login, ttl="3600", recipient="alice@example.com", passphrase="theirs-horse"
    )
    world.server.clock.advance(ARRIVAL)

    assert world.engine().present(protected).warnings == ()
    assert world.ledger.read(SHARE.name).attempts == ()
    assert world.read(theirs["secret_key"], "theirs-horse") == "x"


@only_where_links_are_listed
def test_clocks_an_hour_apart_do_not_hide_an_orphan(world: World) -> None:
    server_clock = world.server.clock
    world.controller_clock = lambda: server_clock() + 3600
    die_after_sending(world, SHARE)

    assert "found at the server and burned" in world.engine().present(SHARE).warnings[0]
    assert world.live_links() == 1


@only_where_links_are_listed
def test_a_clock_that_is_put_forward_does_not_make_an_orphan_expire(world: World) -> None:
    die_after_sending(world, SHARE)
    server_clock = world.server.clock
    world.controller_clock = lambda: server_clock() + 3600

    assert "found at the server and burned" in world.engine().absent(SHARE.name).warnings[0]
    assert world.live_links() == 0


def test_absent_finds_the_orphan_as_well(world: World) -> None:
    die_after_sending(world, SHARE)
    outcome = world.engine().absent(SHARE.name)

    assert outcome.action is Action.ABSENT
    assert world.live_links() == (0 if world.lists_recent_links else 1)
    assert len(outcome.warnings) == 1


def test_check_mode_looks_for_nothing(world: World) -> None:
    die_after_sending(world, SHARE)
    outcome = world.engine().present(SHARE, check=True)

    assert "could not be found and burned (check mode)" in outcome.warnings[0]
    assert world.live_links() == 1
