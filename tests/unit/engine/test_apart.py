"""A link that the server would mail although its passphrase was mailed is not made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Part, Told, Way
from tests.support.rows import telling
from tests.support.world import World

pytestmark = pytest.mark.only_release("v0.26")
PLAIN = Desired("vpn/carol", secret="s3cret").but(passphrase="correct-horse")
MAILED = PLAIN.but(recipient="carol@example.com")


def tell(world: World, way: Way, *, same_channel: bool = False) -> None:
    """Note that the passphrase was sent that way."""
    record = world.ledger.read(PLAIN.name).record
    assert record
    telling(world.ledger, PLAIN.name, Told(Part.PASSPHRASE, record.fingerprints["passphrase"], way, same_channel))


@pytest.mark.parametrize(
    "way", [Way("mail", "carol@example.com"), Way("mail", "team@example.com"), Way("sms", "carol@example.com")]
)
@pytest.mark.parametrize("check", [True, False])
def test_it_is_refused_before_anything_is_sent(world: World, way: Way, *, check: bool) -> None:
    world.engine().present(PLAIN)
    tell(world, way)
    with pytest.raises(InvalidInput) as caught:
        world.engine().present(MAILED, check=check)
    assert str(caught.value) == (
        f"recipient: would have the server mail the link of 'vpn/carol', whose passphrase was sent to {way.destination} before; "
        "give another passphrase, or leave recipient out and send the link by ots_deliver and another channel"
    )
    assert (world.links_ever(), world.live_links()) == (1, 1)
    assert world.engine().present(PLAIN).action is Action.KEPT


def test_it_is_made_with_another_passphrase(world: World) -> None:
    world.engine().present(PLAIN)
    tell(world, Way("mail", "carol@example.com"))
    assert world.engine().present(MAILED.but(passphrase="battery-staple")).action is Action.REPLACED


def test_it_is_made_where_the_passphrase_went_another_way(world: World) -> None:
    world.engine().present(PLAIN)
    tell(world, Way("sms", "sms.example.com"))
    assert world.engine().present(MAILED).action is Action.REPLACED


def test_it_is_made_where_both_may_go_the_same_way(world: World) -> None:
    world.engine().present(PLAIN)
    tell(world, Way("mail", "carol@example.com"), same_channel=True)
    assert world.engine().present(MAILED).action is Action.REPLACED


def test_the_passphrase_that_the_link_has_counts_and_a_link_that_nobody_mails_does_not(world: World) -> None:
    world.engine().present(PLAIN)
    tell(world, Way("mail", "carol@example.com"))
    with pytest.raises(InvalidInput, match=r"^recipient: "):
        world.engine().present(Desired(PLAIN.name, secret="s3cret").but(recipient="carol@example.com"))
    assert world.engine().present(replace(PLAIN, secret="another")).action is Action.REPLACED
