# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text to a chat, by an incoming webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivering import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Channel

Shape = Callable[[str], dict[str, Any]]


def _teams(text: str) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


# Previews are switched off where that can be said: to make one, the chat would open the link.
SHAPES: dict[str, Shape] = {
    "slack": lambda text: {"text": text, "unfurl_links": False, "unfurl_media": False},
    "mattermost": lambda text: {"text": text},
    "teams": _teams,
}


@dataclass(frozen=True)
class Webhook:
    """Sends to whoever reads behind one URL, which is as secret as a password. timeout: seconds."""

    channel: ClassVar = Channel.WEBHOOK
    destination: str  # the URL's host
    url: str = field(repr=False)
    shape: str
    verify: bool | str
    proxy: str | None = field(repr=False)
    timeout: float

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Webhook:
        """Return what the options name. Raises InvalidInput."""
        url = options["webhook_url"]
        if not url:
            raise InvalidInput("is missing; a webhook needs it", field="webhook_url")
        try:
            address = Address.of(url.partition("?")[0])
        except InvalidInput:
            raise InvalidInput("is no URL of a webhook", field="webhook_url") from None
        if not url.startswith("https:") and not address.is_loopback:
            raise InvalidInput(
                "does not begin with https:, so that others could read what is sent", field="webhook_url"
            )
        verify = options["validate_certs"] and (options["ca_bundle"] or True)
        host = address.origin.partition("://")[2]
        return cls(host, url, options["webhook_shape"], verify, options["proxy"] or None, options["timeout"])

    def send(self, subject: str, text: str) -> None:
        from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime._thirdparty import requests, require

        require()
        body = SHAPES[self.shape](f"{subject}\n\n{text}")
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else None
        try:
            reply = requests.post(
                self.url, json=body, timeout=self.timeout, verify=self.verify, proxies=proxies, allow_redirects=False
            )
        except requests.ConnectionError:
            raise DeliveryError(f"the webhook at {self.destination} cannot be reached, or broke off") from None
        except requests.RequestException as error:
            raise DeliveryError(f"the webhook at {self.destination} failed ({type(error).__name__})") from None
        if not reply.ok or reply.is_redirect:
            raise DeliveryError(f"the webhook at {self.destination} answered with HTTP status {reply.status_code}")
