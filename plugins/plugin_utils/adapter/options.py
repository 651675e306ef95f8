# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, the same everywhere: argument, Ansible variable ots_*, environment OTS_*, ansible.cfg, default."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from configparser import ConfigParser
from functools import cache
from typing import Any

from ansible import constants
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.kinds import (
    check_given,
    check_known,
    check_not_null,
    given,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.variables import Variables
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.who import who_runs
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import BY

# Core resolves such options for plugins that document their sources; actions cannot, so they borrow this lookup's.
LENDER = "onetimesecret.ots.ots_generate"

SECTION = "onetimesecret_ots"  # of ansible.cfg

# Under this name the options come with where each one was given, in words for messages.
ORIGINS = "origins"


def options_of_lookup(plugin: LookupBase, arguments: Mapping[str, Any], variables: Variables) -> dict[str, Any]:
    """Return every option that the lookup documents, from the most specific source that has it.

    What is `omit`, and an empty variable, counts as not given; an empty argument hides what less specific sources give.
    Of the variables only those are evaluated that nothing more specific gives. Raises InvalidInput, which never holds a value.
    """
    definitions = plugin.option_definitions
    name = str(plugin.ansible_name or "this lookup").rpartition(".")[2]
    check_known(arguments, definitions, f"the lookup {name}" if name != "this lookup" else name)
    check_not_null(arguments)
    direct = given(arguments)
    for option, value in direct.items():
        check_given(option, definitions[option], value)
    _unset_empty_environment(definitions)
    in_variables = _in_variables({option: it for option, it in definitions.items() if option not in direct}, variables)
    _check_outside(definitions, {*direct, *in_variables})
    by_name = {name: value for values in in_variables.values() for name, value in values.items()}
    plugin.set_options(var_options=by_name, direct=direct)
    options = dict(plugin.get_options())
    origins = {option: _origin(plugin, option, direct, in_variables) for option, value in options.items() if value}
    _choose_place(options, origins)
    words = {option: words for option, (_specificity, words) in origins.items()}
    return {**options, ORIGINS: words, BY: who_runs(variables, os.environ)}


def options_of_action(arguments: Mapping[str, Any], variables: Variables) -> dict[str, Any]:
    """Return the action's own arguments, and the shared options from the most specific source that has them."""
    lender = lookup_loader.get(LENDER)
    shared = {name for name, option in lender.option_definitions.items() if option.get("env")}
    direct = {name: value for name, value in arguments.items() if name in shared}
    resolved = options_of_lookup(lender, direct, variables)
    return {
        **arguments,
        **{name: resolved[name] for name in shared},
        **{name: resolved[name] for name in (ORIGINS, BY)},
    }


def variables_of(options: Collection[str]) -> dict[str, str]:
    """Return by which variable each of these options may be given, where one is documented."""
    definitions = lookup_loader.get(LENDER).option_definitions
    return {option: source["name"] for option in options for source in definitions.get(option, {}).get("vars", ())}


def _in_variables(definitions: Mapping[str, Any], variables: Variables) -> dict[str, dict[str, Any]]:
    """Return the variables that give an option, by option."""
    found: dict[str, dict[str, Any]] = {}
    for option, definition in definitions.items():
        for source in definition.get("vars", ()):
            value = variables.value(source["name"])
            if value is not None:
                check_given(source["name"], definition, value)
                found.setdefault(option, {})[source["name"]] = value
    return found


def _check_outside(definitions: Mapping[str, Any], given_already: Collection[str]) -> None:
    """Check what environment and ansible.cfg give: core's own errors print it, and a truth value that is none would be false."""
    for option, definition in definitions.items():
        if option in given_already:
            continue
        in_environment = {
            it["name"]: os.environ[it["name"]] for it in definition.get("env", ()) if it["name"] in os.environ
        }
        in_file = {
            f"{it['key']} in ansible.cfg": _in_file(it["section"], it["key"]) for it in definition.get("ini", ())
        }
        for source, value in (in_environment or given(in_file)).items():
            check_given(source, definition, value)


def _in_file(section: str, key: str) -> str | None:
    path = constants.CONFIG_FILE  # type: ignore[attr-defined]
    return _config_file(path).get(section, key, raw=True, fallback=None) if path else None


@cache
def _config_file(path: str) -> ConfigParser:
    """Return ansible.cfg, read as core has read it."""
    parser = ConfigParser(inline_comment_prefixes=(";",))
    parser.read(path, encoding="utf-8")
    return parser


def _unset_empty_environment(definitions: Mapping[str, Any]) -> None:
    # A container sets OTS_REGION= for what it has none of. Core offers no way to say so; nobody else reads these.
    for definition in definitions.values():
        for source in definition.get("env", ()):
            if os.environ.get(source["name"]) == "":
                del os.environ[source["name"]]


def _choose_place(options: dict[str, Any], origins: Mapping[str, tuple[int, str]]) -> None:
    """Drop the less specific one of url and region: a play's region is not contradicted by the environment's URL."""
    if options["url"] and options["region"]:
        url, region = origins["url"][0], origins["region"][0]
        if url != region:
            options["region" if url < region else "url"] = None


def _origin(
    plugin: LookupBase, option: str, direct: Collection[str], in_variables: Mapping[str, Collection[str]]
) -> tuple[int, str]:
    """Return where an option was given: how specific that is, the most specific first, and in words."""
    if option in direct:
        return 0, "the task"
    if option in in_variables:
        return 1, f"the variable {', '.join(in_variables[option])}"
    origin = str(plugin.get_option_and_origin(option)[1])
    source, _separator, name = origin.partition(": ")
    if source == "env":
        return 2, f"{name} in the environment"
    return (4, "the default") if source == "default" else (3, f"[{SECTION}] in {origin}")
