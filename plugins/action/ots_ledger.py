# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypt the ledger under a new key, or take a link into it that something else has made."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import OF_THE_LEDGER
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.adopt import adopt, foundling_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import parse_key, random_key
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger


class ActionModule(OtsAction):
    SPEC = OF_THE_LEDGER
    RULES: ClassVar = {
        "mutually_exclusive": [("adopt", "new_ledger_key")],
        "required_together": [("adopt", "metadata_key")],
        "required_by": dict.fromkeys(("secret", "passphrase", "recipient"), "adopt"),
    }

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        return _adopt(options, check=check) if options["adopt"] is not None else _change_key(options, check=check)


def _adopt(options: dict[str, Any], *, check: bool) -> dict[str, Any]:
    link, connection = foundling_of(options), Connection.of(options)
    with open_ledger(options, connection.scope, read_only=check) as ledger:
        changed = adopt(ledger, connection.client, link, check=check)
        return {"changed": changed, "ledger": ledger.place, "name": link.name}


def _change_key(options: dict[str, Any], *, check: bool) -> dict[str, Any]:
    new_key = _new_key(options)
    # Names have a scope, the ledger's key has none.
    with open_ledger(options, scope="", next_key=options["new_ledger_key"], read_only=check) as ledger:
        changed = not ledger.is_sealed_under(new_key)
        if changed and not check:
            ledger.reseal(new_key)
        return {"changed": changed, "ledger": ledger.place}


def _new_key(options: dict[str, Any]) -> bytes:
    if options["new_ledger_key"] == "":
        raise InvalidInput(
            "is empty; give the key, or leave it out where the key file makes one", field="new_ledger_key"
        )
    if options["new_ledger_key"]:
        return parse_key(options["new_ledger_key"], "new_ledger_key")
    if options["ledger_key"] or options["ledger_key_file"]:
        raise LedgerError(
            "new_ledger_key is missing", "give it, as the ledger's key is given; make one with: openssl rand -base64 32"
        )
    return random_key()  # for the key file
