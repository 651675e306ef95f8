# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which link of the account a run may have left behind when it died between sending and recording. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Attempt

if TYPE_CHECKING:  # pydantic comes with it, and is there only where a request was made
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata

CERTAIN = 5  # seconds after the intent in which its request arrives unless something is in the way
ARRIVAL = 60  # seconds after the intent in which its request may arrive at all
TOLERANCE = 3  # seconds that two clocks may be apart when one was told by the other
CLOCK_ERROR = 7_200  # seconds by which clocks may have been set since; what is off by no more is named, not overlooked
DEFAULT_TTL = 604_800  # seconds; of servers as shipped (contract §3)


@dataclass(frozen=True, slots=True)
class Suspects:
    """Links that nobody knows and that the attempt may have made; `certain` is the one that it made, if one is."""

    links: tuple[Metadata, ...]
    certain: Metadata | None = None


def suspects_of(
    attempt: Attempt,
    listed: Iterable[Metadata],
    *,
    known: Collection[str],
    rivals: Iterable[Attempt],
    server_ahead: float,
    now: float,
) -> Suspects:
    """Look for an attempt's link among those that the server lists.

    `known` are the metadata keys of the ledger, `rivals` the other attempts in it that are under way or were left behind,
    `server_ahead` the seconds by which the server's clock is ahead of ours, `now` our time.

    A link is certainly the attempt's when it was created right after it, with the lifetime asked for, nothing else that the
    server tells speaks against it, it could not be another attempt's, and there is no second one like it.
    """
    server_now = now + server_ahead
    candidates = tuple(
        link
        for link in listed
        if link.is_unread
        and server_now < link.expires_at + CLOCK_ERROR  # the list does not tell what has expired (contract §8)
        and link.metadata_key.get_secret_value() not in known
        and _is_like(link, attempt, server_ahead)
    )
    if len(candidates) == 1:
        (link,) = candidates
        if _is_surely_of(link, attempt, server_ahead) and not any(
            _is_like(link, other, server_ahead) for other in rivals
        ):
            return Suspects(candidates, certain=link)
    return Suspects(candidates)


def may_still_arrive(attempt: Attempt, now: float) -> bool:
    """Whether the server may be at work on the attempt's request still, so that its link is not listed yet."""
    return now < attempt.started_at + ARRIVAL


def is_over(attempt: Attempt, now: float) -> bool:
    """Whether any link that the attempt may have made has expired, whatever the clocks say."""
    return now >= attempt.latest_expiry + CLOCK_ERROR


def _is_like(link: Metadata, attempt: Attempt, server_ahead: float) -> bool:
    """Whether nothing speaks against the link being the attempt's."""
    seconds_after = link.created - attempt.started_at - server_ahead
    return (
        -CLOCK_ERROR <= seconds_after <= ARRIVAL + CLOCK_ERROR
        and (attempt.ttl is None or link.ttl <= attempt.ttl)  # servers cut what they find too long
        and _goes_to(attempt.recipient, link)
        and link.share_domain == (attempt.share_domain or "")
        and link.passphrase_required in (None, attempt.passphrase is not None)
    )


def _is_surely_of(link: Metadata, attempt: Attempt, server_ahead: float) -> bool:
    # v1 has no field in which a link could be signed. Had the request never arrived, a stranger's link that is the same in
    # all the server tells, made within these few seconds, would be taken for it.
    seconds_after = link.created - attempt.started_at - server_ahead
    return -TOLERANCE <= seconds_after <= CERTAIN and link.ttl == (attempt.ttl or DEFAULT_TTL)


def _goes_to(recipient: str | None, link: Metadata) -> bool:
    """Whether the link was mailed to the recipient, or to nobody either. Servers show al*****@e*****.com."""
    if recipient is None:
        return not link.recipient
    return any(re.fullmatch(_pattern(shown), recipient, re.IGNORECASE) for shown in link.recipient)


def _pattern(shown: str) -> str:
    return ".*".join(map(re.escape, re.split(r"\*+", shown)))
