"""What is told of a ledger is how it stands, and no secret."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import NotAuthorized, RateLimited
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.results import listing_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import LinkStatus, survey
from tests.support.rows import ATTEMPT, OWED, RECORD, complete, retire
from tests.support.world import World

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
def counting(world: World) -> Counting:
    return Counting(Address.of(world.server.url), world.credentials, sleep=lambda _seconds: None)


def surveyed(world: World, client: Client | None = None, policy: Policy = DEFAULT) -> dict[str, LinkStatus]:
    statuses = survey(world.ledger.entries(), policy, client, world.server.clock())
    return {status.name: status for status in statuses}


def make(world: World, *names: str) -> dict[str, str]:
    """Make links of these names; returns their secret keys."""
    keys = {}
    for name in names:
        record = world.engine().present(Desired(name).but(ttl=3600)).record
        assert record is not None
        keys[name] = record.secret_key
    return keys


def test_the_server_is_asked_once_for_all_where_it_has_a_list(world: World, counting: Counting) -> None:
    keys = make(world, "a", "b", "c")
    world.read(keys["b"])
    found = surveyed(world, counting)

    assert {name: status.record.state.is_unread for name, status in found.items() if status.record} == {
        "a": True,
        "b": False,
        "c": True,
    }
    assert counting.lists == 1
    assert counting.questions == (0 if world.lists_recent_links else 3)


def test_without_refresh_the_ledger_tells_and_its_clock(world: World) -> None:
    world.read(make(world, "a")["a"])
    (status,) = surveyed(world).values()
    assert (status.record and status.record.state.value, status.due.value) == ("new", "kept")

    world.server.clock.advance(3600)
    (status,) = surveyed(world).values()
    assert (status.record and status.record.state.value, status.due.value) == ("expired", "reissued")


def test_an_expired_link_is_told_as_such_though_the_list_may_not_know(world: World, counting: Counting) -> None:
    make(world, "a", "b")
    world.server.clock.advance(3600)

    assert {status.due.value for status in surveyed(world, counting).values()} == {"reissued"}
    assert {status.due.value for status in surveyed(world, counting, NEVER).values()} == {"kept"}


def test_what_the_server_has_forgotten_is_unknown(world: World, counting: Counting) -> None:
    make(world, "a", "b")
    world.server.clock.advance(3 * 3600)

    found = surveyed(world, counting)
    assert set(found) == {"a", "b"}
    for status in found.values():
        assert (status.record and status.record.state.value, status.due.value) == ("unknown", "kept")


def test_what_is_due_follows_the_policy(world: World, counting: Counting) -> None:
    world.read(make(world, "a")["a"])
    (status,) = surveyed(world, counting, Policy(frozenset({ReissueOn.RECEIVED}))).values()
    assert status.due.value == "reissued"

    world.server.clock.advance(60)
    (status,) = surveyed(world, counting, Policy(rotate_after=60)).values()
    assert status.due.value == "rotated"


def test_a_server_that_cannot_be_asked_is_an_error(world: World) -> None:
    class Limited(Client):
        def recent(self) -> list[Metadata]:
            raise RateLimited("too many")

    make(world, "a", "b")
    with Limited(Address.of(world.server.url), world.credentials) as limited, pytest.raises(RateLimited):
        surveyed(world, limited)


def test_without_an_account_each_link_is_asked_for_by_itself(world: World) -> None:
    world.read(make(world, "a", "b")["b"])
    with Counting(Address.of(world.server.url), sleep=lambda _seconds: None) as nobody:
        found = surveyed(world, nobody)

    assert {name: status.record.state.is_unread for name, status in found.items() if status.record} == {
        "a": True,
        "b": False,
    }
    assert (nobody.lists, nobody.questions) == (1, 2)


def test_a_server_that_tells_nothing_without_an_account_is_an_error(world: World) -> None:
    class Closed(Client):
        def metadata(self, _key: object) -> Metadata:
            raise NotAuthorized("Not authorized", status=404)

    make(world, "a", "b")
    with Closed(Address.of(world.server.url), sleep=lambda _seconds: None) as nobody, pytest.raises(NotAuthorized):
        surveyed(world, nobody)


def test_all_that_is_held_is_listed_and_nothing_secret(world: World) -> None:
    complete(world.ledger, "alice", ATTEMPT, replace(RECORD, received_at=1_800_000_060), OWED)
    world.ledger.begin("bob", ATTEMPT)
    retire(world.ledger, "carol", OWED)
    listing = listing_of(list(surveyed(world).values()))

    assert [
        (line["name"], line["due"], line["burns_pending"], line["possible_orphans"]) for line in listing["links"]
    ] == [
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
