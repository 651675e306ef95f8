# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets where they do not belong: a value of each wrong kind in every option of every action, lookup and variable.

The table comes from the plugins' own argument specs, so that an option that is new is in it by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ansible.plugins.loader import lookup_loader

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.holdings import CREDENTIAL, GROUP, PERSON
from tests.support import CHECKOUT

PLUGINS = "ansible_collections.onetimesecret.ots.plugins"
HOLDINGS = "filter ots_holdings"
NUMBERS = 9_070_000_000_000  # that are secret count from here
SECRET = re.compile(r"Zq\d{4}Kw|907000000\d{4}")  # each planted one is found by this, and nothing else

Definitions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Kind:
    """value: with a secret in it, from its number. words: what an error calls this kind. made: of the value, in an expression."""

    value: Callable[[int], Any]
    words: str
    made: str = "VALUE"


def text(number: int) -> str:
    return f"Zq{number:04}Kw"


KINDS = {
    "mapping": Kind(lambda number: {"a": text(number)}, "a mapping"),
    "mapping by a secret": Kind(lambda number: {text(number): "a"}, "a mapping"),
    "list": Kind(lambda number: [text(number)], "a list"),
    "list of lists": Kind(lambda number: [[text(number)]], "a list"),
    "list of mappings": Kind(lambda number: [{"a": text(number)}], "a list"),
    "number": Kind(lambda number: NUMBERS + number, "a number"),
    "fraction": Kind(lambda number: NUMBERS + number + 0.5, "a number"),
    "truth value": Kind(lambda _: True, "a boolean"),
    "text": Kind(text, "text"),
    "bytes": Kind(text, "bytes", "VALUE.encode()"),
    "undefined": Kind(text, "a mapping", "{'a': VALUE, 'b': nobody_defines_this}"),
}
UNDEFINED = "'nobody_defines_this' is undefined"
TAKEN = {
    "str": {"text"},
    "path": {"text"},
    "int": {"number"},
    "float": {"number", "fraction"},
    "bool": {"truth value"},
    "list": {"list", "text"},
    "terms": {"list", "text"},  # of a lookup
    "mappings": set(),  # a list of them, in which each kind is wrong: even a mapping, for what is in it
}


@dataclass(frozen=True)
class Plant:
    """A value in a place where it is wrong: in the variable `name`. told: a pattern of what must be said of it."""

    name: str
    place: str
    option: str
    kind: str
    value: Any
    told: str
    task: dict[str, Any]


def actions() -> dict[str, Definitions]:
    """The argument spec of every action."""
    names = sorted(file.stem for file in Path(CHECKOUT / "plugins" / "action").glob("ots_*.py"))
    return {name: import_module(f"{PLUGINS}.action.{name}").ActionModule.SPEC for name in names}


def lookups() -> dict[str, Definitions]:
    """The documented options of every lookup."""
    names = sorted(file.stem for file in Path(CHECKOUT / "plugins" / "lookup").glob("ots_*.py"))
    return {name: lookup_loader.get(f"onetimesecret.ots.{name}").option_definitions for name in names}


def variables() -> dict[str, Mapping[str, Any]]:
    """By every variable ots_*, the definition of its option."""
    return {
        "".join(variable["name"]): definition
        for definitions in lookups().values()
        for definition in definitions.values()
        for variable in definition.get("vars", ())
    }


def holdings() -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Every option of what the role's filter takes, and an expression of people with VALUE in it."""
    for option, definition in PERSON.items():
        yield option, definition, "[{'name': 'alice', '" + option + "': VALUE}]"
    for option, definition in GROUP.items():
        yield option, definition, "[{'group': 'dba', '" + option + "': VALUE}]"
    for option, definition in CREDENTIAL.items():
        yield option, definition, "[{'name': 'alice', 'holds': [{'name': 'db', '" + option + "': VALUE}]}]"


def table() -> list[Plant]:
    """Every wrong kind in every place."""
    plants: list[Plant] = []
    for place, option, definition, task in _places():
        for kind, problem in _wrong(definition):
            number = len(plants)
            plants.append(
                Plant(
                    name := f"planted_{number}",
                    place,
                    option,
                    kind,
                    KINDS[kind].value(number),
                    _told(place, option, kind, problem),
                    task(KINDS[kind].made.replace("VALUE", name)),
                )
            )
    return plants


