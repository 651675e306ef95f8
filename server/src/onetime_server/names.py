"""Host names and e-mail addresses, judged as the real server judges them (contract §3)."""

from __future__ import annotations

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_ACCOUNT = re.compile(r"[\w.%+-]+@[\w.-]+\.[A-Za-z]{2,}", re.ASCII)
_LETTER = r"[^\W\d_]"
_LETTER_OR_DIGIT = r"[^\W_]"
_RECIPIENT = re.compile(
    rf"{_LETTER_OR_DIGIT}[\w.!#$%&'*+/=?^`{{|}}~-]*@{_LETTER_OR_DIGIT}+(?:(?:-+|\.){_LETTER_OR_DIGIT}+)*\.{_LETTER}{{2,63}}"
)
_FOUND_IN_TEXT = re.compile(r"\b[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,4}\b")


def is_host_name(text: str) -> bool:
    """Whether `text` is a bare host name such as secrets.example.com."""
    return _HOST.fullmatch(text) is not None


def has_known_suffix(domain: str) -> bool:
    """Whether `domain` is a name below a public suffix; it may be malformed otherwise."""
    if "://" in domain or domain.startswith("."):
        return False
    labels = [label for label in domain.split(".") if label]
    return _suffixes().privatesuffix(".".join(labels)) is not None


def is_account_email(text: str) -> bool:
    """Whether an account may have this address."""
    return _ACCOUNT.fullmatch(text) is not None


def is_recipient(text: str) -> bool:
    """Whether an e-mail may go to this address: letters of all scripts, and most signs before the @."""
    return _RECIPIENT.fullmatch(text) is not None


def first_recipient_in(text: str) -> str:
    """What older releases take for the address, "" if nothing looks like one. It may be somebody else's."""
    found = _FOUND_IN_TEXT.search(text)
    return found[0] if found else ""


def obfuscated(address: str, stars: int) -> str:
    """alice.smith@example.com becomes al***@e***.com; what is as short as what is kept stays whole."""
    local, _at, host = address.lower().partition("@")
    suffix = _suffixes().publicsuffix(host) or host.rpartition(".")[2]
    return f"{_shortened(local, 2, stars)}@{_shortened(host.removesuffix('.' + suffix), 1, stars)}.{suffix}"


def obfuscated_always(address: str, stars: int) -> str:
    """The same as older releases do it: stars however short a part is, and nothing but the last label is kept."""
    local, _at, host = address.partition("@")
    return f"{local[:2]}{'*' * stars}@{host[0]}{'*' * stars}.{host.rpartition('.')[2]}"


@cache
def _suffixes() -> PublicSuffixList:
    """The list is part of its package: nothing is fetched. A suffix that it does not name is unknown to the real server too.

    Reading it takes a fifth of a second, which most commands need not pay for.
    """
    return PublicSuffixList(accept_unknown=False)


def _shortened(text: str, kept: int, stars: int) -> str:
    return text if len(text) <= kept else text[:kept] + "*" * stars
