# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the links of a ledger stand, and what the next run would do about each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    NotAuthorized,
    NotAvailable,
    ServerFault,
    UnknownSecret,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action, decide_present
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Delivery, Entry, Record

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
    from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.api import Api


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How one name stands. `due` is what a run would do that asks for the same content under the policy."""

    name: str
    record: Record | None
    due: Action
    burns_pending: int
    possible_orphans: int
    deliveries: tuple[Delivery, ...]


def survey(
    entries: Mapping[str, Entry], policy: Policy, client: Api | None, now: float | None = None
) -> list[LinkStatus]:
    """Return how every name stands, by the ledger, or by the server where a client is given. `now` is our time.

    Raises OnetimeError where the server cannot be asked.
    """
    now = time.time() if now is None else now
    records = {name: entry.record for name, entry in entries.items() if entry.record}
    if client:
        records |= dict(
            _asked(client, now, {name: record for name, record in records.items() if not record.state.is_final})
        )
    return [
        LinkStatus(
            name,
            record := _expired_by_clock(records.get(name), now),
            _due(record, entry, policy, now),
            burns_pending=len(entry.pending_burns),
            possible_orphans=len(entry.attempts),
            deliveries=entry.deliveries,
        )
        for name, entry in entries.items()
        if entry.record or entry.pending_burns or entry.attempts
    ]


def _asked(client: Api, now: float, records: Mapping[str, Record]) -> Iterator[tuple[str, Record]]:
    """Yield the records as the server reports them now: in one list if that is enough, else each by itself."""
    listed = listed_links(client) if len(records) > 1 else {}
    for name, record in records.items():
        try:
            metadata = listed.get(record.metadata_key) or client.metadata(record.metadata_key)
        except UnknownSecret:
            yield name, replace(record, state=State.UNKNOWN) if record.is_past_expiry(now) else record
        else:
            yield name, replace(record, state=metadata.state, received_at=metadata.received)


def listed_links(client: Api) -> dict[str, Metadata]:
    """Return the account's recent links by metadata key; none where the server has no such list."""
    try:
        return {metadata.metadata_key.get_secret_value(): metadata for metadata in client.recent()}
    except (NotAuthorized, NotAvailable, ServerFault):  # no account; switched off; broken in 0.21 to 0.23 (contract §8)
        return {}


def _expired_by_clock(record: Record | None, now: float) -> Record | None:
    """An unread link whose lifetime has passed is expired, whether or not the server has said so."""
    if record and record.state.is_unread and record.is_past_expiry(now):
        return replace(record, state=State.EXPIRED)
    return record


def _due(record: Record | None, entry: Entry, policy: Policy, now: float) -> Action:
    if record is None:
        return Action.BURNED if entry.pending_burns else Action.CREATED
    return decide_present(
        record.state, changed=False, reissue_on=policy.reissue_on, rotation_is_due=policy.rotation_is_due(record, now)
    ).action
