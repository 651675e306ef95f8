# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user should know of a run beside its result: what happened, and what to do to have it otherwise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.options import MADE_HERE
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.values import STRONG, bits_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Attempt, PendingBurn, Record

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata

NAMED_LIMIT = 5  # links in one warning


def possible_orphan(attempt: Attempt, why: object) -> str:
    """Of a run that ended between sending and recording, where it cannot be known what it left; `why` not."""
    return (
        f"{_death(attempt)} It may have left a link that is not recorded and expires by {iso_time(attempt.latest_expiry)}; "
        f"that link could not be found and burned ({why}). The next run tries again."
    )


def orphan_burned(attempt: Attempt) -> str:
    """Of its link that was found."""
    return f"{_death(attempt)} The link that it had made was found on the server and burned."


def orphan_suspects(attempt: Attempt, links: Sequence[Metadata]) -> str:
    """Of links that may be its own, or somebody else's."""
    named = [
        f"one created at {iso_time(link.created)} with a ttl of {link.ttl} seconds" for link in links[:NAMED_LIMIT]
    ]
    named += [f"and {len(links) - NAMED_LIMIT} more"] if len(links) > NAMED_LIMIT else []
    return (
        f"{_death(attempt)} The server has links to the same recipient that are not in the ledger: {', '.join(named)}. "
        "They may belong to somebody else, so they were left alone. Burn those that you do not want, or let them expire; "
        "until then this warning is repeated."
    )


def gap_in_list(listed: Collection[str], *, shown_if_whole: Collection[str], known: Collection[str]) -> str | None:
    """Why nothing follows from what is not in the server's list, judged by metadata keys; None where it has what it must.

    `shown_if_whole` are links that are certainly there; without one, any that is `known` speaks for the list.
    """
    if any(key not in listed for key in shown_if_whole):
        return "the server's list of links lacks a link that exists: another server answered, or it lost data"
    if not shown_if_whole and not any(key in known for key in listed):
        return "the server's list of links shows no link of this ledger, so it may be incomplete"
    return None


def _death(attempt: Attempt) -> str:
    return f"A run that started at {iso_time(attempt.started_at)} stopped between sending and recording."


def burn_pending(name: str, burn: PendingBurn, error: Exception) -> str:
    """Of a link that could not be burned."""
    return (
        f"A link of {name!r} could not be burned ({error}). Its burn is pending: the next run with this name tries again. "
        f"Until then the link can be read; it expires at {iso_time(burn.expires_at)}."
    )


def server_forgot(record: Record) -> str:
    """Of "Unknown secret" before the link's time."""
    return (
        f"The server does not know this link, which expires only at {iso_time(record.expires_at)}. Another server "
        "answered, or the server lost data. Nothing was changed; check url, and run again later."
    )


def contradiction(burn: PendingBurn) -> str:
    """Of the same, when the link was to be burned."""
    return (
        f"the server does not know a link that expires only at {iso_time(burn.expires_at)}: another server answered, "
        "or the server lost data; the link may still be readable; check url, and run again later"
    )


def no_such_link() -> str:
    """Of a metadata key that neither ledger nor server knows."""
    return (
        "Neither the ledger nor the server knows a link with this metadata_key. "
        "Check that it is complete, and not the secret_key."
    )


def lost_value(name: str, started_at: int) -> str:
    """Of a value that was revealed and not kept."""
    return (
        f"The server no longer knows the link of {name!r}. A run that started at {iso_time(started_at)} stopped while it read "
        "it, so the value is lost, unless the passphrase is wrong. Ask the sender for a new link."
    )


def revealed_under(name: str) -> str:
    """Of a link that was read already, under another name."""
    return f"is another one than the one under which this link was read: the ledger holds its value as {name!r}; use that name"


def told_by_mail(name: str, destination: str) -> str:
    """Of a link that the server would mail although its passphrase was mailed."""
    return (
        f"would have the server mail the link of {name!r}, whose passphrase was sent to {destination} before; "
        "give another passphrase, or leave recipient out and send the link by ots_deliver and another channel"
    )


def state_needs_account() -> str:
    """Of a server that refuses to report a link's state to anonymous callers."""
    return (
        "This server reports no state without an account, so whether the link was read is not known; its expiry decides. "
        "Give username and api_token to get the state."
    )


def value_of_another_kind(desired: Desired, record: Record | None) -> str | None:
    """Of a value that exists and is not such as it is asked for now."""
    if record is None or record.value is None:
        return None
    fix = "the value is kept. To generate a new one, set rotate_after, or burn the name first."
    if desired.length not in (None, len(record.value)):
        return f"The value has {len(record.value)} characters and length is {desired.length}: {fix}"
    others = [
        option.name
        for option in MADE_HERE
        if desired.options.get(option.name)
        and not _is_same(desired.options[option.name], record.options.get(option.name))
    ]
    return f"The value was generated with other {' and '.join(others)}: {fix}" if others else None


def weak_value(desired: Desired) -> str | None:
    """Of a value that is about to be generated, and easy to guess."""
    bits = int(bits_of(desired.options))
    if bits >= STRONG:
        return None
    return f"The value has {bits} bits, and {STRONG} are needed against guessing: give a greater length, or more words."


def _is_same(one: Any, other: Any) -> bool:
    return (list(one) if isinstance(one, tuple) else one) == (list(other) if isinstance(other, tuple) else other)


def ttl_cut(desired: Desired, record: Record | None) -> str | None:
    """Of a lifetime that is not the one that was asked for."""
    if record is None or desired.ttl is None or record.ttl_asked != desired.ttl or record.ttl == desired.ttl:
        return None
    return f"The server granted a ttl of {record.ttl} seconds; {desired.ttl} were requested."
