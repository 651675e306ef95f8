# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision: what a run does about one name. Pure: no ledger, no server, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.reissue import ReissueOn, reason_to_reissue
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State


class Action(StrEnum):
    """What was done, or in check mode would be."""

    CREATED = "created"
    KEPT = "kept"
    REISSUED = "reissued"
    REPLACED = "replaced"
    ROTATED = "rotated"
    BURNED = "burned"
    BURN_PENDING = "burn_pending"
    ABSENT = "absent"

    @property
    def is_change(self) -> bool:
        return self not in (Action.KEPT, Action.ABSENT)

    @property
    def sends_link(self) -> bool:
        return self in (Action.CREATED, Action.REISSUED, Action.REPLACED, Action.ROTATED)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and what the user should know about it."""

    action: Action
    warning: str | None = None


_GONE = {
    State.EXPIRED: "expired unread",
    State.ORPHANED: "was lost by the server before it expired",
    State.BURNED: "was burned by somebody else",
    State.UNKNOWN: "is not known to the server any longer, so whether it was read is unknown",
}


def decide_present(
    state: State | None, changed: bool, reissue_on: frozenset[ReissueOn], *, rotation_is_due: bool = False
) -> Decision:
    """Decide about a link that shall exist.

    `state` is the recorded link's state as the server tells it now, None where nothing is recorded; `changed` tells whether
    what is asked for differs from what was shared, `rotation_is_due` whether its value is to be generated anew.
    A server that cannot be asked never gets here: its fault fails the run.
    """
    if state is None:
        return Decision(Action.CREATED)
    if rotation_is_due:
        return Decision(Action.ROTATED)
    if changed:
        return Decision(Action.CREATED) if state.is_final else Decision(Action.REPLACED)
    reason = reason_to_reissue(state)
    if reason is None:
        return Decision(Action.KEPT)
    if reason in reissue_on:
        return Decision(Action.REISSUED)
    if state is State.RECEIVED or not reissue_on:  # nobody waits for a link that is never to be sent again
        return Decision(Action.KEPT)
    return Decision(
        Action.KEPT,
        warning=f"The link {_GONE[state]}; nothing was sent. Add '{reason.value}' to reissue_on to send a new one.",
    )


def decide_absent(state: State | None, *, burn_is_pending: bool = False) -> Action:
    """Decide about a link that shall not exist; `state` as in `decide_present`."""
    is_live = state is not None and not state.is_final
    return Action.BURNED if is_live or burn_is_pending else Action.ABSENT
