# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to a server: where it is, who calls it, and one client a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible.utils.display import Display

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import (
    REGIONS,
    Address,
    check_plain_http,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_account, check_timeout
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.options import ORIGINS, SECTION

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client

ANONYMOUS = "anonymous"
MISSING_PLACE = (
    "Missing url or region: set url, the address of your server, or region ({regions}) in the task, as the variable ots_url or"
    " ots_region, as OTS_URL or OTS_REGION in the environment, or in section [{section}] of ansible.cfg; there is no default"
)


@dataclass(frozen=True)
class Connection:
    """A server, an account on it (or none), and how to get there."""

    address: Address
    username: str | None
    api_token: str | None = field(repr=False)
    timeout: float  # seconds
    verify: bool | str
    proxy: str | None = field(repr=False)  # its URL may hold a password
    account_origin: str = ""  # where the account and the address were given, for a server that refuses them

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Connection:
        """Return what the connection options name; raise InvalidInput where they do not fit together."""
        username, api_token = options["username"] or None, options["api_token"] or None
        check_account(username, api_token)
        return cls(
            address=check_plain_http(_address(options), allowed=options["allow_plain_http"]),
            username=username,
            api_token=api_token,
            timeout=check_timeout(options["timeout"]),
            verify=options["validate_certs"] and (options["ca_bundle"] or True),
            proxy=options["proxy"] or None,
            account_origin=_account_origin(options) if username else "",
        )

    @classmethod
    def of_link(cls, options: Mapping[str, Any], link: str) -> Connection:
        """Return the way to where a link leads; with credentials only where that is the service that the options name."""
        address = Address.of_link(link)
        if options["url"] or options["region"]:
            named = cls.of(options)
            if named.address == address:
                return named
        elsewhere: dict[str, Any] = {
            "url": address.base,
            "region": None,
            "username": None,
            "api_token": None,
            ORIGINS: {},
        }
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
            _clients[self] = self.new_client()
        return _clients[self]

    def new_client(self) -> Client:
        """Return a client of the caller's own, who closes it."""
        from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
        from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials

        if self.verify is False:
            Display().warning(
                f"validate_certs is false: others on the network to {self.address.origin} can read secrets and API token."
            )
        return Client(
            self.address,
            Credentials.of(self.username, self.api_token),
            timeout=self.timeout,
            verify=self.verify,
            proxy=self.proxy,
            account_origin=self.account_origin,
        )


def _address(options: Mapping[str, Any]) -> Address:
    url, region = options["url"] or None, options["region"] or None
    if url and region:
        given = " and ".join(f"{name} by {_given_by(options, name)}" for name in ("url", "region"))
        raise InvalidInput(f"url and region are both set, {given}; keep one of them")
    if not url and not region:
        raise InvalidInput(MISSING_PLACE.format(regions=", ".join(REGIONS), section=SECTION))
    return Address.of(url, region)


def _account_origin(options: Mapping[str, Any]) -> str:
    names = ("username", "api_token", "url" if options["url"] else "region")
    return ", ".join(f"{name} is set by {_given_by(options, name)}" for name in names)


def _given_by(options: Mapping[str, Any], name: str) -> str:
    return str(options.get(ORIGINS, {}).get(name, "the task"))


# Items of a loop share a worker, and may share its connection. Hosts do not: a connection inherited by several forks
# would hand one host's reply to another.
_clients: dict[Connection, Client] = {}
os.register_at_fork(after_in_child=_clients.clear)
