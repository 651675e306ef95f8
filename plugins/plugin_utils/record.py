# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger remembers of one name: the link that exists, the attempt under way, the burns still owed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State

LONGEST_TTL = 2_592_000  # seconds; the longest lifetime that any release grants (contract §3)


class Kind(StrEnum):
    """Who made the value that the link carries."""

    SHARE = "share"  # the caller
    GENERATE = "generate"  # the server


@dataclass(frozen=True, slots=True)
class Record:
    """The link that exists for a name. Times are Unix seconds (UTC), lifetimes seconds."""

    kind: Kind
    fingerprints: Mapping[str, str]  # keyed digest of each part of the content: tells same from changed, keeps nothing
    metadata_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    passphrase: str | None = field(repr=False)
    value: str | None = field(repr=False)  # only of Kind.GENERATE: a shared value stays with its caller
    recipient: str | None
    share_domain: str  # as granted by the server, "" for its own host
    state: State  # as last seen; UNKNOWN where the server does not know the link any more
    ttl_asked: int | None  # None: the server's default was asked for
    ttl: int  # granted
    value_created_at: int  # on the server's clock; earlier than created_at where the value had another link before
    created_at: int  # on the server's clock
    recorded_at: int  # on ours, at the same moment: tells the server's time whatever the two clocks say
    received_at: int | None = None

    @property
    def expires_at(self) -> int:
        return self.created_at + self.ttl

    def server_time(self, now: float) -> float:
        """What the server's clock shows when ours shows `now`. Servers tell their time only by what they make."""
        return now + self.created_at - self.recorded_at

    def is_past_expiry(self, now: float) -> bool:
        """Whether the lifetime has passed when our clock shows `now`."""
        return self.server_time(now) >= self.expires_at


@dataclass(frozen=True, slots=True)
class Attempt:
    """An intent to send a link, written before the request and taken back with its outcome.

    One that is still there tells of a run that died, and perhaps of a link that nobody knows.
    """

    id: str  # tells the attempts under one name apart
    started_at: int  # on our clock
    ttl: int | None  # asked for; None: the server's default
    recipient: str | None
    share_domain: str | None
    passphrase: str | None = field(repr=False)

    @property
    def latest_expiry(self) -> int:
        """Until when a link that it may have made can live."""
        return self.started_at + (self.ttl or LONGEST_TTL)


@dataclass(frozen=True, slots=True)
class OwedBurn:
    """A link that is to be burned and is not burned yet."""

    metadata_key: str = field(repr=False)
    passphrase: str | None = field(repr=False)
    expires_at: int

    @classmethod
    def of(cls, record: Record) -> OwedBurn:
        return cls(record.metadata_key, record.passphrase, record.expires_at)


@dataclass(frozen=True, slots=True)
class Revealed:
    """A link of somebody else's that was read, and its value; without a value, an intent to read it."""

    secret_key: str = field(repr=False)
    value: str | None = field(repr=False)
    started_at: int  # on our clock


class Part(StrEnum):
    """What of a link is handed over by itself."""

    LINK = "link"
    PASSPHRASE = "passphrase"  # noqa: S105 - the word


class Channel(StrEnum):
    """A way by which something reaches a person."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was sent of the link that exists, and how."""

    part: Part
    channel: Channel
    destination: str  # an address, or the host of a webhook
    sent_at: int  # on our clock


@dataclass(frozen=True, slots=True)
class Entry:
    """All that the ledger holds under one name."""

    record: Record | None = None
    attempts: tuple[Attempt, ...] = ()
    owed: tuple[OwedBurn, ...] = ()
    revealed: tuple[Revealed, ...] = ()
    deliveries: tuple[Delivery, ...] = ()

    @property
    def metadata_keys(self) -> tuple[str, ...]:
        """Of the links that are known under the name."""
        recorded = (self.record.metadata_key,) if self.record else ()
        return (*recorded, *(burn.metadata_key for burn in self.owed))
