# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""The texts of the API's error replies: all that servers say, what each means, and what of it may be shown.

Servers, and whatever stands before them, repeat what they were sent. So a text is shown only where it is known (v1
contract §3, §4, §6, §9), and without the value that it quotes; of any other text only the length is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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

_COUNT = r"[1-9][0-9]{0,6}"
_CHARACTER = r"(?:uppercase letter|lowercase letter|number|symbol|special character)"


@dataclass(frozen=True)
class Text:
    """What a text of the API means, and the form in which it is shown.

    is_refusal: whether who says so has surely done nothing of what was asked.
    """

    kind: type[Refused]
    shown: str
    is_refusal: bool


# pattern of the whole text; kind of the error; what is shown where that is not all of it
_TEXTS: list[tuple[str, type[Refused], str]] = [
    (r"Unknown secret", UnknownSecret, ""),
    (r"Not authorized", NotAuthorized, ""),
    (r"Not Found", WrongAddress, ""),
    (r"/\S* is not available", NotAvailable, "is not available"),
    (r"Double check that passphrase", WrongPassphrase, ""),
    (r"Incorrect passphrase", WrongPassphrase, ""),
    (r"Cripes! You have been rate limited\.", RateLimited, ""),
    (r"Rate limit exceeded\. Please try again later\.", RateLimited, ""),
    (r"You did not provide anything to share", Rejected, ""),
    (r"Incorrect payload format", Rejected, ""),
    (r"Unknown type of secret", Rejected, ""),
    (r"Please refresh the page and try again", Rejected, ""),
    (rf"Secret value exceeds the maximum size of {_COUNT} (?:bytes|characters)", Rejected, ""),
    (rf"Passphrase must be (?:at least|no more than) {_COUNT} characters long", Rejected, ""),
    (rf"Passphrase must contain at least one {_CHARACTER}(?:(?:,| and|, and) {_CHARACTER})*", Rejected, ""),
    (r"Passphrase must contain at least one .*", Rejected, "Passphrase must contain more kinds of characters"),
    (r"A passphrase is required for all secrets", Rejected, ""),
    (rf"Generated password length must be no more than {_COUNT} characters", Rejected, ""),
    (
        r"An account is required to send emails\.",
        Rejected,
        "An account is required to send emails; give username and api_token",
    ),
    (r"Undeliverable email address: .*", Rejected, "Undeliverable email address; check recipient"),
    (r"Unknown domain: .*", Rejected, "Unknown domain; check share_domain"),
    (
        r"You do not have permission to use domain: .*",
        Rejected,
        "You do not have permission to use domain; check share_domain",
    ),
    (r"Custom domain is not verified: .*", Rejected, "Custom domain is not verified; check share_domain"),
    (r"Public sharing disabled for domain: .*", Rejected, "Public sharing disabled for domain; check share_domain"),
    (r"Could not store your secret", ServerFault, ""),
    (r"An unexpected error occurred :\[", ServerFault, ""),
    (r"An error occurred :\[", ServerFault, ""),
    (r"We'll be back shortly!", ServerFault, ""),
    (r"We're sorry, but we can't process your request at this time\.", ServerFault, ""),
    (r"Internal Server Error", ServerFault, ""),
    (r"Failed to parse body as JSON", ServerFault, ""),
]
_KNOWN = [(re.compile(pattern, re.DOTALL), kind, shown) for pattern, kind, shown in _TEXTS]


def known_text(words: str) -> Text | None:
    """Return what a text means that the contract knows, or None."""
    for pattern, kind, shown in _KNOWN:
        if pattern.fullmatch(words):
            return Text(kind, shown or words, is_refusal=kind is not ServerFault)
    return None


def shown(words: str) -> str:
    """Return what may be shown of a server's WORDS; nothing for none."""
    if not words:
        return ""
    text = known_text(words)
    return text.shown if text else f"a text of {len(words)} characters that is not one of the API's"
