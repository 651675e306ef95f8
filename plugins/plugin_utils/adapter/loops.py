# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the item of a loop, which core prints with each result, holds a secret that was given to the task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

TELLING = 8  # characters of an item that reveal something of a secret if they are a part of it

_AFTER_USER = re.compile(r"[^/?#\s@:]*:(\S+)@")
_PARAMETER = re.compile(r"[?&](?:ssl)?password=([^\s&#]+)")  # where libpq takes it as well


def holds_secret(item: Any, given: Iterable[tuple[Any, bool]]) -> bool:
    """Whether a secret is in the item, however deep: by itself, as a part of a text, or as one of the texts it was made of.

    given: what the task was given, and whether that is secret as a whole. The password in a URL is secret in any case.
    """
    secrets = secrets_in(given)
    return bool(secrets) and any(
        secret in text or (len(text) >= TELLING and text in secret) for text in _texts(item) for secret in secrets
    )


def secrets_in(given: Iterable[tuple[Any, bool]]) -> set[str]:
    """Return the secrets in what was given: all texts of what is secret as a whole, and the password in a URL."""
    return {secret for value, is_secret in given for secret in _secrets_of(value, is_secret=is_secret)}


def _secrets_of(value: Any, *, is_secret: bool) -> Iterator[str]:
    for text in filter(None, _texts(value)):
        if is_secret:
            yield text
        yield from _passwords_in_url(text)


def _passwords_in_url(text: str) -> Iterator[str]:
    """All that may be one. With an "@", "/", "?" or "#" in it, unescaped, it ends for some readers before it does for others."""
    for found in filter(None, map(_AFTER_USER.match, text.split("://")[1:])):
        rest = found[1]
        ends = (rest.partition("@")[0], re.split("[/?#]", rest)[0].rpartition("@")[0], rest)
        yield from filter(None, ends)
    yield from _PARAMETER.findall(text)


def _texts(value: Any) -> Iterator[str]:
    """All texts and numbers in a value of whatever kind: also of one that is wrong where it stands."""
    if isinstance(value, Mapping):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from _texts(part)
    elif value is not None and not isinstance(value, bool):
        with suppress(ValueError):  # a number of more digits than Python writes, which is no secret
            yield str(value)
