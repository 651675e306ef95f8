# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text to one of many services, by a URL of Apprise. It says what to send, and whether that was taken; sending is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.apprise_service import OPTION, AppriseService
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.apprise_services import (
    OF_WEBHOOK,
    name_of,
    quoting_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.post import Way, post
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.webhook import Webhook


@dataclass(frozen=True)
class Notify:
    """Sends to whoever one URL of Apprise addresses, which is as secret as a password."""

    channel: ClassVar = "notify"
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {OPTION: {"type": "str", "no_log": True}}

    of_apprise: AppriseService
    destination: str  # the host of the request
    way: Way

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Notify:
        """Return what the options name. Raises InvalidInput and MissingLibrary."""
        if not options[OPTION]:
            raise InvalidInput("is missing; channel notify needs it", field=OPTION)
        way = Way.of(options)
        of_apprise = AppriseService.of(options[OPTION])
        if way.is_verified and of_apprise.wants_no_verification:
            raise InvalidInput("has verify=no; give ca_bundle, or set validate_certs to false, instead", field=OPTION)
        return cls(of_apprise, of_apprise.destination(of_apprise.post("subject", "text")), way)

    @property
    def service(self) -> str:
        """Whose service it is. One that has a webhook is the same as that."""
        return Webhook.service if self.of_apprise.module in OF_WEBHOOK else name_of(self.of_apprise.module)

    @property
    def is_verified(self) -> bool:
        """Whether it makes sure who is at the other end."""
        return self.way.is_verified

    def quoted(self, value: str) -> str:
        """Return the value so that the service shows it as it stands."""
        return quoting_of(self.of_apprise.module)(value)

    def send(self, subject: str, text: str) -> None:
        who = f"{name_of(self.of_apprise.module)} at {self.destination}"
        reply = post(self.of_apprise.post(subject, text), self.way, who)
        if not self.of_apprise.takes(subject, text, reply):
            raise DeliveryError(
                f"{who} answered with HTTP status {reply.status}, but not as it does where it takes a message; whether it was"
                " taken is not known"
            )
