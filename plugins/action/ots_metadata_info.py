# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell what became of a link."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_key
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import METADATA_INFO
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.facts import NO_LINK, facts_of_link
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger


class ActionModule(OtsAction):
    SPEC = METADATA_INFO
    RULES: ClassVar = {"mutually_exclusive": [("name", "metadata_key")], "required_one_of": [("name", "metadata_key")]}

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        connection = Connection.of(options)
        if options["name"] is None:
            key = check_key(options["metadata_key"], "metadata_key")
            return {"changed": False, **facts_of_link(connection.client(), key)}
        with open_ledger(options, connection.scope, read_only=True) as ledger:
            record = ledger.read(options["name"]).record
        if record is None:
            return {"changed": False, **NO_LINK}
        return {"changed": False, **facts_of_link(connection.client(), record.metadata_key)}
