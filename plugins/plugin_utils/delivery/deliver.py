# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a link, or its passphrase, to a person by other means than the server's own mail: once for each link."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.places import is_same_place
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.plain import readable
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Happening, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    HANDED_OVER,
    MAIL,
    Delivery,
    Entry,
    Part,
    Record,
    Told,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger

TEXTS = {
    Part.LINK: "A credential is waiting for you: $name\n\n$link\n\nIt can be opened once, until $expires_at.",
    Part.PASSPHRASE: "The passphrase for $name is: $passphrase\n\nThe link reaches you separately.",
    Part.REMINDER: (
        "A credential is still waiting for you: $name\n\n"
        "You have its link from an earlier message. It can be opened once, until $expires_at."
    ),
    Part.NOTICE: "There is a new link for $name, because the former one was not read in time. It ends $expires_at.",
}


class Messenger(Protocol):
    """Something that sends a text. Raises DeliveryError."""

    @property
    def channel(self) -> str:
        """Its name, as in the option `channel`."""

    @property
    def service(self) -> str:
        """Whose service it is: two that have the same are one way."""

    @property
    def destination(self) -> str:
        """Where a text goes, in words that may be shown and recorded."""

    @property
    def is_verified(self) -> bool:
        """Whether it makes sure who is at the other end."""

    def quoted(self, value: str) -> str:
        """Return the value so that the channel shows it as it stands."""

    def send(self, subject: str, text: str) -> None:
        """Send a text, once."""


class DeliveryError(Exception):
    """A text could not be sent, or nobody knows whether it was.

    may_have_taken_effect: whether somebody at the other end may have it.
    """

    def __init__(self, problem: str, *, may_have_taken_effect: bool = True) -> None:
        super().__init__(problem)
        self.may_have_taken_effect = may_have_taken_effect


@dataclass(frozen=True, slots=True)
class Message:
    """What to send. In `text`, $link, $passphrase, $name and $expires_at stand for what the ledger has."""

    part: Part
    subject: str
    text: str | None
    by_the_same_channel: bool  # whether link and passphrase may go the same way


def deliver(
    ledger: Ledger,
    name: str,
    message: Message,
    messenger: Messenger,
    address: Address,
    *,
    clock: Callable[[], float],
    check: bool,
) -> Delivery | None:
    """Send the message unless it was sent already for the name's present link, or nobody can read the link any more.

    Returns the delivery that was made, in check mode would be, or None where there was none to make. What was sent is noted
    afterwards: a run that dies in between sends the same link again, never another one.
    Raises InvalidInput, LedgerError and DeliveryError.
    """
    with nullcontext() if check else ledger.locked(name):
        entry = ledger.read(name)
        record = entry.record
        if record is None and check:  # a task before this one would have made it
            return Delivery(message.part, messenger.channel, messenger.destination, int(clock()), messenger.service)
        if record is None:
            raise InvalidInput(
                f"{name!r} is not in the ledger; make its link first, with ots_share or ots_generate", field="name"
            )
        if not record.state.is_unread or any(delivery.part is message.part for delivery in entry.deliveries):
            return None
        _keep_apart(name, message, messenger, entry, record)
        text = _text(message, name, record, address, messenger)
        if not message.by_the_same_channel:
            _check_alone(message, text, record)
        delivery = Delivery(message.part, messenger.channel, messenger.destination, int(clock()), messenger.service)
        if not check:
            with _told(ledger, name, entry, record, delivery, message):
                messenger.send(message.subject, text)
            ledger.delivered(name, record, delivery, _event(record, delivery))
        return delivery


@contextmanager
def _told(
    ledger: Ledger, name: str, entry: Entry, record: Record, delivery: Delivery, message: Message
) -> Iterator[None]:
    """Note how link or passphrase go, before they do: who changes the ways because of a failure must not join them."""
    if message.part not in HANDED_OVER:
        yield
        return
    of = record.metadata_key if message.part is Part.LINK else record.fingerprints["passphrase"]
    told = Told(message.part, of, delivery.way, message.by_the_same_channel)
    is_known = any((it.part, it.of, it.way) == (told.part, told.of, told.way) for it in entry.told)
    ledger.telling(name, record, told)
    try:
        yield
    except (DeliveryError, InvalidInput) as error:
        if not error.may_have_taken_effect and not is_known:
            ledger.not_told(name, told)
        raise


def _event(record: Record, delivery: Delivery) -> Happening:
    details = {"part": delivery.part.value, "channel": delivery.channel, "destination": delivery.destination}
    return Happening(What.DELIVERED, record.metadata_key, record.recipient, details=details)


def _keep_apart(name: str, message: Message, messenger: Messenger, entry: Entry, record: Record) -> None:
    if message.by_the_same_channel or message.part not in HANDED_OVER:
        return
    if record.recipient and message.part is Part.LINK and messenger.channel == MAIL:
        raise InvalidInput(
            f"the server has mailed the link of {name!r} to {record.recipient} already; to mail links yourself, make them without"
            " recipient (this one: state absent, then present)",
            field="channel",
        )
    if message.part is Part.LINK:
        taken = entry.ways_of_passphrase(record.fingerprints.get("passphrase"))
    else:
        taken = entry.ways_of_links(record.passphrase)
    for service, destination in taken:
        is_same_service = service == messenger.service
        if is_same_service or is_same_place(destination, messenger.destination):
            raise InvalidInput(
                f"the link of {name!r} and its passphrase would both be sent"
                f" {f'by {service}' if is_same_service else f'to {messenger.destination}'};"
                " send one of them by another channel, or set same_channel",
                field="channel",
            )


def _check_alone(message: Message, text: str, record: Record) -> None:
    """Raise InvalidInput where a text of one's own holds the other part, which is to go another way."""
    other = record.secret_key if message.part is Part.PASSPHRASE else record.passphrase
    if message.part in HANDED_OVER and other and other in f"{message.subject}\n{text}":
        holds = "link" if message.part is Part.PASSPHRASE else "passphrase"
        raise InvalidInput(
            f"holds the {holds} as well; send that by another channel, or set same_channel", field="text"
        )


def _text(message: Message, name: str, record: Record, address: Address, messenger: Messenger) -> str:
    known = {"name": messenger.quoted(readable(name)), "expires_at": iso_time(record.expires_at)}
    if message.part is Part.LINK:
        known["link"] = address.link(record.secret_key, record.share_domain)
    if message.part is Part.PASSPHRASE:
        if record.passphrase is None:
            raise InvalidInput(
                f"the link of {name!r} has no passphrase; send part link, or give the link a passphrase", field="part"
            )
        known["passphrase"] = messenger.quoted(record.passphrase)
    try:
        return string.Template(message.text or TEXTS[message.part]).substitute(known)
    except (KeyError, ValueError):
        raise InvalidInput(
            f"uses a variable that a message with the {message.part} does not have; it has "
            f"{', '.join('$' + word for word in sorted(known))}; write $$ for a dollar sign",
            field="text",
        ) from None
