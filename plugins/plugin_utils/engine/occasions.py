# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a link gives occasion to act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import LinkStatus
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import HANDED_OVER, Part, Record


class Occasion(StrEnum):
    READ = "read"
    EXPIRED_UNREAD = "expired_unread"
    EXPIRES_SOON = "expires_soon"
    BURNED_ELSEWHERE = "burned_elsewhere"  # a link that we burn is not in the ledger any more
    ROTATION_DUE = "rotation_due"
    DELIVERY_MISSING = "delivery_missing"


@dataclass(frozen=True, slots=True)
class Delays:
    """When an occasion comes, in seconds.

    soon: before the end of an unread link. read: after a link was read. deliver: after a link was made whose delivery is not
    noted; None: deliveries are not expected.
    """

    soon: int
    read: int = 0
    deliver: int | None = None


def occasions_of(status: LinkStatus, delays: Delays, now: float) -> Iterator[Occasion]:
    """Yield what the link gives occasion to when our clock shows `now`.

    A link that the server has forgotten was read or has expired, and which is unknown: it gives none.
    """
    record = status.record
    if record is None:
        return
    if record.state is State.RECEIVED and _seconds_since_read(record, now) >= delays.read:
        yield Occasion.READ
    if record.state is State.EXPIRED:
        yield Occasion.EXPIRED_UNREAD
    if record.state is State.BURNED:
        yield Occasion.BURNED_ELSEWHERE
    if status.due is Action.ROTATED:
        yield Occasion.ROTATION_DUE
    if record.state.is_unread:
        if record.expires_at - record.server_time(now) <= delays.soon:
            yield Occasion.EXPIRES_SOON
        if delays.deliver is not None and now - record.recorded_at >= delays.deliver and missing_parts(status, record):
            yield Occasion.DELIVERY_MISSING


def missing_parts(status: LinkStatus, record: Record) -> list[Part]:
    """Return what was handed over neither by the server's mail nor by a delivery that is noted."""
    sent = {delivery.part for delivery in status.deliveries}
    needless = {Part.LINK} if record.recipient else set()
    if record.passphrase is None:
        needless.add(Part.PASSPHRASE)
    return [part for part in HANDED_OVER if part not in sent | needless]


def _seconds_since_read(record: Record, now: float) -> float:
    # Never less than none: what the server's clock shows is known within an interval only.
    return max(0, record.server_time(now) - (record.received_at or record.created_at))
