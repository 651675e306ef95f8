# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a link once, and keep its value."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import REVEAL
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.reveal import forget, reveal, secret_key_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger


class ActionModule(OtsAction):
    SPEC = REVEAL
    RULES: ClassVar = {
        "mutually_exclusive": [("link", "secret_key")],
        "required_if": [("state", "present", ("link", "secret_key"), True), ("state", "absent", ("name",))],
    }

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        name = options["name"]
        link = options["link"]
        connection = Connection.of_link(options, link) if link else Connection.of(options)
        with open_ledger(options, connection.scope, read_only=check) as ledger:
            if options["state"] == "absent" and name:
                return {"changed": forget(ledger, name, check=check), "name": name}
            disclosed = reveal(
                ledger,
                connection.client,
                name,
                secret_key_of(link, options["secret_key"]),
                options["passphrase"] or None,
                now=time.time(),
                check=check,
            )
        result = {"changed": disclosed.changed, "name": disclosed.name}
        return result if disclosed.value is None else {**result, "value": disclosed.value, "_ansible_no_log": True}
