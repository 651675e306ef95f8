"""Network addresses: which are this machine's, and which are one caller's."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

_PREFIX = 64
"""A caller with IPv6 has so many addresses of his own."""


def is_loopback(address: str) -> bool:
    """Whether only this machine can have it; what is no address is a stranger."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def network_of(address: str) -> str:
    """What limits count for."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address) or parsed.is_loopback:
        return address
    return str(parsed.ipv4_mapped or ip_network((parsed.packed, _PREFIX), strict=False))
