"""Values that are generated here: made of what is asked for, evenly, and fit for where they go."""

from __future__ import annotations

import json
import math
import shlex
import string
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, MissingLibrary
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.values import (
    CLASSES,
    SIMILAR,
    bits_of,
    check_chars,
    check_separator,
    check_words,
    completed,
    recipe_of,
)

HOW_MANY = [200, pytest.param(10_000, marks=pytest.mark.long)]
KINDS: dict[str, dict[str, Any]] = {
    "letters and digits": {"chars": ("ascii_letters", "digits"), "length": 20},
    "nothing that looks alike": {"exclude_similar": True},
    "every class": {"chars": ("ascii_lowercase", "ascii_uppercase", "digits", "punctuation"), "length": 12},
    "a class and some characters": {"chars": ("ascii_letters", "_-."), "length": 16},
    "hexadecimal": {"chars": ("hexdigits",), "length": 32, "exclude_similar": True},
    "one of each": {"chars": ("ascii_lowercase", "ascii_uppercase", "digits", "punctuation"), "length": 4},
    "words": {"words": 5},
    "words without a separator": {"words": 4, "separator": ""},
}


@cache
def values(kind: str, number: int) -> list[str]:
    recipe = recipe_of(KINDS[kind])
    assert recipe is not None
    return [recipe.make() for _ in range(number)]


def classes_of(kind: str) -> list[str]:
    options = KINDS[kind]
    left_out = SIMILAR if options.get("exclude_similar") else ""
    names = options.get("chars", ("ascii_letters", "digits"))
    return ["".join(set(CLASSES[name]) - set(left_out)) for name in names if name in CLASSES]


OF_CHARACTERS = [kind for kind, options in KINDS.items() if "words" not in options]
PLAIN = [kind for kind, options in KINDS.items() if "punctuation" not in options.get("chars", ())]


@pytest.mark.parametrize("number", HOW_MANY)
@pytest.mark.parametrize("kind", OF_CHARACTERS)
def test_every_class_is_there_and_nothing_else(kind: str, number: int) -> None:
    options, classes = KINDS[kind], [set(characters) for characters in classes_of(kind)]
    literal = {each for name in options.get("chars", ()) if name not in CLASSES for each in name}

    for value in values(kind, number):
        assert len(value) == options.get("length", 20)
        assert all(set(value) & each for each in classes)
        assert set(value) <= set().union(*classes, literal)


@pytest.mark.long
@pytest.mark.parametrize("kind", OF_CHARACTERS)
def test_the_characters_of_a_class_are_drawn_evenly(kind: str) -> None:
    found = Counter("".join(values(kind, 10_000)))

    for characters in classes_of(kind):
        assert surprise(Counter({each: found[each] for each in characters})) < 6


@pytest.mark.long
@pytest.mark.parametrize("kind", ["every class", "one of each"])
def test_no_place_favours_a_class(kind: str) -> None:
    digits = Counter(
        place for value in values(kind, 10_000) for place, character in enumerate(value) if character in string.digits
    )

    assert surprise(digits) < 6


@pytest.mark.long
def test_words_are_drawn_evenly_from_a_long_list() -> None:
    found = Counter(word for value in values("words", 10_000) for word in value.split("-"))

    assert found.total() > 50_000  # some words have a hyphen of their own
    assert max(found.values()) < 30  # of 6.4 on average
    assert len(found) > 7_500


def surprise(found: Counter[Any]) -> float:
    """How many standard deviations chi-square is above what even draws have."""
    expected, freedom = found.total() / len(found), len(found) - 1
    chi_square = sum((count - expected) ** 2 / expected for count in found.values())
    return (chi_square - freedom) / math.sqrt(2 * freedom)


# Where a value goes, how a plain one and how any one is written there (docs/values.md has the table), and who reads it.


