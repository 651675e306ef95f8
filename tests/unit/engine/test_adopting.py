"""A link that something else has made is recorded under a name once, as it is, and kept by the runs that follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, WrongPassphrase
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.adopt import Foundling, adopt
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from tests.support.trail import disagreements, told
from tests.support.world import World

NAME = "db/prod/alice"
LINK = Desired(NAME, secret="s3cret ✓").but(
    passphrase="correct-horse", recipient="alice@example.com", ttl=3600
)  # fmt: skip


def made_elsewhere(world: World, **options: str) -> Foundling:
    """A link of the same account, as Terraform may have made it."""
    key = world.server.share("s3cret ✓", world.server_login, ttl="3600", **options)["metadata_key"]
    return Foundling(NAME, key, "s3cret ✓", options.get("passphrase"), options.get("recipient"))


def taken(world: World, link: Foundling, *, check: bool = False) -> bool:
    return adopt(world.ledger, lambda: world.client, link, check=check)


def test_it_is_recorded_once_and_the_next_runs_keep_and_burn_it(world: World) -> None:
    link = made_elsewhere(world, passphrase="correct-horse", recipient="alice@example.com")

    assert taken(world, link, check=True)
    assert world.ledger.entries() == {}
    assert [taken(world, link), taken(world, link)] == [True, False]
    assert world.engine().present(LINK).action is Action.KEPT
    assert world.links_ever() == 1

    (event,) = told(world.ledger, NAME)
    assert (event.what, event.recipient) == (What.ADOPTED, "alice@example.com")
    assert list(disagreements(world.ledger, NAME)) == []
    assert world.engine().absent(NAME).action is Action.BURNED
    assert world.live_links() == 0


def test_another_value_replaces_it_and_an_unknown_one_as_well(world: World) -> None:
    link = replace(made_elsewhere(world), secret=None)
    taken(world, link)

    outcome = world.engine().present(Desired(NAME, secret="s3cret ✓"))
    assert outcome.action is Action.REPLACED
    assert world.live_links() == 1


def test_a_link_that_the_ledger_knows_is_not_taken_under_another_name(world: World) -> None:
    link = made_elsewhere(world)
    taken(world, link)

    with pytest.raises(InvalidInput, match="is in the ledger already, as 'db/prod/alice'; use that name"):
        taken(world, replace(link, name="another"))
    assert list(world.ledger.entries()) == [NAME]


def test_a_name_that_has_a_link_keeps_it(world: World) -> None:
    world.engine().present(LINK)

    with pytest.raises(InvalidInput, match="is already the name of another link; use another name"):
        taken(world, made_elsewhere(world))
    assert world.engine().present(LINK).action is Action.KEPT


@pytest.mark.parametrize(
    ("options", "given", "problem"),
    [
        ({"passphrase": "correct-horse"}, {"passphrase": None}, "passphrase: does not fit, the link needs one"),
        ({}, {"passphrase": "correct-horse"}, "passphrase: does not fit, the link needs none"),
        (
            {"recipient": "alice@example.com"},
            {"recipient": None},
            "recipient: does not fit, .* was mailed to al.*; give",
        ),
        ({"recipient": "alice@example.com"}, {"recipient": "bob@example.com"}, "recipient: does not fit, .* to al"),
        ({}, {"recipient": "bob@example.com"}, "recipient: does not fit, the link was mailed to nobody"),
        ({}, {"metadata_key": "x" * 31}, "metadata_key: is not known to the server"),
    ],
)
@pytest.mark.only_release("v0.26")
def test_a_link_that_is_not_as_it_is_given_is_left_alone(
    world: World, options: dict[str, str], given: dict[str, str | None], problem: str
) -> None:
    link = replace(made_elsewhere(world, **options), **given)  # type: ignore[arg-type]

    with pytest.raises(InvalidInput, match=problem):
        taken(world, link)
    assert world.ledger.entries() == {}


def test_a_link_that_was_read_is_not_taken(world: World) -> None:
    shared = world.server.share("x", world.server_login)
    world.read(shared["secret_key"])

    with pytest.raises(InvalidInput, match="metadata_key: belongs to a link that is received; only one"):
        taken(world, Foundling(NAME, shared["metadata_key"]))


def test_nothing_secret_is_shown_of_a_link_that_is_to_be_adopted() -> None:
    shown = repr(Foundling(NAME, "the-metadata-key", "the-secret", "the-passphrase"))
    assert not [part for part in ("the-metadata-key", "the-secret", "the-passphrase") if part in shown]


def test_a_link_that_was_adopted_with_a_wrong_passphrase_is_not_forgotten_by_a_burn_that_fails(world: World) -> None:
    """Whether a passphrase is right v1 says only when the link is read or burned."""
    link = replace(made_elsewhere(world, passphrase="correct-horse"), passphrase="wrong-horse")
    taken(world, link)

    for _run in range(2):
        with pytest.raises(WrongPassphrase):
            world.engine().absent(NAME)
        assert [burn.metadata_key for burn in world.ledger.read(NAME).pending_burns] == [link.metadata_key]
    with pytest.raises(WrongPassphrase):
        world.engine().absent_by_key(link.metadata_key, passphrase="another-horse")
    assert world.live_links() == 1

    assert world.engine().absent(NAME, passphrase="correct-horse").action is Action.BURNED
    assert (world.live_links(), world.ledger.entries()) == (0, {})


@pytest.mark.parametrize("by_key", [False, True])
def test_it_keeps_no_other_link_of_the_name_from_being_burned(world: World, by_key: bool) -> None:
    link = replace(made_elsewhere(world, passphrase="correct-horse"), passphrase="wrong-horse")
    taken(world, link)
    replaced = world.engine().present(LINK)
    assert replaced.action is Action.REPLACED
    assert world.live_links() == 2

    with pytest.raises(WrongPassphrase):
        world.engine().absent(NAME)
    assert world.live_links() == 1
    if by_key:
        world.engine().absent_by_key(link.metadata_key, passphrase="correct-horse")
    else:
        world.engine().absent(NAME, passphrase="correct-horse")
    assert (world.live_links(), world.ledger.entries()) == (0, {})
