# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether two destinations are one place, as far as their words say: two names of one host cannot be recognised."""

from __future__ import annotations

import ipaddress
import socket

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput


def is_same_place(one: str, other: str) -> bool:
    """Return whether two addresses are the same, or two hosts whatever their ports."""
    return _place(one) == _place(other)


def _place(destination: str) -> str:
    try:
        host = Address.of(f"https://{destination}").host.rstrip(".")
    except InvalidInput:  # of mail
        return destination
    address = _ip_address(host)
    if address is None:
        return "localhost" if host.endswith(".localhost") else host
    return "localhost" if address.is_loopback or address.is_unspecified else str(address)


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))  # which takes 127.1 as well, as whoever connects
    except OSError:
        pass
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return None
    return address.ipv4_mapped or address
