# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit trail tells: one event for each thing that became of a link, and who did it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State

DAY = 86_400  # seconds
KEEP = 400 * DAY  # seconds that an event is kept, unless audit_keep says otherwise


class What(StrEnum):
    """What happened."""

    MADE = "made"
    REISSUED = "reissued"  # a new link to the same value
    REPLACED = "replaced"  # a new link, to another value or another person
    ROTATED = "rotated"  # a new link to a value that was generated anew
    ADOPTED = "adopted"  # a link that somebody else had made was taken over
    KNOWN = "known"  # was in the ledger when the trail began
    READ = "read"
    EXPIRED = "expired"
    LOST = "lost"  # by the server
    UNKNOWN = "unknown"  # the server knows nothing of it any longer
    BURNED = "burned"
    BURNED_ELSEWHERE = "burned_elsewhere"  # by somebody else
    WITHDRAWN = "withdrawn"  # was made and must not be: it is to be burned
    ORPHAN_BURNED = "orphan_burned"  # what a run had left that died
    FORGOTTEN = "forgotten"  # the name has no link any longer
    DELIVERED = "delivered"
    REVEALED = "revealed"  # a link of somebody else's was read
    KEY_CHANGED = "key_changed"  # of the ledger
    PRUNED = "pruned"  # older events were deleted
    ALTERED = "altered"  # never written: shown in the place of a row that does not open


BEGINNINGS = frozenset({What.MADE, What.REISSUED, What.REPLACED, What.ROTATED, What.ADOPTED, What.KNOWN})
"""After these a link is in the ledger."""


SEEN = {
    State.RECEIVED: What.READ,
    State.EXPIRED: What.EXPIRED,
    State.BURNED: What.BURNED_ELSEWHERE,
    State.ORPHANED: What.LOST,
    State.UNKNOWN: What.UNKNOWN,
}
"""What is told of a link that the server reports in another state than the recorded one."""

Details = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Happening:
    """What is to be told, without a time and a person: the ledger knows both."""

    what: What
    key: str | None = field(default=None, repr=False)  # of the link; only its digest is kept
    recipient: str | None = None
    server_at: int | None = None  # when it happened, on the server's clock
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the trail. Times are Unix seconds."""

    number: int
    name: str  # "" for what is told of the ledger itself
    what: What
    at: int | None = None  # when it was written, on the controller's clock
    server_at: int | None = None
    recipient: str | None = None
    link: str | None = None  # a keyed digest, the same in all events of one link
    by: Mapping[str, str] = field(default_factory=dict)
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audit:
    """Who writes events, for how long they are kept, and by which clock."""

    by: Mapping[str, str] = field(default_factory=dict)
    keep: int = KEEP  # seconds
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the whole trail has found: how many events there are, and in words what is wrong."""

    events: int
    problems: tuple[str, ...] = ()