def by_bash(written: list[str]) -> list[str]:
    assignments = "".join(f"v[{number}]={text}\n" for number, text in enumerate(written))
    return subprocess.run(
        ["bash", "-c", 'source /dev/stdin; printf "%s\\n" "${v[@]}"'],
        input=assignments,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def by_libpq(written: list[str]) -> list[str]:
    return [str(conninfo_to_dict(f"postgresql://app:{text}@127.0.0.1:5432/db")["password"]) for text in written]


def by_yaml(written: list[str]) -> list[str]:
    return [str(value) for value in yaml.load("".join(f"- {text}\n" for text in written), yaml.CSafeLoader)]


def by_json(written: list[str]) -> list[str]:
    return [str(value) for value in json.loads(f"[{','.join(written)}]")]


IN_QUOTES = '"{}"'.format
PLACES: list[tuple[Callable[[str], str], Callable[[str], str], Callable[[list[str]], list[str]]]] = [
    (str, shlex.quote, by_bash),
    (str, lambda value: quote(value, safe=""), by_libpq),
    (IN_QUOTES, json.dumps, by_yaml),
    (IN_QUOTES, json.dumps, by_json),
]


@pytest.mark.parametrize("number", HOW_MANY)
@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize(("plain", "_any", "read"), PLACES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_plain_value_survives_as_it_is(kind: str, plain: Any, _any: Any, read: Any, number: int) -> None:
    assert read([plain(value) for value in values(kind, number)]) == values(kind, number)


@pytest.mark.parametrize("number", HOW_MANY)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("_plain", "quoted", "read"), PLACES, ids=lambda value: getattr(value, "__name__", ""))
def test_any_value_survives_when_it_is_quoted(kind: str, _plain: Any, quoted: Any, read: Any, number: int) -> None:
    assert read([quoted(value) for value in values(kind, number)]) == values(kind, number)


@pytest.mark.parametrize("number", HOW_MANY)
@pytest.mark.parametrize("kind", PLAIN)
def test_a_plain_value_has_nothing_that_a_windows_batch_file_minds(kind: str, number: int) -> None:
    special = set("%!^&|<>()\"',;= \t")

    assert not [value for value in values(kind, number) if set(value) & special]


@pytest.mark.parametrize(
    ("options", "bits"),
    [
        ({}, 77),
        ({"length": 9}, 57),
        ({"chars": ["digits"], "length": 6}, 19),
        ({"exclude_similar": True}, 116),
        ({"words": 4}, 51),
        ({"words": 5}, 64),
    ],
)
def test_the_documented_strength(options: dict[str, Any], bits: int) -> None:
    assert int(bits_of(options)) == bits


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"words": 5, "length": 20}, "words: gives another kind of value than length"),
        ({"words": 5, "chars": ["digits"]}, "words: gives another kind of value than chars"),
        ({"separator": "."}, "separator: is for a value of words"),
        ({"chars": ["0O"], "exclude_similar": True}, "chars: leaves fewer than two"),
        (
            {"chars": ["digits", "ascii_letters", "punctuation", "hexdigits", "ascii_lowercase"], "length": 4},
            "length: is below 5",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        recipe_of(options)


@pytest.mark.parametrize(
    ("check", "value", "problem"),
    [
        (check_chars, [], "is empty"),
        (check_chars, [""], "is empty"),
        (check_chars, ["ascii_leters"], "ascii_leters is not a class; the classes are ascii_letters"),
        (check_chars, ["letters"], "letters is not a class"),
        (check_chars, ["ä"], "beyond printable ASCII"),
        (check_chars, ["\n"], "beyond printable ASCII"),
        (check_words, 1, "from 2 to 20; 5 is 64 bits"),
        (check_words, "many", "from 2 to 20"),
        (check_separator, "----", "at most three"),
        (check_separator, "\n", "at most three"),
    ],
)
def test_bad_input_is_named(check: Callable[[Any], Any], value: Any, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        check(value)


@pytest.mark.parametrize(
    ("given", "recorded", "together"),
    [
        ({"ttl": 60}, {"chars": ("digits",), "length": 9}, {"ttl": 60, "chars": ("digits",), "length": 9}),
        ({"words": 5}, {"chars": ("digits",), "length": 9, "ttl": 60}, {"words": 5, "ttl": 60}),
        ({"length": 9}, {"words": 5, "separator": "."}, {"length": 9}),
        ({"separator": "."}, {"words": 5}, {"words": 5, "separator": "."}),
    ],
)
def test_one_kind_of_value_takes_nothing_from_the_other(
    given: dict[str, Any], recorded: dict[str, Any], together: dict[str, Any]
) -> None:
    assert completed(given, recorded) == together


def test_without_the_library_of_words_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import values as module

    module._word_list.cache_clear()
    monkeypatch.setitem(sys.modules, "xkcdpass", None)
    with pytest.raises(MissingLibrary, match=r"xkcdpass.*pip install xkcdpass"):
        module.Words(5, "-").make()
