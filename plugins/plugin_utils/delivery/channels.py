# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channels: another one is a file beside this, and its class in the list here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import Messenger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.mail import Mail
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.notify import Notify
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.webhook import Webhook

CHANNELS = {kind.channel: kind for kind in (Mail, Webhook, Notify)}

ARGUMENTS: dict[str, dict[str, Any]] = {
    "channel": {"type": "str", "choices": list(CHANNELS), "required": True},
    **{name: argument for kind in CHANNELS.values() for name, argument in kind.ARGUMENTS.items()},
}
"""Of the action: which channel, and what each of them needs."""


def messenger(options: Mapping[str, Any]) -> Messenger:
    """Return what sends by the channel that the options name. Raises InvalidInput."""
    return CHANNELS[options["channel"]].of(options)
