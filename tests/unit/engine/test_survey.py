"""What is told of a ledger is how it stands, and no secret."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import RateLimited
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired, Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.results import listing_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.survey import Standing, survey
from support.rows import ATTEMPT, OWED, RECORD
from support.world import World

DEFAULT = Policy()
NEVER = Policy(frozenset())


class Counting(Client):
    """Counts what it asks."""

    lists = questions = 0

    def recent(self) -> list[Metadata]:
        self.lists += 1
        return super().recent()

    def metadata(self, *arguments: object) -> Metadata:  # type: ignore[override]
        self.questions += 1
        return super().metadata(*arguments)  # type: ignore[arg-type]


@pytest.fixture
def client(world: World) -> Counting:
    return Counting(Address.of(world.server.url), world.credentials, sleep=lambda _seconds: None)


def surveyed(world: World, client: Client | None = None, policy: Policy = DEFAULT) -> dict[str, Standing]:
    standings = survey(world.ledger.entries(), policy, client, world.server.clock())
    return {standing.name: standing for standing in standings}


def make(world: World, *names: str) -> dict[str, str]:
    """Make links of these names; returns their secret keys."""
    keys = {}
    for name in names:
        record = world.engine().present(Desired(name, ttl=3600)).record
        assert record is not None
        keys[name] = record.secret_key
    return keys


def test_the_server_is_asked_once_for_all_where_it_has_a_list(world: World, client: Counting) -> None:
    keys = make(world, "a", "b", "c")
    world.read(keys["b"])
    found = surveyed(world, client)

    assert {name: standing.record.state.is_unread for name, standing in found.items() if standing.record} == {
        "a": True,
        "b": False,
        "c": True,
    }
    assert client.lists == 1
    assert client.questions == (0 if world.lists_recent_links else 3)


def test_without_refresh_the_ledger_tells_and_its_clock(world: World) -> None:
    world.read(make(world, "a")["a"])
    (standing,) = surveyed(world).values()
    assert (standing.record and standing.record.state.value, standing.due.value) == ("new", "kept")

    world.server.clock.advance(3600)
    (standing,) = surveyed(world).values()
    assert (standing.record and standing.record.state.value, standing.due.value) == ("expired", "reissued")


def test_an_expired_link_is_told_as_such_though_the_list_may_not_know(world: World, client: Counting) -> None:
    make(world, "a", "b")
    world.server.clock.advance(3600)

    assert {standing.due.value for standing in surveyed(world, client).values()} == {"reissued"}
    assert {standing.due.value for standing in surveyed(world, client, NEVER).values()} == {"kept"}


def test_what_the_server_has_forgotten_is_unknown(world: World, client: Counting) -> None:
    make(world, "a", "b")
    world.server.clock.advance(3 * 3600)

    for standing in surveyed(world, client).values():
        assert (standing.record and standing.record.state.value, standing.due.value) == ("unknown", "kept")


def test_what_is_due_follows_the_policy(world: World, client: Counting) -> None:
    world.read(make(world, "a")["a"])
    (standing,) = surveyed(world, client, Policy(frozenset({ReissueOn.RECEIVED}))).values()
    assert standing.due.value == "reissued"

    world.server.clock.advance(60)
    (standing,) = surveyed(world, client, Policy(rotate_after=60)).values()
    assert standing.due.value == "rotated"


def test_a_server_that_cannot_be_asked_is_an_error(world: World) -> None:
    class Limited(Client):
        def recent(self) -> list[Metadata]:
            raise RateLimited("too many")

    make(world, "a", "b")
    with Limited(Address.of(world.server.url), world.credentials) as limited, pytest.raises(RateLimited):
        surveyed(world, limited)


def test_all_that_is_held_is_listed_and_nothing_secret(world: World) -> None:
    world.ledger.complete("alice", ATTEMPT, replace(RECORD, received_at=1_800_000_060), OWED)
    world.ledger.begin("bob", ATTEMPT)
    world.ledger.retire("carol", OWED)
    listing = listing_of(list(surveyed(world).values()))

    assert [(line["name"], line["due"], line["burns_owed"], line["possible_orphans"]) for line in listing["links"]] == [
        ("alice", "kept", 1, 0),
        ("bob", "created", 0, 1),
        ("carol", "burned", 1, 0),
    ]
    assert listing["links"][0]["received_at"] == "2027-01-15T08:01:00Z"
    assert listing["table"] == [
        "name   recipient          state  created_at            expires_at            due",
        "alice  alice@example.com  new    2027-01-15T08:00:00Z  2027-01-15T09:00:00Z  kept",
        "bob    -                  -      -                     -                     created",
        "carol  -                  -      -                     -                     burned",
    ]
    for secret in (RECORD.metadata_key, RECORD.secret_key, RECORD.value, RECORD.passphrase):
        assert str(secret) not in json.dumps(listing, ensure_ascii=False)
