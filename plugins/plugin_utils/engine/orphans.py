# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which link of the account a run may have left behind when it died between sending and recording. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import LONGEST_MINIMUM, Attempt

if TYPE_CHECKING:  # pydantic comes with it, and is there only where a request was made
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued, Metadata

CERTAIN = 5  # seconds after the intent in which its request arrives unless something is in the way
ARRIVAL = 60  # seconds after the intent in which its request may arrive at all
TOLERANCE = 3  # seconds that two clocks may differ when one was set by the other
CLOCK_ERROR = 7_200  # seconds by which clocks may have been set since; what is off by no more is named, not overlooked
DEFAULT_TTL = 604_800  # seconds; of servers as shipped (contract §3)


@dataclass(frozen=True, slots=True)
class Witness:
    """What the reply to a link that was made in this very run shows of the server. Nothing older is believed.

    least, most: the bounds of the seconds by which the server's clock is ahead of ours. domain: where the server puts links for
    which none is asked; "" is its own host.
    """

    least: float
    most: float
    domain: str = ""

    @classmethod
    def of(cls, attempt: Attempt, issued: Issued, read_at: float) -> Witness | None:
        """Return what a reply shows that was read at `read_at` (our clock); None where that was set back in between."""
        domain = "" if attempt.share_domain else issued.share_domain
        least, most = issued.created - read_at, issued.created + 1 - attempt.started_at  # servers report whole seconds
        return cls(least, most, domain) if least <= most else None


@dataclass(frozen=True, slots=True)
class Suspects:
    """Links that nobody knows and that the attempt may have made; `certain` is the one that it made, if one is."""

    links: tuple[Metadata, ...]
    certain: Metadata | None = None


def suspects_of(
    attempts: Sequence[Attempt],
    listed: Iterable[Metadata],
    *,
    known: Collection[str],
    rivals: Collection[Attempt],
    witness: Witness | None,
    now: float,
) -> dict[Attempt, Suspects]:
    """Look for the links of one name's attempts among those that the server lists.

    `known` are the metadata keys of the ledger, `rivals` the attempts of other names that are under way or were left behind,
    `witness` what a link that was made in this run tells of the server, `now` our time.

    A link is certainly an attempt's when it was created right after it, with the lifetime asked for, nothing else that the
    server tells speaks against it, and it is as certainly no other name's. The attempts of one name do not cast doubt on each
    other; more links than attempts do. Without a witness nothing is certain.
    """
    around = witness or Witness(0, 0)
    unknown = [
        link
        for link in listed
        if link.is_unread
        and now + around.least < link.expires_at + CLOCK_ERROR  # the list does not hold what has expired (contract §8)
        and link.metadata_key.get_secret_value() not in known
    ]
    found = {}
    taken: set[str] = set()
    for attempt in attempts:
        links = tuple(link for link in unknown if _is_like(link, attempt, around))
        certain = [link for link in links if witness and _is_surely_of(link, attempt, witness)]
        own = [other for other in attempts if any(_is_like(link, other, around) for link in certain)]
        contested = any(_is_surely_of(link, rival, around) for link in certain for rival in rivals)
        free = [link for link in certain if link.metadata_key.get_secret_value() not in taken]
        if free and not contested and len(links) <= len(own):
            # What fits more of them is left to those that nothing else fits.
            mine = min(free, key=lambda link: sum(_is_like(link, other, around) for other in attempts))
            taken.add(mine.metadata_key.get_secret_value())
            found[attempt] = Suspects(links, certain=mine)
        else:
            found[attempt] = Suspects(links)
    return found


def may_still_arrive(attempt: Attempt, now: float) -> bool:
    """Whether the server may be at work on the attempt's request still, so that its link is not listed yet."""
    return now < attempt.started_at + ARRIVAL


def is_over(attempt: Attempt, now: float) -> bool:
    """Whether any link that the attempt may have made has expired, whatever the clocks say."""
    return now >= attempt.latest_expiry + CLOCK_ERROR


def _is_like(link: Metadata, attempt: Attempt, witness: Witness) -> bool:
    """Whether nothing speaks against the link being the attempt's."""
    earliest, latest = _seconds_after(link, attempt, witness)
    return (
        latest >= -CLOCK_ERROR
        and earliest <= ARRIVAL + CLOCK_ERROR
        # Servers cut what they find too long, and raise what they find too short (contract §3).
        and (attempt.ttl is None or link.ttl <= max(attempt.ttl, LONGEST_MINIMUM))
        and goes_to(attempt.recipient, link)
        and (attempt.share_domain is None or link.share_domain in (attempt.share_domain, ""))
        and link.passphrase_required in (None, attempt.passphrase is not None)
    )


def _is_surely_of(link: Metadata, attempt: Attempt, witness: Witness) -> bool:
    # v1 has no field in which a link could be signed. Had the request never arrived, a stranger's link that is the same in
    # all the server reports, made within these few seconds, would be taken for it.
    earliest, latest = _seconds_after(link, attempt, witness)
    return (
        _is_like(link, attempt, witness)
        and earliest >= -TOLERANCE
        and latest <= CERTAIN
        and link.ttl == (attempt.ttl or DEFAULT_TTL)
        and link.share_domain == (attempt.share_domain or witness.domain)
    )


def _seconds_after(link: Metadata, attempt: Attempt, witness: Witness) -> tuple[float, float]:
    """How long after the intent the link was made, at the least and at the most."""
    seconds = link.created - attempt.started_at
    return seconds - witness.most, seconds - witness.least


def goes_to(recipient: str | None, link: Metadata) -> bool:
    """Whether the link was mailed to the recipient, or to nobody either. Servers show al*****@e*****.com."""
    if recipient is None:
        return not link.recipient
    return any(re.fullmatch(_pattern(shown), recipient, re.IGNORECASE) for shown in link.recipient)


def _pattern(shown: str) -> str:
    return ".*".join(map(re.escape, re.split(r"\*+", shown)))
