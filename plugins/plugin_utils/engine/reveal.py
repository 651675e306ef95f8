# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a link that others sent: read once, its value kept sealed, the same in every later run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import parse_link
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_key
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    OnetimeError,
    UnknownSecret,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import warnings as warn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Happening, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import RevealedValue
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.api import Api


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a run has read, or kept; `value` is None in check mode where nothing is kept yet."""

    name: str
    value: str | None = field(repr=False)
    changed: bool


def secret_key_of(link: str | None, secret_key: str | None) -> str:
    """Return the key of the secret that is named by its link or by the key itself. Raises InvalidInput."""
    return parse_link(link) if link else check_key(secret_key, "secret_key")


def reveal(
    ledger: Ledger,
    connect: Callable[[], Api],
    name: str | None,
    secret_key: str,
    passphrase: str | None,
    *,
    now: float,
    check: bool = False,
) -> Disclosure:
    """Return the value of a link, reading the link, which destroys it, only where its value is not kept yet.

    Without a name the value is found under whatever name it is kept, and kept under one that stands for the link. With one,
    the value of another link that is kept under it stays until the new one is read. Raises OnetimeError and LedgerError.
    """
    name = name or ledger.name_of_revealed(secret_key) or f"link/{ledger.fingerprint('secret_key', secret_key)[:32]}"
    with nullcontext() if check else ledger.locked(name):
        kept = ledger.read(name).revealed
        own = next((revealed for revealed in kept if revealed.secret_key == secret_key), None)
        if own and own.value is not None:
            return Disclosure(name, own.value, changed=False)
        if own is None and (holder := ledger.name_of_revealed(secret_key)) is not None:
            raise InvalidInput(warn.revealed_under(holder), field="name")
        if check:
            return Disclosure(name, None, changed=True)
        intent = own or RevealedValue(secret_key, None, int(now))
        ledger.keep(name, intent)
        value = _read(ledger, connect, name, intent, passphrase, died_before=own is not None)
        ledger.keep(name, RevealedValue(secret_key, value, intent.started_at), Happening(What.REVEALED, secret_key))
        for former in kept:
            if former.secret_key != secret_key:
                ledger.drop(name, former)
        return Disclosure(name, value, changed=True)


def forget(ledger: Ledger, name: str, *, check: bool = False) -> bool:
    """Drop what is kept under the name; return whether there was anything."""
    with nullcontext() if check else ledger.locked(name):
        kept = ledger.read(name).revealed
        for revealed in () if check else kept:
            ledger.drop(name, revealed, Happening(What.FORGOTTEN, revealed.secret_key))
        return bool(kept)


def _read(
    ledger: Ledger,
    connect: Callable[[], Api],
    name: str,
    intent: RevealedValue,
    passphrase: str | None,
    *,
    died_before: bool,
) -> str:
    try:
        return connect().reveal(intent.secret_key, passphrase).value.get_secret_value()
    except UnknownSecret:
        ledger.drop(name, intent)
        for kept in ledger.read(name).revealed:
            if kept.secret_key == intent.secret_key and kept.value is not None:
                return kept.value  # read by another run, which had the name as well
        if died_before:
            raise UnknownSecret(warn.lost_value(name, intent.started_at)) from None
        raise
    except OnetimeError as error:
        if not error.may_have_taken_effect:
            ledger.drop(name, intent)
        raise
