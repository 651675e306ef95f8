"""The custom domain of a link: as granted, kept where none is asked for, replaced where another one is."""

from __future__ import annotations

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import Misdirected, Rejected
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.results import result_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from tests.support.world import World

FIRST, SECOND = "secrets.example.com", "links.example.com"
SHARE = Desired("db/prod/alice", secret="s3cret").but(ttl=3600)


@pytest.fixture
def domains(world: World) -> World:
    """The world, with two domains of the engine's account."""
    for domain in (FIRST, SECOND):
        world.server.services.accounts.add_domain(domain, world.credentials.username)
    return world


def link_of(world: World, desired: Desired) -> tuple[Action, str]:
    outcome = world.engine().present(desired)
    return outcome.action, str(result_of("x", outcome, world.client.address)["link"])


def test_the_link_is_on_the_domain_that_was_granted(domains: World) -> None:
    action, link = link_of(domains, SHARE.but(share_domain=FIRST))

    assert action is Action.CREATED
    assert link.startswith(f"https://{FIRST}/secret/")
    assert link_of(domains, SHARE.but(share_domain=FIRST)) == (Action.KEPT, link)


def test_another_domain_replaces_the_link_and_none_keeps_it(domains: World) -> None:
    _, first = link_of(domains, SHARE.but(share_domain=FIRST))
    assert link_of(domains, SHARE) == (Action.KEPT, first)

    action, second = link_of(domains, SHARE.but(share_domain=SECOND))
    assert action is Action.REPLACED
    assert second.startswith(f"https://{SECOND}/secret/")
    assert domains.live_links() == 1


def test_a_link_in_its_place_is_on_the_same_domain(domains: World) -> None:
    link_of(domains, SHARE.but(share_domain=FIRST))
    domains.server.clock.advance(3601)
    action, link = link_of(domains, SHARE)

    assert action is Action.REISSUED
    assert link.startswith(f"https://{FIRST}/secret/")


def test_a_domain_that_is_not_granted_leaves_no_link(world: World) -> None:
    with pytest.raises((Rejected, Misdirected)):
        world.engine().present(SHARE.but(share_domain="unknown.example.com"))
    with pytest.raises(Misdirected):  # servers ignore a name whose suffix they do not know (contract §10)
        world.engine().present(SHARE.but(share_domain="secrets.corp.internal"))

    assert world.live_links() == 0
    assert world.ledger.entries() == {}
