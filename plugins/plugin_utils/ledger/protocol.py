# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine and the actions ask of a ledger, whatever keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from enum import Enum, auto
from typing import Protocol

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Event, Happening, Verdict
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    Announcement,
    Attempt,
    Delivery,
    Entry,
    Footprint,
    PendingBurn,
    Record,
    RevealedValue,
    Told,
)


class Completion(Enum):
    """What became of a record whose commit had no answer, or was refused."""

    RECORDED = auto()  # it was committed after all
    WITHDRAWN = auto()  # it was not and never will be; its link is to be burned
    UNKNOWN = auto()  # the ledger cannot be asked; the intent stays for the next run


class Ledger(Protocol):
    """The links of one account on one server, by name. Every method is one transaction and raises LedgerError.

    What is written of a record is written only where the name is still held and the record still is the one that it was decided
    from: a lock that belongs to a file or a session can be lost.

    event: what the audit trail is told of it, in the same transaction.
    """

    @property
    def place(self) -> str:
        """Where the ledger is, for people; no secret."""

    def fingerprint(self, *parts: str | None) -> str:
        """Return a keyed digest of the parts."""

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Hold the name against every other fork, process and controller on this ledger. Several may be held at once."""

    def read(self, name: str) -> Entry:
        """Return what is held under the name; an empty entry where nothing is."""

    def read_all(self, names: Sequence[str]) -> dict[str, Entry]:
        """Return the same for many names."""

    def entries(self) -> dict[str, Entry]:
        """Return all that is held, by name."""

    def footprint(self) -> Footprint:
        """Return the links that are known or may have been made, of every server and account in this ledger."""

    def name_of(self, metadata_key: str) -> str | None:
        """Return the name under which the link with this metadata key is recorded, or its burn is pending."""

    def name_of_revealed(self, secret_key: str) -> str | None:
        """Return a name under which the value of the link with this secret key is kept."""

    def begin(self, name: str, attempt: Attempt) -> None:
        """Note an intent, before its request is sent."""

    def abandon(self, name: str, attempt: Attempt, event: Happening | None = None) -> None:
        """Take back an intent that surely left no link behind."""

    def owe(self, name: str, attempt: Attempt, burn: PendingBurn, event: Happening | None = None) -> None:
        """Put a burn in the intent's place: of the link that it made and that must not be."""

    def complete(
        self,
        name: str,
        attempt: Attempt,
        record: Record,
        *,
        former: Record | None,
        due: PendingBurn | None,
        event: Happening,
    ) -> None:
        """Put the record in the intent's place and in that of `former`, whose link is due to be burned."""

    def withdraw(
        self, name: str, attempt: Attempt, record: Record, burn: PendingBurn, event: Happening | None = None
    ) -> Completion:
        """After `complete` failed: find out whether it was committed; where it was not, put the burn in the intent's place."""

    def adopt(self, name: str, record: Record, event: Happening | None = None) -> None:
        """Keep a link that was made elsewhere, under a name that has none."""

    def note(self, name: str, record: Record, event: Happening | None = None) -> None:
        """Keep what was newly learned of the recorded link; intents and pending burns stay as they are."""

    def retire(self, name: str, former: Record | None, due: PendingBurn | None, event: Happening | None = None) -> None:
        """Forget the record `former`, and note the burn that is due for its link; intents and other pending burns stay."""

    def settle(self, name: str, burn: PendingBurn, event: Happening | None = None) -> None:
        """Strike off a burn that is no longer pending."""

    def telling(self, name: str, record: Record, told: Told) -> None:
        """Note how a link or passphrase is about to go.

        That a link went is forgotten when it is burned; that a passphrase did never is, whatever becomes of the links.
        """

    def not_told(self, name: str, told: Told) -> None:
        """Take that back: it surely did not go."""

    def delivered(self, name: str, record: Record, delivery: Delivery, event: Happening | None = None) -> None:
        """Note what was sent of the recorded link, whoever holds the name by now. With another record, or none, it is forgotten."""

    def announced(self) -> Collection[tuple[str, Announcement]]:
        """Return what watchers know of which name."""

    def announce(self, name: str, announcement: Announcement) -> bool:
        """Note that a watcher gets to know it; False where it knows already, or the link is not the recorded one any more.

        Of several that announce the same only one gets True. With another record, or none, it is forgotten.
        """

    def keep(self, name: str, revealed: RevealedValue, event: Happening | None = None) -> None:
        """Keep what was revealed, or the intent to reveal it; the values of other links under the name stay.

        An intent takes no value's place, and a value is kept whoever holds the name by now.
        """

    def drop(self, name: str, revealed: RevealedValue, event: Happening | None = None) -> None:
        """Drop what was revealed, or the intent to reveal it; what is kept by now in its place stays."""

    def history(self, names: Sequence[str] = (), since: int | None = None) -> Iterator[Event]:
        """Yield the audit trail's events, the newest first, of the names or of all; long before `since` there may be none."""

    def verify(self) -> Verdict:
        """Check the audit trail of the whole ledger."""

    def is_sealed_under(self, key: bytes) -> bool:
        """Whether this is the ledger's key and a key file holds no other. False where there is no ledger yet."""

    def reseal(self, new_key: bytes) -> None:
        """Seal all that is sealed, of every scope, under another ledger key. Fingerprints stay as they are."""

    def close(self) -> None:
        """Give up what is held open."""
