# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger remembers of one name: the link that exists, the attempts under way, the burns that are pending."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State

LONGEST_TTL = 2_592_000  # seconds; the longest lifetime that any release grants (contract §3)
LONGEST_MINIMUM = 1_800  # seconds; the longest of the shortest lifetimes that releases grant (contract §3)
NAME_LIMIT = 512  # characters
MAIL = "mail"  # by a mail server that the caller names, or by the service itself


def check_name(name: str) -> str:
    """Return the name as the ledger has it; raise InvalidInput where it cannot be a key in the ledger.

    Text that looks the same is the same name: editors and file systems differ in how they compose an ä.
    """
    name = unicodedata.normalize("NFC", name)
    if not name.strip():
        raise InvalidInput("is empty; give the credential a name, such as db/prod/alice", field="name")
    if name != name.strip():
        raise InvalidInput("begins or ends with a blank; remove it", field="name")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(f"has {len(name)} characters; use at most {NAME_LIMIT}", field="name")
    if not name.isprintable():
        raise InvalidInput("has control characters; remove them", field="name")
    return name


class Way(NamedTuple):
    """How something reached a person. service: whose it is. destination: an address, or the host of a webhook."""

    service: str
    destination: str

    @classmethod
    def of_mail_by_server(cls, recipient: str | None) -> tuple[Way, ...]:
        """Return the way of a link that the server mails to its recipient, if it has one."""
        return (cls(MAIL, recipient),) if recipient else ()


class Kind(StrEnum):
    """Who made the value that the link carries."""

    SHARE = "share"  # the caller
    GENERATE = "generate"  # the server


@dataclass(frozen=True, slots=True)
class Record:
    """The link that exists for a name. Times are Unix seconds (UTC), lifetimes seconds."""

    kind: Kind
    fingerprints: Mapping[
        str, str
    ]  # keyed digest of each part of the content: distinguishes same from changed, keeps nothing
    options: Mapping[str, Any] = field(
        repr=False
    )  # as the link was asked for, by name; what was not given is not there
    metadata_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    value: str | None = field(repr=False)  # only of Kind.GENERATE: a shared value stays with its caller
    share_domain: str  # as granted by the server, "" for its own host
    state: State  # as last seen; UNKNOWN where the server does not know the link any more
    ttl: int  # granted
    value_created_at: int  # on the server's clock; earlier than created_at where the value had another link before
    created_at: int  # on the server's clock
    recorded_at: int  # on ours, at the same moment: gives the server's time whatever the two clocks say
    received_at: int | None = None

    @property
    def passphrase(self) -> str | None:
        return self.options.get("passphrase")

    @property
    def recipient(self) -> str | None:
        return self.options.get("recipient")

    @property
    def ttl_asked(self) -> int | None:
        """None: the server's default was asked for."""
        return self.options.get("ttl")

    @property
    def expires_at(self) -> int:
        return self.created_at + self.ttl

    def server_time(self, now: float) -> float:
        """What the server's clock shows when ours shows `now`. Servers show their time only by what they create."""
        return now + self.created_at - self.recorded_at

    def is_past_expiry(self, now: float) -> bool:
        """Whether the lifetime has passed when our clock shows `now`."""
        return self.server_time(now) >= self.expires_at


@dataclass(frozen=True, slots=True)
class Attempt:
    """An intent to send a link, written before the request and taken back with its outcome.

    One that is still there tells of a run that died, and perhaps of a link that nobody knows.
    """

    id: str  # distinguishes the attempts under one name
    started_at: int  # on our clock
    ttl: int | None  # asked for; None: the server's default
    recipient: str | None
    share_domain: str | None
    passphrase: str | None = field(repr=False)

    @property
    def latest_expiry(self) -> int:
        """Until when a link that it may have made can live."""
        return self.started_at + (max(self.ttl, LONGEST_MINIMUM) if self.ttl else LONGEST_TTL)


