# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine asks of a ledger, whatever keeps it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import (
    Attempt,
    Delivery,
    Entry,
    OwedBurn,
    Record,
    Revealed,
)


class Ledger(Protocol):
    """The links of one account on one server, by name. Every method is one transaction and raises LedgerError."""

    def fingerprint(self, *parts: str | None) -> str:
        """Return a keyed digest of the parts."""

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Hold the name against every other fork, process and controller on this ledger."""

    def read(self, name: str) -> Entry:
        """Return what is held under the name; an empty entry where nothing is."""

    def entries(self) -> dict[str, Entry]:
        """Return all that is held, by name."""

    def name_of(self, metadata_key: str) -> str | None:
        """Return the name under which the link with this metadata key is recorded, or its burn is owed."""

    def begin(self, name: str, attempt: Attempt) -> None:
        """Note an intent, before its request is sent."""

    def abandon(self, name: str, attempt: Attempt) -> None:
        """Take back an intent that surely left no link behind."""

    def complete(self, name: str, attempt: Attempt, record: Record, owed: OwedBurn | None) -> None:
        """Put the record in the intent's place, and note the burn that is owed for the former link."""

    def note(self, name: str, record: Record) -> None:
        """Keep what was newly learned of a link; intents and owed burns stay as they are."""

    def retire(self, name: str, owed: OwedBurn | None) -> None:
        """Forget the record, and note the burn that is owed for its link; intents and other owed burns stay."""

    def settle(self, name: str, owed: OwedBurn) -> None:
        """Strike off a burn that is no longer owed."""

    def delivered(self, name: str, delivery: Delivery) -> None:
        """Note what was sent of the recorded link. With another record, or none, it is forgotten."""

    def keep(self, name: str, revealed: Revealed) -> None:
        """Keep what was revealed, or the intent to reveal it; the values of other links under the name stay."""

    def drop(self, name: str, revealed: Revealed) -> None:
        """Drop what was revealed, or the intent to reveal it."""

    def close(self) -> None:
        """Give up what is held open."""
