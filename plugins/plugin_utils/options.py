# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, the same everywhere: argument, Ansible variable ots_*, environment OTS_*, ansible.cfg, default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput

# Core resolves such options for plugins that document their sources; actions cannot, so they borrow this lookup's.
LENDER = "onetimesecret.ots.ots_generate"

# Most specific first; what is none of these comes from ansible.cfg.
SOURCES = ("Direct", "var:", "env:")


def options_of_lookup(
    plugin: LookupBase, arguments: Mapping[str, Any], variables: Mapping[str, Any], templar: Any
) -> dict[str, Any]:
    """Return every option that the lookup documents, from the most specific source that has it.

    `templar` is the plugin's ansible.template.Templar: options in variables are templates still. Raises InvalidInput for
    an argument that the lookup does not know; core would ignore it.
    """
    unknown = sorted(set(arguments) - set(plugin.option_definitions))
    if unknown:
        known = ", ".join(sorted(plugin.option_definitions))
        raise InvalidInput(f"is no option of this lookup; it has {known}", field=unknown[0])
    sources = {source["name"] for option in plugin.option_definitions.values() for source in option.get("vars", ())}
    plugin.set_options(
        var_options={name: templar.template(variables[name]) for name in sources & set(variables)},
        direct=dict(arguments),
    )
    options = dict(plugin.get_options())
    _choose_place(plugin, options)
    return options


def options_of_action(arguments: Mapping[str, Any], variables: Mapping[str, Any], templar: Any) -> dict[str, Any]:
    """Return the action's own arguments, and the shared options from the most specific source that has them."""
    lender = lookup_loader.get(LENDER)
    shared = {name for name, option in lender.option_definitions.items() if option.get("env")}
    given = {name: value for name, value in arguments.items() if name in shared and value is not None}
    resolved = options_of_lookup(lender, given, variables, templar)
    return {**arguments, **{name: resolved[name] for name in shared}}


def _choose_place(plugin: LookupBase, options: dict[str, Any]) -> None:
    """Drop the less specific one of url and region: a play's region is not contradicted by the environment's URL."""
    if options["url"] and options["region"]:
        url, region = (_specificity(plugin, name) for name in ("url", "region"))
        if url != region:
            options["region" if url < region else "url"] = None


def _specificity(plugin: LookupBase, option: str) -> int:
    origin = str(plugin.get_option_and_origin(option)[1])
    return next((rank for rank, source in enumerate(SOURCES) if origin.startswith(source)), len(SOURCES))
