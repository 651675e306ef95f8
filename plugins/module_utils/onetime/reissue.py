# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Which ends of a link may have another one sent for the same value: one rule for collection and provider."""

from __future__ import annotations

from enum import StrEnum

from .state import State


class ReissueOn(StrEnum):
    """What may have happened to a link for a new one, with the same value, to take its place."""

    EXPIRED = "expired"
    BURNED = "burned"
    RECEIVED = "received"
    UNKNOWN = "unknown"


def reason_to_reissue(state: State) -> ReissueOn | None:
    """Return what a link in this state may be reissued for; None while it can be read."""
    return _REASONS.get(state)


_REASONS = {
    State.EXPIRED: ReissueOn.EXPIRED,
    State.ORPHANED: ReissueOn.EXPIRED,
    State.BURNED: ReissueOn.BURNED,
    State.RECEIVED: ReissueOn.RECEIVED,
    State.UNKNOWN: ReissueOn.UNKNOWN,
}
