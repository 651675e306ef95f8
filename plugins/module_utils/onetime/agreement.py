# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Compare a link with what was asked for. Pure.

Servers answer 200 where they misread a recipient and mail a stranger or nobody, and where they put a link on another host
than the one asked for (v1 contract §3, §10). A lifetime that they cut is no fault: the reply tells it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .inputs import GenerateRequest, ShareRequest
    from .replies import Issued

_SHOWN = re.compile(
    r"(?P<person>[^@*]+)(?P<stars>\*{3}|\*{5})?@(?P<head>[^@*]+)(?:(?:\*{3}|\*{5})(?P<suffix>\.[^@*]+))?"
)
_STARS_BEFORE_0_24 = "*****"
# What releases before 0.24 take for an address; they look for the first such thing in a recipient.
_READ_BEFORE_0_24 = re.compile(r"\w[\w.%+-]*@[a-z0-9.-]+\.[a-z]{2,4}", re.ASCII)


def differences(request: ShareRequest | GenerateRequest, issued: Issued, *, host: str) -> tuple[str, ...]:
    """Return in what a link differs from the request, without any value; nothing if it is as requested.

    host: the name of the host that was called, which needs no custom domain.
    """
    found = [
        _recipient_differs(request.recipient, issued.recipient),
        _host_differs(request.share_domain, issued.share_domain, host),
        _passphrase_differs(is_asked=request.passphrase is not None, is_required=issued.passphrase_required),
        "it can no longer be read" if issued.state.is_final or issued.ttl <= 0 else "",
    ]
    return tuple(filter(None, found))


def is_obfuscated(shown: str, address: str) -> bool:
    """Whether SHOWN stands for ADDRESS: al***@e***.com, or al*****@e*****.com before 0.24, for alice@example.com."""
    shown, address = shown.lower(), address.lower()
    if shown == address:
        return True
    parts = _SHOWN.fullmatch(shown)
    if not parts:
        return False
    person, _at, domain = address.rpartition("@")
    if _STARS_BEFORE_0_24 in shown and not _READ_BEFORE_0_24.fullmatch(address):
        return False
    is_person = person.startswith(parts["person"]) if parts["stars"] else person == parts["person"]
    if parts["suffix"] is None:
        return is_person and domain == parts["head"]
    rest = domain.removeprefix(parts["head"])
    return is_person and rest != domain and rest.endswith(parts["suffix"])


def _recipient_differs(asked: str | None, shown: tuple[str, ...]) -> str:
    if asked is None:
        return "it was mailed, though no recipient was given" if shown else ""
    if not shown:
        return "it was not mailed; this server does not understand the recipient's address"
    if not all(is_obfuscated(one, asked) for one in shown):
        return "it was mailed to another address than the recipient's; this server misreads the address"
    return ""


def _host_differs(asked: str | None, granted: str, host: str) -> str:
    if granted == (asked or "") or {asked or host, granted or host} == {host}:
        return ""
    return "it is on another host than share_domain" if asked else "it is on a custom domain that was not requested"


def _passphrase_differs(*, is_asked: bool, is_required: bool) -> str:
    if is_asked and not is_required:
        return "it has no passphrase"
    return "it needs a passphrase, though none was given" if is_required and not is_asked else ""
