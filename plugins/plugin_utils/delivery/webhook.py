# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text to a chat, by an incoming webhook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.chats import SHAPES
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.post import Post, Way, post


@dataclass(frozen=True)
class Webhook:
    """Sends to whoever reads behind one URL, which is as secret as a password."""

    channel: ClassVar = "webhook"
    service: ClassVar = channel
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "webhook_url": {"type": "str", "no_log": True},
        "webhook_shape": {"type": "str", "choices": list(SHAPES), "default": next(iter(SHAPES))},
    }

    destination: str  # the URL's host
    url: str = field(repr=False)
    shape: str
    way: Way

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Webhook:
        """Return what the options name. Raises InvalidInput."""
        url = options["webhook_url"]
        if not url:
            raise InvalidInput("is missing; channel webhook needs it", field="webhook_url")
        try:
            address = Address.of(url.partition("?")[0])
        except InvalidInput:
            raise InvalidInput(
                "is not the URL of a webhook; give one such as https://chat.example.com/hooks/KEY", field="webhook_url"
            ) from None
        if not url.startswith("https:") and not address.is_loopback:
            raise InvalidInput(
                "does not begin with https:, so others could read what is sent; give an https URL", field="webhook_url"
            )
        return cls(address.origin.partition("://")[2], url, options["webhook_shape"], Way.of(options))

    @property
    def is_verified(self) -> bool:
        """Whether it makes sure who is at the other end."""
        return self.way.is_verified

    def quoted(self, value: str) -> str:
        """Return the value so that the chat shows it as it stands."""
        return SHAPES[self.shape].quoted(value)

    def send(self, subject: str, text: str) -> None:
        body = json.dumps(SHAPES[self.shape].body(f"{subject}\n\n{text}")).encode()
        message = Post("webhook_url", self.url, body, {"Content-Type": "application/json"})
        post(message, self.way, f"the webhook at {self.destination}")
