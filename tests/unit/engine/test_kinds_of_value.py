"""A value of the kind that was asked for: generated here, kept, and generated alike at each rotation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from tests.support.world import World

pytestmark = pytest.mark.only_release("v0.26")
NAME = Desired("db/prod/app").but(ttl=3600)
ROTATE = Desired("db/prod/app", policy=Policy(rotate_after=60))


def value(world: World) -> str:
    record = world.ledger.read(NAME.name).record
    assert record is not None
    assert record.value is not None
    return record.value


@pytest.mark.parametrize(
    "options", [{"words": 5, "separator": " "}, {"chars": ("digits", "ab"), "length": 40}, {"exclude_similar": True}]
)
def test_it_is_shared_kept_and_rotated_as_it_was_asked_for(world: World, options: dict[str, Any]) -> None:
    def is_of_the_kind(value: str) -> bool:
        if "words" in options:
            return len(value.split(" ")) == 5
        if "chars" in options:
            return len(value) == 40 and set(value) <= set("0123456789ab")
        return len(value) == 20 and value.isalnum() and not set(value) & set("0O1lI")

    created = world.engine().present(NAME.but(**options))
    first = value(world)
    kept = world.engine().present(NAME)
    world.server.clock.advance(120)
    rotated = world.engine().present(ROTATE)
    second = value(world)

    assert [outcome.action for outcome in (created, kept, rotated)] == [Action.CREATED, Action.KEPT, Action.ROTATED]
    assert first != second
    assert is_of_the_kind(first)
    assert is_of_the_kind(second)
    assert rotated.record
    assert world.read(rotated.record.secret_key) == second
    assert world.live_links() == 0  # the one of before was burned


def test_another_kind_is_a_warning_and_the_next_rotation(world: World) -> None:
    world.engine().present(NAME.but(chars=("digits",), length=30))
    first = value(world)
    kept = world.engine().present(NAME.but(words=6))

    assert kept.action is Action.KEPT
    assert value(world) == first
    (warning,) = kept.warnings
    assert warning.startswith("The value was generated with other words: the value is kept. To generate a new one, set")
    world.server.clock.advance(120)
    world.engine().present(Desired(NAME.name, options={"words": 6}, policy=Policy(rotate_after=60)))
    assert value(world).replace("-", "").isalpha()
    assert world.engine().present(NAME.but(words=6)).warnings == ()


def test_a_link_with_another_recipient_carries_the_same_value(world: World) -> None:
    world.engine().present(NAME.but(words=5))
    first = value(world)
    replaced = world.engine().present(NAME.but(recipient="bob@example.com"))

    assert replaced.action is Action.REPLACED
    assert value(world) == first


def test_what_is_easy_to_guess_is_a_warning_when_it_is_made(world: World) -> None:
    made = world.engine().present(NAME.but(length=8))
    kept = world.engine().present(NAME)

    assert made.warnings == (
        "The value has 51 bits, and 64 are needed against guessing: give a greater length, or more words.",
    )
    assert kept.warnings == ()


def test_what_does_not_go_together_sends_nothing(world: World) -> None:
    wrong = NAME.but(words=5, length=20)
    with pytest.raises(InvalidInput, match="words: gives another kind of value than length"):
        world.engine().present(wrong)
    assert world.links_ever() == 0
    assert world.ledger.entries() == {}

    world.engine().present(NAME)
    with pytest.raises(InvalidInput, match="words: gives another kind of value than length"):
        world.engine().present(wrong)
