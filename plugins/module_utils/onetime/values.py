# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Values that are generated on this machine, for rules that the server's generator cannot keep.

The v1 API takes a length and nothing else (contract §4), and its alphabet has quotes, backslashes, dollar signs and @.
"""

from __future__ import annotations

import difflib
import math
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from .checks import whole_number
from .errors import InvalidInput, MissingLibrary

# Classes by the names that ansible.builtin.password has for them.
CLASSES = {
    name: getattr(string, name)
    for name in ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "punctuation")
}
SIMILAR = "0O1lI"
DEFAULT_CHARS = ("ascii_letters", "digits")
DEFAULT_LENGTH = 20
DEFAULT_SEPARATOR = "-"
FEWEST_WORDS, MOST_WORDS = 2, 20
STRONG = 64  # bits; what is below can be guessed by who steals a database of hashes
SERVERS_LENGTH = 12
SERVERS_ALPHABET = 86  # characters: letters, digits and punctuation, without those that look alike (contract §4)

OF_WORDS = ("words", "separator")
OF_CHARACTERS = ("length", "chars", "exclude_similar")

Options = Mapping[str, Any]


def check_chars(chars: object) -> tuple[str, ...]:
    """Return the classes and literal characters that a value is made of."""
    given = tuple(chars) if isinstance(chars, list | tuple) else ()
    if not given or not all(isinstance(each, str) and each for each in given):
        raise InvalidInput("is empty; give classes such as [ascii_letters, digits], or characters", field="chars")
    for each in (each for each in given if each not in CLASSES):
        if not (each.isascii() and each.isprintable()):
            raise InvalidInput("holds characters beyond printable ASCII", field="chars")
        if difflib.get_close_matches(each, CLASSES, 1, 0.7):
            raise InvalidInput(f"{each} is not a class; the classes are {', '.join(CLASSES)}", field="chars")
    return given


def check_words(number: object) -> int:
    """Return the number of words of a value, given as an integer or its digits."""
    words = whole_number(number)
    if words is None or not FEWEST_WORDS <= words <= MOST_WORDS:
        raise InvalidInput(f"is not a whole number from {FEWEST_WORDS} to {MOST_WORDS}; 5 is 64 bits", field="words")
    return words


def check_separator(text: object) -> str:
    """Return what stands between words: at most three printable characters."""
    if not isinstance(text, str) or len(text) > 3 or not text.isascii() or not text.isprintable():
        raise InvalidInput("is not text of at most three printable ASCII characters", field="separator")
    return text


@dataclass(frozen=True)
class Characters:
    """A value of `length` characters: each as likely as any other, and each class there at least once."""

    length: int
    classes: tuple[str, ...]  # the characters of each
    more: str  # literal characters, of which none has to be there

    @classmethod
    def of(cls, options: Options) -> Characters:
        """Return what chars, exclude_similar and length say. Raises InvalidInput."""
        left_out = SIMILAR if options.get("exclude_similar") else ""
        chars = options.get("chars") or DEFAULT_CHARS
        parts = {name: _without(CLASSES.get(name, name), left_out) for name in chars}
        classes = tuple(part for name, part in parts.items() if name in CLASSES)
        more = "".join(part for name, part in parts.items() if name not in CLASSES)
        recipe = cls(options.get("length") or DEFAULT_LENGTH, classes, more)
        if len(recipe.alphabet) < 2:
            raise InvalidInput("leaves fewer than two different characters; give more", field="chars")
        if recipe.length < len(classes):
            raise InvalidInput(f"is below {len(classes)}, the number of classes in chars", field="length")
        return recipe

    @cached_property
    def alphabet(self) -> str:
        """Every character that may occur, once."""
        return "".join(dict.fromkeys("".join(self.classes) + self.more))

    @property
    def bits(self) -> float:
        """How hard it is to guess."""
        return self.length * math.log2(len(self.alphabet))

    def make(self) -> str:
        """Return another value. Drawn again until every class is there, so that no place favours a class."""
        while True:
            value = "".join(secrets.choice(self.alphabet) for _each in range(self.length))
            if all(set(value) & set(characters) for characters in self.classes):
                return value


@dataclass(frozen=True)
class Words:
    """A value of English words, to be read aloud and typed."""

    number: int
    separator: str

    @property
    def bits(self) -> float:
        """How hard it is to guess."""
        return self.number * math.log2(len(_word_list()))

    def make(self) -> str:
        """Return another value. Raises MissingLibrary."""
        return self.separator.join(secrets.choice(_word_list()) for _each in range(self.number))


def completed(given: Options, recorded: Options) -> dict[str, Any]:
    """Return the options of a link: those that are not given as they are recorded.

    A value of words takes nothing from one of characters, nor the other way round.
    """
    other = OF_CHARACTERS if "words" in given else OF_WORDS if given.keys() & set(OF_CHARACTERS) else ()
    return {**{name: value for name, value in recorded.items() if name not in other}, **given}


def recipe_of(options: Options) -> Characters | Words | None:
    """Return how a value is made on this machine, or None where the options leave it to the server. Raises InvalidInput."""
    words = options.get("words")
    characters = next((name for name in ("chars", "exclude_similar") if options.get(name)), None)
    if words is None and options.get("separator") is not None:
        raise InvalidInput("is for a value of words; give words as well", field="separator")
    if words is None:
        return Characters.of(options) if characters else None
    other = characters or ("length" if options.get("length") else None)
    if other:
        raise InvalidInput(f"gives another kind of value than {other}; give one of them", field="words")
    separator = options.get("separator")
    return Words(words, DEFAULT_SEPARATOR if separator is None else separator)


def bits_of(options: Options) -> float:
    """Return how hard it is to guess a value that these options make, here or at the server."""
    recipe = recipe_of(options)
    if recipe:
        return recipe.bits
    return float((options.get("length") or SERVERS_LENGTH) * math.log2(SERVERS_ALPHABET))


def _without(characters: str, left_out: str) -> str:
    return "".join(character for character in characters if character not in left_out)


@cache
def _word_list() -> tuple[str, ...]:
    try:
        from xkcdpass import xkcd_password
    except ImportError:
        raise MissingLibrary(
            "the Python package xkcdpass, which has the words, is missing; install it into the Python that runs Ansible: "
            "pip install xkcdpass"
        ) from None
    # The EFF's long list, of 7776 words that are easy to distinguish.
    return tuple(xkcd_password.generate_wordlist(xkcd_password.locate_wordfile("eff-long"), 1, 99))
