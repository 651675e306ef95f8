# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the account's links of late."""

from __future__ import annotations

from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.arguments import SERVER_INFO
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.facts import facts_of_recent


class ActionModule(OtsAction):
    SPEC = SERVER_INFO

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        # Hidden, because metadata keys are in it: with them links are burned.
        return {"changed": False, "_ansible_no_log": True, **facts_of_recent(Connection.of(options).client())}
