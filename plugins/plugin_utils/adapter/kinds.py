# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is given has the kind that its option wants, checked before core sees it: core's own errors print the value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from ansible.module_utils.parsing.convert_bool import BOOLEANS

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.core import is_omitted, opened

# In this order: a truth value is a number to Python.
KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    tuple: "a list",
    Mapping: "a mapping",
    bytes: "bytes",
    date: "a date",
    type(None): "null",
}

# Options that take one of what is often given as a list.
ONE_EACH = {
    "recipient": "give one address, and loop over the people",
    "to": "give one address, and loop over the people",
}
# A variable without a value must not choose what is done.
NEVER_NULL = ("name", "state", "adopt", "new_ledger_key")
# Nor open what these protect, nor have another value made in the place of one.
NEVER_NULL_BUT_ABSENT = ("secret", "src", "passphrase")
BEYOND_ALL = 10**12  # of which no option knows a use
_LIKE_A_NAME = re.compile(r"[a-z][a-z_]{0,30}")
# Whatever these take, int and float take: they know fewer blanks than \s, and int not more than some thousand digits.
_BLANKS = "[ \\t\\n\\r\\f\\v]*"
_WHOLE = re.compile(rf"{_BLANKS}[+-]?[0-9]{{1,12}}{_BLANKS}")
_NUMBER = re.compile(rf"{_BLANKS}[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?{_BLANKS}")


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments without those that are None or `omit`; vaulted text as text. Raises InvalidInput."""
    return {name: opened(value) for name, value in arguments.items() if value is not None and not is_omitted(value)}


def check_not_null(arguments: Mapping[str, Any], path: str = "") -> None:
    """Raise InvalidInput for what must not be null. `path`: where it stands, such as `links[3].`"""
    for name in (*NEVER_NULL, *(NEVER_NULL_BUT_ABSENT if arguments.get("state") != "absent" else ())):
        if name in arguments and arguments[name] is None:
            raise InvalidInput("is null; give it, or leave it out, as | default(omit) does", field=path + name)


def check_known(arguments: Collection[str], known: Collection[str], owner: str, path: str = "") -> None:
    """Raise InvalidInput for an argument that is not an option of its owner, such as ots_share."""
    for name in sorted(set(arguments) - set(known), key=str):
        like = difflib.get_close_matches({"file": "src", "path": "src"}.get(name, str(name)), known, 1)
        options = f"its options are {', '.join(sorted(known))}"
        if not like and not _LIKE_A_NAME.fullmatch(str(name)):  # `secret, s3cret` for `secret: s3cret`
            raise InvalidInput(
                f"one is not an option of {owner}, and not shown because it may be a value; {options}",
                field=path.removesuffix(".") or "arguments",
            )
        hint = f"; did you mean {like[0]}?" if like else ""
        raise InvalidInput(f"is not an option of {owner}; {options}{hint}", field=f"{path}{name}")


def check_arguments(arguments: Mapping[str, Any], spec: Mapping[str, Any], owner: str, path: str = "") -> None:
    """Check the names and values of all arguments, and of those in an argument. `path`: where they stand, such as `links[3].`"""
    check_known(arguments, spec, owner, path)
    check_not_null(arguments, path)
    present = given(arguments)
    for option, value in present.items():
        check_given(path + option, spec[option], value)
        options = spec[option].get("options", {})
        for number, each in enumerate(value if options else ()):
            check_arguments(each, options, f"each of {option}", f"{path}{option}[{number}].")
    for option in sorted(
        spec.keys() - present if path else ()
    ):  # of the arguments themselves core tells what is missing
        if spec[option].get("required"):
            raise InvalidInput("is missing; give each of them one", field=path + option)


def check_given(option: str, definition: Mapping[str, Any], value: Any) -> None:
    """Raise InvalidInput, which names the option and the problem and never the value, unless its definition takes it.

    definition: of the option, in Ansible's words, with `type` and perhaps `choices`.
    """
    check_kind(option, definition.get("type", "str"), value, definition.get("elements", "str"))
    choices = definition.get("choices")
    if not choices:
        return
    is_list = definition.get("type") == "list"
    words = value.split(",") if is_list and isinstance(value, str) else value if is_list else [value]
    if not {word.strip() for word in words} <= set(choices):
        problem = f"is not one of {', '.join(choices)}"
        raise InvalidInput(f"has an element that {problem}" if is_list else problem, field=option)


def check_kind(option: str, wanted: str, value: Any, elements: str = "str") -> None:
    """Raise InvalidInput, which names the option and the kind and never the value, unless it is what is wanted.

    `wanted` is a type in Ansible's words. Text and numbers are not taken for each other: YAML reads 0123 as 83 and `yes` as
    true, and would share that without a word.
    """
    problem = _problem(wanted, value, elements)
    if problem and (hint := ONE_EACH.get(option.rpartition(".")[2])) and isinstance(value, list | tuple):
        problem = f"is a list, not text; {hint}"
    if problem:
        raise InvalidInput(problem, field=option)


def _is_in_range(number: Any) -> bool:
    try:
        return abs(float(number)) < BEYOND_ALL
    except OverflowError:  # of an integer that no float can be
        return False


def _problem(wanted: str, value: Any, elements: str = "str") -> str | None:
    kind = next((words for type_, words in KINDS.items() if isinstance(value, type_)), "something else")
    if wanted in ("str", "path"):
        if kind == "text":
            return None
        fix = "put it in quotes, or add | string" if kind in ("a number", "a boolean", "a date") else "give text"
        return f"is {kind}, not text; {fix}"
    if wanted in ("int", "float"):
        pattern = _WHOLE if wanted == "int" else _NUMBER
        is_number = kind == "a number" or (kind == "text" and pattern.fullmatch(value))
        if not is_number:
            return f"is {kind}, not a number; give one such as 30"
        if wanted == "int" and isinstance(value, float) and not value.is_integer():
            return "is not a whole number; give one such as 30"
        return None if _is_in_range(value) else "is out of range; give a number such as 30"
    if wanted == "bool":
        is_truth = (
            isinstance(value, str | bool | int) and (value.lower() if isinstance(value, str) else value) in BOOLEANS
        )
        return None if is_truth else f"is {kind}, not a boolean; give true or false"
    if wanted == "dict":
        return None if kind == "a mapping" else f"is {kind}, not a mapping; give one, as option: value"
    if wanted == "list":
        if kind == "text" and elements == "str":
            return None
        if kind == "a list":
            return next(
                (f"has an element that {problem}" for item in value if (problem := _problem(elements, item))), None
            )
        return f"is {kind}, not a list; give one, with a dash before each element"
    return None
