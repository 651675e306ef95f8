"""Refuse every connection and name look-up beyond loopback: on PYTHONPATH, so in every Python process of a test.

The real service is thereby unreachable by construction, also from a test that forgot to set a URL.
"""

from __future__ import annotations

import ipaddress
import sys


def _is_loopback(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.split("%")[0]).is_loopback
    except ValueError:
        return False


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        allowed = not isinstance(address, tuple) or _is_loopback(address[0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        allowed = _is_loopback(arguments[0])
    else:
        return
    if not allowed:
        raise OSError(f"the tests stay on loopback: {event} refused")


def refuse_everything_but_loopback() -> None:
    """Install the audit hook once in this process; it cannot be removed."""
    if not getattr(sys, "_ots_loopback_only", False):
        sys._ots_loopback_only = True  # type: ignore[attr-defined]
        sys.addaudithook(_audit)


refuse_everything_but_loopback()
