# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the account's links of late."""

from __future__ import annotations

from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import RECENT_INFO
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.facts import facts_of_recent


class ActionModule(OtsAction):
    SPEC = RECENT_INFO

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        client = Connection.of(options).client()
        return {"changed": False, **facts_of_recent(client, content=options["return_content"])}
