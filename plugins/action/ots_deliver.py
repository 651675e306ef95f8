# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send a link, or its passphrase, to a person, once."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible.utils.display import Display

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import DELIVER
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.channels import ARGUMENTS, messenger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import Message, deliver
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.plain import one_line
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Part
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger


class ActionModule(OtsAction):
    SPEC: ClassVar = {**DELIVER, **ARGUMENTS}

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        name, connection = options["name"], Connection.of(options)
        sender = messenger(options)
        if not sender.is_verified:
            Display().warning(
                f"validate_certs is false: others on the network to {sender.destination} can read the message."
            )
        subject = one_line(options["subject"], "subject")
        message = Message(Part(options["part"]), subject, options["text"] or None, options["same_channel"])
        with open_ledger(options, connection.scope, read_only=check) as ledger:
            made = deliver(ledger, name, message, sender, connection.address, clock=time.time, check=check)
        result: dict[str, Any] = {"changed": made is not None, "name": name, "channel": sender.channel}
        if made and not check:
            result["sent_at"] = iso_time(made.sent_at)
        return result
