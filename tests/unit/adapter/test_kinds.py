"""What is given has the kind that its option wants; an error names option and kind, never the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter import argspec
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.kinds import (
    check_kind,
    check_known,
    check_not_null,
)

SECRET = "s3cret-that-must-not-be-shown"

GOOD: list[tuple[str, Any]] = [
    ("str", "text"),
    ("str", ""),
    ("path", "~/x"),
    ("int", 12),
    ("int", "12"),
    ("float", 1.5),
    ("float", "1.5"),
    ("float", "30"),
    ("bool", True),
    ("bool", "yes"),
    ("bool", 0),
    ("list", ["expired"]),
    ("list", "expired"),
]
WRONG: dict[str, list[Any]] = {
    "str": [1, 1.5, True, [SECRET], {"a": SECRET}, (SECRET,), {SECRET}, SECRET.encode(), date(2027, 1, 15)],
    "path": [1, True, [SECRET], {"a": SECRET}],
    "int": [True, 1.5, math.inf, math.nan, "9\x1f", "9" * 5000, 10**400, -(10**12), SECRET, [SECRET], {"a": SECRET}],
    "float": [True, "9\x1f", "9" * 5000, "1e999", 10**400, math.inf, math.nan, SECRET, [SECRET], {"a": SECRET}],
    "bool": [SECRET, 7, [SECRET], {"a": SECRET}],
    "list": [1, True, {"a": SECRET}, [{"a": SECRET}], [[SECRET]], [1]],
}
SPECS = {name: spec for name, spec in vars(argspec).items() if name.isupper() and isinstance(spec, dict)}
OPTIONS = sorted({(option, one.get("type", "str")) for spec in SPECS.values() for option, one in spec.items()})


@pytest.mark.parametrize(("wanted", "value"), GOOD)
def test_the_right_kind_is_taken(wanted: str, value: Any) -> None:
    check_kind("option", wanted, value)


@pytest.mark.parametrize(("wanted", "convert"), [("int", int), ("float", float)])
@given(text=st.from_regex(r"\A\s*[+-]?[0-9.eE_]+\s*\Z"))
def test_what_is_taken_as_a_number_is_one(wanted: str, convert: Callable[[str], float], text: str) -> None:
    with suppress(InvalidInput):
        check_kind("option", wanted, text)
        convert(text)


@pytest.mark.parametrize(("option", "wanted"), OPTIONS)
def test_no_option_shows_a_value_of_the_wrong_kind(option: str, wanted: str) -> None:
    for value in WRONG[wanted]:
        with pytest.raises(InvalidInput, match=rf"^{option}: (is|has an element that is) ") as error:
            check_kind(option, wanted, value)
        assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("unknown", "meant"), [("nam", "name"), ("file", "src"), ("path", "src"), ("pasphrase", "passphrase")]
)
def test_an_unknown_option_is_told_with_the_one_that_may_be_meant(unknown: str, meant: str) -> None:
    with pytest.raises(
        InvalidInput, match=rf"{unknown}: is not an option of ots_share; its options are .*; did you mean {meant}\?"
    ):
        check_known({unknown: SECRET}, argspec.SHARE, "ots_share")


@pytest.mark.parametrize("value", ["hunter2", "SEKRETx", "correct horse", "pa$$", "Zq0001Kw", "x" * 40])
def test_what_may_be_a_value_in_the_place_of_a_name_is_not_shown(value: str) -> None:
    for path, place in (("", "arguments"), ("links[0].", "links[0]")):
        with pytest.raises(InvalidInput, match="is not an option of ots_share, and not shown") as error:
            check_known({"secret", value}, argspec.SHARE, "ots_share", path)
        assert str(error.value).startswith(f"{place}: ")
        assert value not in str(error.value)


@pytest.mark.parametrize("option", ["name", "state", "adopt", "new_ledger_key", "secret", "src", "passphrase"])
def test_what_chooses_or_protects_must_not_be_null(option: str) -> None:
    with pytest.raises(
        InvalidInput, match=rf"^links\[3\]\.{option}: is null; give it, or leave it out, as \| default\(omit\)"
    ):
        check_not_null({option: None}, "links[3].")
    check_not_null({option: "given", "recipient": None, "ttl": None})


def test_who_is_to_have_nothing_needs_no_secret() -> None:
    check_not_null({"name": "db/alice", "state": "absent", "secret": None, "src": None, "passphrase": None})
    with pytest.raises(InvalidInput, match=r"^name: is null"):
        check_not_null({"name": None, "state": "absent"})
