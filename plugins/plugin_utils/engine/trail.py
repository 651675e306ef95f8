# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit trail is told of each thing that the engine does or sees. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import SEEN, Happening, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import PendingBurn, Record

_SENT = {
    Action.CREATED: What.MADE,
    Action.REISSUED: What.REISSUED,
    Action.REPLACED: What.REPLACED,
    Action.ROTATED: What.ROTATED,
}


@dataclass(frozen=True, slots=True)
class End:
    """How a link that was to be burned has ended. is_ours: whether this burn was its end."""

    state: State
    is_ours: bool = False
    received_at: int | None = None

    @property
    def action(self) -> Action:
        return Action.BURNED if self.is_ours else Action.ABSENT


def sent(action: Action, record: Record) -> Happening:
    """A link was made and recorded."""
    return Happening(
        _SENT[action], record.metadata_key, record.recipient, record.created_at, {"expires_at": record.expires_at}
    )


def seen(former: Record, record: Record) -> Happening | None:
    """The server tells a link's state; nothing is told of one that was known, or of a link that waits to be read."""
    what = SEEN.get(record.state) if record.state is not former.state else None
    if what is None:
        return None
    server_at = {What.READ: record.received_at, What.EXPIRED: record.expires_at}.get(what)
    return Happening(what, record.metadata_key, record.recipient, server_at)


def forgotten(record: Record) -> Happening:
    """The name has no link any longer."""
    return Happening(What.FORGOTTEN, record.metadata_key, record.recipient, details={"state": record.state.value})


def withdrawn(burn: PendingBurn) -> Happening:
    """A link was made that must not be."""
    return Happening(What.WITHDRAWN, burn.metadata_key, burn.recipient)


def ended(burn: PendingBurn, end: End, *, orphan: bool = False) -> Happening:
    """A link that was to be burned is gone. One that is found burned was burned by a run that was not told so."""
    what = What.BURNED if end.state is State.BURNED else SEEN.get(end.state, What.UNKNOWN)
    if orphan and what is What.BURNED:
        what = What.ORPHAN_BURNED
    return Happening(what, burn.metadata_key, burn.recipient, end.received_at)
