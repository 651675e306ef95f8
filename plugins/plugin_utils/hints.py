# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user should know of a run beside its result: what happened, and what to do to have it otherwise."""

from __future__ import annotations

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Attempt, OwedBurn, Record
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.times import iso_time


def possible_orphan(attempt: Attempt) -> str:
    """Of a run that ended between sending and recording."""
    return (
        f"A run that began at {iso_time(attempt.started_at)} died between sending and recording. A link that nobody knows "
        f"may exist, at the latest until {iso_time(attempt.latest_expiry)}."
    )


def burn_owed(name: str, owed: OwedBurn, error: Exception) -> str:
    """Of a replaced link that could not be burned."""
    return (
        f"The former link of {name!r} could not be burned ({error}). The next run tries again; "
        f"the link expires at {iso_time(owed.expires_at)}."
    )


def nothing_told_without_an_account() -> str:
    """Of a server that refuses to tell anonymous callers how a link stands."""
    return (
        "This server tells nothing without an account: whether the link was read is not known, its expiry decides. "
        "Give username and api_token to have it known."
    )


def value_of_another_length(desired: Desired, record: Record | None) -> str | None:
    """Of a value that exists and is not as long as it is asked for now."""
    if record is None or record.value is None or desired.length in (None, len(record.value)):
        return None
    return (
        f"The value has {len(record.value)} characters, {desired.length} are asked for: it is kept. "
        "Burn the name to have a new one generated."
    )


def ttl_cut(desired: Desired, record: Record | None) -> str | None:
    """Of a lifetime that is not the one that was asked for."""
    if record is None or desired.ttl is None or record.ttl_asked != desired.ttl or record.ttl == desired.ttl:
        return None
    return f"The server granted a ttl of {record.ttl} seconds where {desired.ttl} were asked for."
