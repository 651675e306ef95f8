# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user should know of a run beside its result: what happened, and what to do to have it otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Attempt, OwedBurn, Record
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.times import iso_time

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata

NAMED_LIMIT = 5  # links in one warning


def possible_orphan(attempt: Attempt, why: object) -> str:
    """Of a run that ended between sending and recording, where it cannot be known what it left; `why` not."""
    return (
        f"{_death(attempt)} A link that nobody knows may exist, at the latest until {iso_time(attempt.latest_expiry)}; "
        f"it could not be found and burned ({why}). The next run tries again."
    )


def orphan_burned(attempt: Attempt) -> str:
    """Of its link that was found."""
    return f"{_death(attempt)} The link that it had made was found at the server and burned."


def orphan_suspects(attempt: Attempt, links: Iterable[Metadata]) -> str:
    """Of links that may be its own, or somebody else's."""
    named = ", ".join(
        f"one created at {iso_time(link.created)} with a ttl of {link.ttl} seconds"
        for link in islice(links, NAMED_LIMIT)
    )
    return (
        f"{_death(attempt)} At the server there are links to the same recipient that the ledger does not know: {named}. "
        "Whose they are is not certain, so they were left. Burn what is not wanted, or let them expire; until then this is "
        "told again."
    )


def _death(attempt: Attempt) -> str:
    return f"A run that began at {iso_time(attempt.started_at)} died between sending and recording."


def burn_owed(name: str, owed: OwedBurn, error: Exception) -> str:
    """Of a link that could not be burned."""
    return (
        f"A link of {name!r} could not be burned ({error}). The next run that names it tries again; "
        f"until then it can be read, at the latest until {iso_time(owed.expires_at)}."
    )


def lost_value(name: str, started_at: int) -> str:
    """Of a value that was revealed and not kept."""
    return (
        f"The server knows the link of {name!r} no more. A run that began at {iso_time(started_at)} died while it read it, so "
        "the value is lost, unless the passphrase is wrong. Ask the sender for a new link."
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
        "Burn the name, or give rotate_after, to have a new one generated."
    )


def ttl_cut(desired: Desired, record: Record | None) -> str | None:
    """Of a lifetime that is not the one that was asked for."""
    if record is None or desired.ttl is None or record.ttl_asked != desired.ttl or record.ttl == desired.ttl:
        return None
    return f"The server granted a ttl of {record.ttl} seconds where {desired.ttl} were asked for."
