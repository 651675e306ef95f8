# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report what is in the ledger, and the states of its links."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import LEDGER_INFO
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.history import Question, history_of, trail_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.results import listing_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import survey
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger


class ActionModule(OtsAction):
    SPEC = LEDGER_INFO
    RULES: ClassVar = {"required_by": dict.fromkeys(("names", "recipient", "since", "actions"), "history")}

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        connection = Connection.of(options)
        with open_ledger(options, connection.scope, read_only=True) as ledger:
            trail = trail_of(ledger.verify()) if options["verify"] else {}
            if options["history"]:
                return {"changed": False, **history_of(ledger, Question.of(options, time.time())), **trail}
            entries = ledger.entries()
        client = connection.client() if options["refresh"] and entries else None
        statuses = survey(entries, Policy.of(options), client)
        return {"changed": False, **listing_of(statuses, content=options["return_content"]), **trail}
