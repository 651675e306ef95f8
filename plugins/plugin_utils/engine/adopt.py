# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a link that something else has made, such as Terraform, into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import (
    check_key,
    check_passphrase,
    check_recipient,
    check_secret,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, UnknownSecret
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.options import CONTENT
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.orphans import goes_to
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Happening, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Kind, Record, check_name
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
    from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.api import Api


@dataclass(frozen=True, slots=True)
class Foundling:
    """A link that is to be recorded under a name, with what no server tells of it."""

    name: str
    metadata_key: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    recipient: str | None = None


def foundling_of(options: Mapping[str, Any]) -> Foundling:
    """Return the link that the options name, checked. Raises InvalidInput."""
    secret, passphrase = options["secret"], options["passphrase"]
    return Foundling(
        check_name(options["adopt"]),
        check_key(options["metadata_key"], "metadata_key"),
        None if secret is None else check_secret(secret),
        None if passphrase is None else check_passphrase(passphrase),
        check_recipient(options["recipient"]) if options["recipient"] else None,
    )


def adopt(ledger: Ledger, connect: Callable[[], Api], link: Foundling, *, check: bool = False) -> bool:
    """Record the link under its name; return whether it was not recorded there already.

    Raises InvalidInput where it is known under another name, the name has another link, or the link is not as it is given, and
    OnetimeError and LedgerError.
    """
    if check:
        return _adopt(ledger, connect, link, check=True)
    # One at a time, under whatever name: a link is never in the ledger twice.
    with ledger.locked(f"adopt/{ledger.fingerprint('adopt', link.metadata_key)}"), ledger.locked(link.name):
        return _adopt(ledger, connect, link, check=False)


def _adopt(ledger: Ledger, connect: Callable[[], Api], link: Foundling, *, check: bool) -> bool:
    known = ledger.name_of(link.metadata_key)
    entry = ledger.read(link.name)
    if entry.record and entry.record.metadata_key == link.metadata_key:
        return False
    if known is not None:
        raise InvalidInput(f"is in the ledger already, as {known!r}; use that name", field="metadata_key")
    if entry.record:
        raise InvalidInput(
            f"{link.name!r} is already the name of another link; use another name, or burn that one first",
            field="adopt",
        )
    record = _record(ledger, link, _metadata(connect, link.metadata_key))
    if not check:
        ledger.adopt(link.name, record, _event(record))
    return True


def _metadata(connect: Callable[[], Api], metadata_key: str) -> Metadata:
    try:
        return connect().metadata(metadata_key)
    except UnknownSecret:
        raise InvalidInput("is not known to the server; check that it is complete", field="metadata_key") from None


def _record(ledger: Ledger, link: Foundling, metadata: Metadata) -> Record:
    """Return the record of the link. Raises InvalidInput where it is not as it is given."""
    if not metadata.is_unread or metadata.secret_key is None:
        raise InvalidInput(
            f"belongs to a link that is {metadata.state.value}; only one that can still be read is adopted",
            field="metadata_key",
        )
    if metadata.passphrase_required is not None and metadata.passphrase_required is not (link.passphrase is not None):
        needs = "needs one; give it" if metadata.passphrase_required else "needs none; leave it out"
        raise InvalidInput(f"does not fit, the link {needs}", field="passphrase")
    if not goes_to(link.recipient, metadata):
        to = " and ".join(metadata.recipient)
        was = f"was mailed to {to}; give that address" if to else "was mailed to nobody; leave it out"
        raise InvalidInput(f"does not fit, the link {was}", field="recipient")
    options = {
        "passphrase": link.passphrase,
        "recipient": link.recipient,
        "share_domain": metadata.share_domain or None,
    }
    content = {"secret": link.secret, **{part: options.get(part) for part in CONTENT}}
    return Record(
        kind=Kind.SHARE,
        fingerprints={part: ledger.fingerprint(link.name, part, value) for part, value in content.items()},
        options={option: value for option, value in options.items() if value is not None},
        metadata_key=link.metadata_key,
        secret_key=metadata.secret_key.get_secret_value(),
        value=None,
        share_domain=metadata.share_domain,
        state=metadata.state,
        ttl=metadata.ttl,
        value_created_at=metadata.created,
        created_at=metadata.created,
        recorded_at=metadata.created,  # as if the two clocks showed the same
    )


def _event(record: Record) -> Happening:
    details = {"expires_at": record.expires_at}
    return Happening(What.ADOPTED, record.metadata_key, record.recipient, record.created_at, details)
