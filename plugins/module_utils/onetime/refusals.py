# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Tell the server's error replies apart by their texts: v1 answers nearly every error with 404 (v1 contract §0, §9)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
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
from .texts import known_text, shown

_FAULT = re.compile(r"unexpected error|error occurred|back shortly|can't process your request", re.IGNORECASE)


def classify(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    origin: str,
    reads: bool,
    is_anonymous: bool,
    account_origin: str,
) -> Refused:
    """Return the error that a reply means, whatever it is.

    origin: scheme, host and port, to name the server by. reads: whether the call only reads, so that repeating it after
    a passing fault is safe. is_anonymous: whether the call had no credentials. account_origin: where they were configured.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    error = _error_fields(body)
    words = error.get("message", "")
    message = shown(words or error.get("error", ""))
    text = known_text(words)
    wait = _retry_after(headers.get("retry-after", ""))
    has_no_effect = status == 404 and _is_refusal(error)

    def refused(kind: type[Refused], problem: str, *, passing: bool = False) -> Refused:
        return kind(
            problem,
            status=status,
            message=message,
            retry_after=wait,
            retry_safe=reads and passing,
            may_have_taken_effect=not has_no_effect,
        )

    if 300 <= status < 400:
        return refused(
            WrongAddress, f"{origin} redirects to {_target(headers, origin)} instead of answering; check url"
        )
    if status == 429 or "rate limit" in words.lower():
        return refused(RateLimited, f"{origin} limits the rate of requests; {_advice(wait)}", passing=status == 429)
    if status >= 500:
        return refused(ServerFault, f"{origin} failed with HTTP status {status}{_quoted(message)}", passing=True)
    if status < 400:
        return refused(WrongAddress, f"{origin} did not answer as the Onetime Secret v1 API does; check url")
    if status == 404 and text and text.kind is UnknownSecret:
        return refused(
            UnknownSecret,
            f"{origin} does not know this secret: it was read or burned, has expired or never existed;"
            " when revealing, a wrong passphrase looks the same",
        )
    is_unauthorized = text is not None and text.kind is NotAuthorized
    if is_unauthorized or headers.get("x-ots-intended-status") == "401" or status in (401, 407):
        return refused(NotAuthorized, f"{origin} {_unauthorized(account_origin, is_anonymous=is_anonymous)}")
    if words.endswith("is not available"):
        return refused(NotAvailable, f"{origin} has this call, or the use of accounts, disabled")
    if text and text.kind is WrongPassphrase:
        return refused(WrongPassphrase, f"{origin} did not accept the passphrase of the link; check passphrase")
    if words == "Not Found" or error.get("error") == "Not Found":
        return refused(
            WrongAddress, f"{origin} has no such address in its v1 API; check url, and that the key is complete"
        )
    if (text and text.kind is ServerFault) or _FAULT.search(words) or (status == 400 and not words):
        return refused(ServerFault, f"{origin} could not process the request (HTTP status {status}){_quoted(message)}")
    if words:
        return refused(Rejected, f"{origin} refused{_quoted(message)}")
    return refused(
        WrongAddress,
        f"{origin} answered with HTTP status {status}, but not as the Onetime Secret v1 API does;"
        " check url, and any proxy in between",
    )


def _is_refusal(error: Mapping[str, str]) -> bool:
    """Whether a JSON error is the API's own no. Under `error` instead of `message` it says only that there is no such call."""
    text = known_text(error.get("message", ""))
    return text.is_refusal if text else "message" not in error and error.get("error") == "Not Found"


def _error_fields(body: bytes) -> dict[str, str]:
    """The texts of a JSON error; nothing for any other body."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    fields = document.items() if isinstance(document, dict) else ()
    return {name: text for name, text in fields if isinstance(text, str)}


def _unauthorized(account_origin: str, *, is_anonymous: bool) -> str:
    if is_anonymous:
        return "needs an account for this; give username and api_token"
    given = f" ({account_origin})" if account_origin else ""
    return f"refused the credentials; check username, api_token, and url or region{given}"


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


def _target(headers: Mapping[str, str], origin: str) -> str:
    """Where a redirect leads, in our words alone: the whole of it may be an echo."""
    try:
        parts = urlsplit(headers.get("location", ""))
        host = parts.hostname
    except ValueError:
        return "an invalid address"
    if not host:
        return "another path on its host"
    if host != urlsplit(origin).hostname:
        return "another host"
    return "https" if parts.scheme == "https" and not origin.startswith("https:") else "another place on its host"
