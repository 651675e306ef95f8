"""Passwords for POST generate (contract §4)."""

from __future__ import annotations

import secrets
import string
from typing import Any

DEFAULT_LENGTH = 12
# Older releases set no limit, and are busy for minutes, or until they are out of memory.
_LONGEST = 10_000
_AMBIGUOUS = frozenset("0O1Iilo")
# The real server's symbols lack the backslash.
_SETS = {
    "uppercase": string.ascii_uppercase,
    "lowercase": string.ascii_lowercase,
    "numbers": string.digits,
    "symbols": string.punctuation.replace("\\", ""),
}


def password(length: int, character_sets: Any) -> str:
    """A random password of `length` characters, or as many as there are kinds of them.

    `character_sets` is the request's mapping of set name to a value that counts as true in Ruby.

    Raises ValueError for a length below 1 or above 10 000, or no characters to choose from.
    """
    wanted = character_sets if isinstance(character_sets, dict) else {}
    omitted = _AMBIGUOUS if _true(wanted.get("exclude_ambiguous", True)) else frozenset()
    alphabets = [
        [character for character in characters if character not in omitted]
        for name, characters in _SETS.items()
        if _true(wanted.get(name, True))
    ]
    if not 1 <= length <= _LONGEST or not alphabets:
        raise ValueError("no password is possible")
    characters = [secrets.choice(alphabet) for alphabet in alphabets]  # one of each kind, however short it should be
    everything = [character for alphabet in alphabets for character in alphabet]
    characters += [secrets.choice(everything) for _position in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _true(value: Any) -> bool:
    return value is not None and value is not False