def _told(place: str, option: str, kind: str, problem: str) -> str:
    """A pattern of the error. What is undefined core may find first, and does not name the option on each of its releases."""
    if place == HOLDINGS:
        return problem
    called = "term" if option == "_terms" else re.escape(option)
    return rf"{called}\b.*(?:{problem})" + (f"|{UNDEFINED}" if kind == "undefined" else "")


def _wrong(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each kind that an option does not take, and a pattern of what is said of it."""
    wanted = "mappings" if definition.get("elements") == "dict" else definition.get("type", "str")
    for name, kind in KINDS.items():
        if name in TAKEN[wanted]:
            if definition.get("choices"):
                yield name, "has an element that is not one of" if wanted == "list" else "is not one of"
        elif (wanted, name) == ("int", "fraction"):
            yield name, "is not a whole number"
        elif name == "undefined":
            yield name, f"is a mapping, not |{UNDEFINED}"
        elif wanted == "mappings" and name == "list of mappings":
            yield name, "is not an option of"
        elif wanted == "mappings" and name.startswith("list"):
            yield name, f"has an element that is {'a list' if name == 'list of lists' else 'text'}, not a mapping"
        elif name.startswith("list of ") and wanted in ("list", "terms"):
            inner = "a list" if name == "list of lists" else "a mapping"
            yield name, f"{'has an element that ' if wanted == 'list' else ''}is {inner}, not text"
        else:
            yield name, f"is {kind.words}, not "


def _places() -> Iterator[tuple[str, str, Mapping[str, Any], Callable[[str], dict[str, Any]]]]:
    """Where a value may be given, and how, from the expression for it."""
    for owner, spec in actions().items():
        for option, definition in spec.items():
            yield owner, option, definition, _in_action(owner, option)
            for inner, inner_definition in definition.get("options", {}).items():
                yield owner, f"{option}[0].{inner}", inner_definition, _in_element(owner, option, inner)
    for owner, options in lookups().items():
        for option, definition in options.items():
            is_terms = option == "_terms"
            yield f"lookup {owner}", option, {"type": "terms"} if is_terms else definition, _in_lookup(owner, option)
    for option, definition, people in holdings():
        yield HOLDINGS, option, definition, _in_filter(people)
    for variable, definition in variables().items():
        yield "variable", variable, definition, _in_variable(variable)


def _in_action(owner: str, option: str) -> Callable[[str], dict[str, Any]]:
    return lambda expression: {f"onetimesecret.ots.{owner}": {option: "{{ (" + expression + ") }}"}}


def _in_element(owner: str, option: str, inner: str) -> Callable[[str], dict[str, Any]]:
    return lambda expression: {f"onetimesecret.ots.{owner}": {option: [{inner: "{{ (" + expression + ") }}"}]}}


def _in_lookup(owner: str, option: str) -> Callable[[str], dict[str, Any]]:
    needed = {"ots_share": "secret='s'"} if option != "secret" else {}

    def task(expression: str) -> dict[str, Any]:
        given = expression if option == "_terms" else f"'x', {option}={expression}"
        arguments = ", ".join(filter(None, [f"'onetimesecret.ots.{owner}'", given, needed.get(owner)]))
        return {"ansible.builtin.set_fact": {"found": "{{ lookup(" + arguments + ") }}"}}

    return task


def _in_filter(people: str) -> Callable[[str], dict[str, Any]]:
    def task(expression: str) -> dict[str, Any]:
        given = people.replace("VALUE", expression)
        found = "{{ " + given + " | onetimesecret.ots.ots_holdings('links', groups={'dba': []}) }}"
        return {"ansible.builtin.set_fact": {"found": found}}

    return task


def _in_variable(variable: str) -> Callable[[str], dict[str, Any]]:
    make = {"onetimesecret.ots.ots_generate": {"name": "x"}}
    return lambda expression: {**make, "vars": {variable: "{{ (" + expression + ") }}"}}
