# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send a link, or its passphrase, to a person, once."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.arguments import DELIVER
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivering import Message, deliver
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import check_name
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.mail import Mail
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Channel, Part
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.webhook import Webhook


class ActionModule(OtsAction):
    SPEC = DELIVER

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        name, connection = check_name(options["name"]), Connection.of(options)
        messenger = Mail.of(options) if options["channel"] == Channel.MAIL else Webhook.of(options)
        message = Message(Part(options["part"]), options["subject"], options["text"] or None, options["same_channel"])
        with open_ledger(options, connection.scope, read_only=check) as ledger:
            made = deliver(ledger, name, message, messenger, connection.address, clock=time.time, check=check)
        result: dict[str, Any] = {"changed": made is not None, "name": name, "channel": messenger.channel.value}
        if made and not check:
            result["sent_at"] = iso_time(made.sent_at)
        return result
