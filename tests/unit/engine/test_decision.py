"""The decision table, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import (
    Action,
    decide_absent,
    decide_present,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import ReissueOn

SAME, CHANGED = False, True
DEFAULT = frozenset({ReissueOn.EXPIRED})
NEVER: frozenset[ReissueOn] = frozenset()
OTHER = frozenset({ReissueOn.RECEIVED})
ALWAYS = frozenset(ReissueOn)

# state, changed, reissue_on -> action, what the warning names
TABLE = [
    (None, SAME, DEFAULT, Action.CREATED, None),
    (State.NEW, SAME, ALWAYS, Action.KEPT, None),
    (State.VIEWED, SAME, ALWAYS, Action.KEPT, None),
    (State.RECEIVED, SAME, DEFAULT, Action.KEPT, None),
    (State.RECEIVED, SAME, frozenset({ReissueOn.RECEIVED}), Action.REISSUED, None),
    (State.EXPIRED, SAME, DEFAULT, Action.REISSUED, None),
    (State.EXPIRED, SAME, OTHER, Action.KEPT, "'expired'"),
    (State.EXPIRED, SAME, NEVER, Action.KEPT, None),
    (State.ORPHANED, SAME, DEFAULT, Action.REISSUED, None),
    (State.ORPHANED, SAME, OTHER, Action.KEPT, "'expired'"),
    (State.ORPHANED, SAME, NEVER, Action.KEPT, None),
    (State.BURNED, SAME, DEFAULT, Action.KEPT, "'burned'"),
    (State.BURNED, SAME, frozenset({ReissueOn.BURNED}), Action.REISSUED, None),
    (State.BURNED, SAME, NEVER, Action.KEPT, None),
    (State.UNKNOWN, SAME, DEFAULT, Action.KEPT, "'unknown'"),
    (State.UNKNOWN, SAME, frozenset({ReissueOn.UNKNOWN}), Action.REISSUED, None),
    (State.UNKNOWN, SAME, NEVER, Action.KEPT, None),
    (State.NEW, CHANGED, NEVER, Action.REPLACED, None),
    (State.VIEWED, CHANGED, NEVER, Action.REPLACED, None),
    (State.UNKNOWN, CHANGED, NEVER, Action.REPLACED, None),
    (State.RECEIVED, CHANGED, NEVER, Action.CREATED, None),
    (State.EXPIRED, CHANGED, NEVER, Action.CREATED, None),
    (State.BURNED, CHANGED, NEVER, Action.CREATED, None),
    (State.ORPHANED, CHANGED, NEVER, Action.CREATED, None),
]


@pytest.mark.parametrize(("state", "changed", "reissue_on", "action", "named"), TABLE)
def test_present(
    state: State | None, changed: bool, reissue_on: frozenset[ReissueOn], action: Action, named: str | None
) -> None:
    decision = decide_present(state, changed, reissue_on)

    assert decision.action is action
    assert (decision.warning is None) == (named is None)
    assert named is None or named in (decision.warning or "")


def test_actions_and_reasons_have_the_words_that_playbooks_use() -> None:
    changes = ["created", "reissued", "replaced", "rotated", "burned", "burn_pending"]
    sent = ["created", "reissued", "replaced", "rotated"]

    assert sorted(Action) == sorted([*changes, "kept", "absent"])
    assert sorted(action for action in Action if action.is_change) == sorted(changes)
    assert sorted(action for action in Action if action.sends_link) == sent
    assert sorted(ReissueOn) == ["burned", "expired", "received", "unknown"]


@pytest.mark.parametrize(
    ("state", "named"),
    [
        (State.EXPIRED, "The link expired unread; nothing was sent. Add 'expired' to reissue_on"),
        (State.ORPHANED, "The link was lost by the server before it expired; nothing was sent. Add 'expired' to"),
        (State.BURNED, "The link was burned by somebody else; nothing was sent. Add 'burned' to reissue_on"),
        (State.UNKNOWN, "The link is not known to the server any longer, so whether it was read is unknown; nothing"),
    ],
)
def test_a_warning_tells_what_became_of_the_link(state: State, named: str) -> None:
    assert named in (decide_present(state, SAME, OTHER).warning or "")


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("changed", [SAME, CHANGED])
def test_a_value_that_is_due_is_rotated_whatever_became_of_its_link(state: State, changed: bool) -> None:
    assert decide_present(state, changed, NEVER, rotation_is_due=True).action is Action.ROTATED


@pytest.mark.parametrize("state", [None, *State])
def test_absent_burns_all_that_may_still_be_read(state: State | None) -> None:
    may_be_read = state in (State.NEW, State.VIEWED, State.UNKNOWN)
    assert decide_absent(state) is (Action.BURNED if may_be_read else Action.ABSENT)
    assert decide_absent(state, burn_is_pending=True) is Action.BURNED


@given(st.sampled_from([State.NEW, State.VIEWED]), st.frozensets(st.sampled_from(ReissueOn)))
def test_an_unread_link_of_the_same_content_is_always_kept(state: State, reissue_on: frozenset[ReissueOn]) -> None:
    assert decide_present(state, SAME, reissue_on).action is Action.KEPT


@given(st.sampled_from([None, *State]), st.frozensets(st.sampled_from(ReissueOn)))
def test_changed_content_always_gets_a_link(state: State | None, reissue_on: frozenset[ReissueOn]) -> None:
    assert decide_present(state, CHANGED, reissue_on).action.sends_link
