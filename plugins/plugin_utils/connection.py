# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to a server: where it is, who calls it, and one client a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client

ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Connection:
    """A server, an account on it (or none), and how to get there."""

    address: Address
    username: str | None
    api_token: str | None = field(repr=False)
    timeout: float  # seconds
    verify: bool | str
    proxy: str | None = field(repr=False)  # its URL may hold a password

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Connection:
        """Return what the connection options name; raise InvalidInput where they do not fit together."""
        username, api_token = options["username"] or None, options["api_token"] or None
        if bool(username) != bool(api_token):
            missing = "api_token" if username else "username"
            raise InvalidInput(
                "is missing; give both username and api_token, or neither for anonymous use", field=missing
            )
        if options["timeout"] <= 0:
            raise InvalidInput("is not a positive number of seconds", field="timeout")
        return cls(
            address=Address.of(options["url"] or None, options["region"] or None),
            username=username,
            api_token=api_token,
            timeout=options["timeout"],
            verify=options["validate_certs"] and (options["ca_bundle"] or True),
            proxy=options["proxy"] or None,
        )

    @classmethod
    def of_link(cls, options: Mapping[str, Any], link: str) -> Connection:
        """Return the way to where a link leads; with credentials only where that is the service that the options name."""
        address = Address.of_link(link)
        if options["url"] or options["region"]:
            named = cls.of(options)
            if named.address == address:
                return named
        elsewhere = {"url": address.base, "region": None, "username": None, "api_token": None}
        return cls.of({**options, **elsewhere})

    @property
    def is_anonymous(self) -> bool:
        return self.username is None

    @property
    def scope(self) -> str:
        """What names are unique within: the server and the account."""
        return f"{self.address.base} {self.username or ANONYMOUS}"

    def client(self) -> Client:
        """Return this process's client. Imports requests and pydantic, so only where a request is due."""
        if self not in _clients:
            from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
            from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials

            _clients[self] = Client(
                self.address,
                Credentials.of(self.username, self.api_token),
                timeout=self.timeout,
                verify=self.verify,
                proxy=self.proxy,
            )
        return _clients[self]


# Items of a loop share a worker, and may share its connection. Hosts do not: a connection inherited by several forks
# would hand one host's reply to another.
_clients: dict[Connection, Client] = {}
os.register_at_fork(after_in_child=_clients.clear)
