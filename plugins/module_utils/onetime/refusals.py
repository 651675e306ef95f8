# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Tell the server's error replies apart by their texts: v1 answers nearly every error with 404 (v1 contract §0, §9)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from .errors import (
    NotAuthorized,
    NotAvailable,
    RateLimited,
    Refused,
    Rejected,
    ServerFault,
    UnknownSecret,
    WrongAddress,
    WrongPassphrase,
)

_LONGEST_MESSAGE = 200
_WRONG_PASSPHRASE = ("Double check that passphrase", "Incorrect passphrase")
_FAULT = re.compile(r"unexpected error|error occurred|back shortly|can't process your request", re.IGNORECASE)


def classify(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    origin: str = "the server",
    reads: bool = False,
    secrets: Collection[str] = (),
) -> Refused:
    """Return the error that a reply means, whatever it is.

    origin: scheme, host and port, to name the server by. reads: whether the call only reads, so that repeating it after
    a passing fault is safe. secrets: what the request held and must not come back in a message.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    error = _error_fields(body)
    words = error.get("message", "")
    message = cleanse(words, secrets)
    wait = _retry_after(headers.get("retry-after", ""))

    def refused(kind: type[Refused], text: str, *, passing: bool = False) -> Refused:
        return kind(text, status=status, message=message, retry_after=wait, retry_safe=reads and passing)

    if 300 <= status < 400:
        return refused(WrongAddress, f"{origin} does not answer but redirects to {_target(headers)}; check the URL")
    if status == 429 or "rate limit" in words.lower():
        return refused(RateLimited, f"{origin} limits the rate of calls; {_advice(wait)}", passing=status == 429)
    if status >= 500:
        return refused(ServerFault, f"{origin} failed with HTTP status {status}{_quoted(message)}", passing=True)
    if status < 400:
        return refused(WrongAddress, f"{origin} did not answer as the Onetime Secret v1 API does; check the URL")
    if status == 404 and words == "Unknown secret":
        return refused(
            UnknownSecret,
            f"{origin} knows no such secret: read, burned, expired, never there or, to reveal it, the wrong passphrase",
        )
    if words == "Not authorized" or headers.get("x-ots-intended-status") == "401" or status in (401, 407):
        return refused(
            NotAuthorized, f"{origin} refused the credentials, or wants some; check username, API token and region"
        )
    if words.endswith("is not available"):
        return refused(NotAvailable, f"{origin} has this call, or the use of accounts, switched off")
    if words in _WRONG_PASSPHRASE:
        return refused(WrongPassphrase, f"{origin} wants the secret's passphrase, and this is not it")
    if words == "Not Found" or error.get("error") == "Not Found":
        return refused(
            WrongAddress, f"{origin} has no such address in its v1 API; check the URL, and that no key was cut short"
        )
    if _FAULT.search(words) or (status == 400 and not message):
        return refused(ServerFault, f"{origin} could not process the call (HTTP status {status}){_quoted(message)}")
    if message:
        return refused(Rejected, f"{origin} refused{_quoted(message)}")
    return refused(
        WrongAddress,
        f"{origin} answered with HTTP status {status}, but not as the Onetime Secret v1 API does;"
        " check the URL, and whatever stands between",
    )


def cleanse(text: str, secrets: Collection[str] = ()) -> str:
    """Return TEXT as one short printable line without any of SECRETS, for servers repeat what they were sent.

    A secret of less than four characters is masked only where it stands by itself: within words it occurs by chance,
    and masking it there would give it away.
    """
    line = _one_line(text)
    for secret in sorted({_one_line(secret) for secret in secrets} - {""}, key=len, reverse=True):
        alone = len(secret) < 4
        line = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)" if alone else re.escape(secret), "***", line)
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


def _one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _error_fields(body: bytes) -> dict[str, str]:
    """The texts of a JSON error; nothing for any other body."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    fields = document.items() if isinstance(document, dict) else ()
    return {name: text for name, text in fields if isinstance(text, str)}


def _quoted(message: str) -> str:
    return f": {message}" if message else ""


def _advice(wait: float | None) -> str:
    return "wait up to 20 minutes" if wait is None else f"wait {wait:.0f} seconds"


def _retry_after(value: str) -> float | None:
    """Seconds to wait, from a number or an HTTP date."""
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError):
        return None


def _target(headers: Mapping[str, str]) -> str:
    """Where a redirect leads: only scheme and host, since its path may hold a key."""
    try:
        parts = urlsplit(headers.get("location", ""))
        host = parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "a place that is no URL"
    if not host:
        return "another path of its own"
    return cleanse(f"{parts.scheme or 'https'}://{host}{port}")