@dataclass(frozen=True, slots=True)
class PendingBurn:
    """A link that is to be burned and is not burned yet."""

    metadata_key: str = field(repr=False)
    passphrase: str | None = field(repr=False)
    expires_at: int  # on our clock, as far as it is known
    recipient: str | None = None

    @classmethod
    def of(cls, record: Record) -> PendingBurn:
        return cls(record.metadata_key, record.passphrase, record.recorded_at + record.ttl, record.recipient)

    def until(self, expires_at: int) -> PendingBurn:
        """Return the same of a link that lives at least so long."""
        return replace(self, expires_at=max(self.expires_at, expires_at))


@dataclass(frozen=True, slots=True)
class RevealedValue:
    """A link of somebody else's that was read, and its value; without a value, an intent to read it."""

    secret_key: str = field(repr=False)
    value: str | None = field(repr=False)
    started_at: int  # on our clock


class Part(StrEnum):
    """What is sent of a link, each by itself and once."""

    LINK = "link"
    PASSPHRASE = "passphrase"  # noqa: S105 - the word
    # What holds nothing that opens the link:
    REMINDER = "reminder"  # to its recipient, that it is there
    NOTICE = "notice"  # to whoever sent it, that there is another one


HANDED_OVER = (Part.LINK, Part.PASSPHRASE)
"""What together opens a link, so that it goes apart."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was sent of the link that exists, and how."""

    part: Part
    channel: str  # its name in delivery/channels.py
    destination: str  # an address, or the host of a webhook
    sent_at: int  # on our clock
    service: str = ""  # whose it is; "" before there was a channel of several services

    @property
    def way(self) -> Way:
        return Way(self.service or self.channel, self.destination)


@dataclass(frozen=True, slots=True)
class Told:
    """That a link or a passphrase went some way, or may have: what opens with it must not follow, today or later."""

    part: Part
    of: str = field(repr=False)  # the fingerprint of a passphrase under the name, or the metadata key of a link
    way: Way
    same_channel: bool  # whether it was said that they may


@dataclass(frozen=True, slots=True)
class Announcement:
    """That a watcher knows what became of the link that exists."""

    matter: str  # which watcher, and what happened
    metadata_key: str = field(repr=False)
    noted_at: int  # on our clock


@dataclass(frozen=True, slots=True)
class Entry:
    """All that the ledger holds under one name."""

    record: Record | None = None
    attempts: tuple[Attempt, ...] = ()
    pending_burns: tuple[PendingBurn, ...] = ()
    revealed: tuple[RevealedValue, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    told: tuple[Told, ...] = ()

    @property
    def metadata_keys(self) -> tuple[str, ...]:
        """Of the links that are known under the name."""
        recorded = (self.record.metadata_key,) if self.record else ()
        return (*recorded, *(burn.metadata_key for burn in self.pending_burns))

    def ways_of_passphrase(self, fingerprint: str | None) -> tuple[Way, ...]:
        """By which ways a passphrase was told, for this link or a former one."""
        return tuple(told.way for told in self.told if told.part is Part.PASSPHRASE and told.of == fingerprint)

    def ways_of_links(self, passphrase: str | None) -> tuple[Way, ...]:
        """By which ways those links went that a passphrase may still open: also one that is to be burned."""
        links: list[Record | PendingBurn] = [*([self.record] if self.record else []), *self.pending_burns]
        opened = [link for link in links if link.passphrase == passphrase]
        attempted = [attempt for attempt in self.attempts if attempt.passphrase == passphrase]
        keys = {link.metadata_key for link in opened}
        return (
            *(way for link in (*opened, *attempted) for way in Way.of_mail_by_server(link.recipient)),
            *(told.way for told in self.told if told.part is Part.LINK and told.of in keys),
        )


@dataclass(frozen=True, slots=True)
class Footprint:
    """All links that the ledger knows or may have made, of whatever server and account: none of them is a stranger's."""

    metadata_keys: frozenset[str] = field(default=frozenset(), repr=False)
    attempts: tuple[Attempt, ...] = ()
