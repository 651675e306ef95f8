# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell whether the server can be reached and takes the credentials, and how old it is."""

from __future__ import annotations

from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import SERVER_INFO
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.facts import facts_of_server


class ActionModule(OtsAction):
    SPEC = SERVER_INFO

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        connection = Connection.of(options)
        facts = facts_of_server(connection.client(), anonymous=connection.is_anonymous)
        return {"changed": False, "url": connection.address.base, **facts}
