# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a task or a lookup is secret, for core to mask it in all its output, where it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import ADDRESSES, Spec
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.core import mask
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.loops import secrets_in

CONTENT = ("link", "secret_key", "metadata_key", "value")  # what `return_content` adds to a result


def values_of(arguments: Mapping[str, Any], spec: Spec) -> Iterator[tuple[Any, bool]]:
    """Yield what was given, and whether it is secret; of what is in an argument each by itself."""
    for option, value in arguments.items():
        argument = spec.get(option, {})
        for each in value if "options" in argument and isinstance(value, list | tuple) else ():
            yield from values_of(each, argument["options"]) if isinstance(each, Mapping) else ()
        yield value, bool(argument.get("no_log"))


def mask_given(options: Mapping[str, Any], spec: Spec) -> None:
    """Have the secrets masked that were given; of addresses only their passwords, because messages name the rest."""
    addresses = [(options.get(option), False) for option in ADDRESSES]
    others = {option: value for option, value in options.items() if option not in ADDRESSES}
    mask(secrets_in([*addresses, *values_of(others, spec)]))


def mask_content(result: Mapping[str, Any]) -> None:
    """Have masked what a result holds because `return_content` asked for it, also of each of many links."""
    links = result.get("links", ())
    for each in (result, *(links.values() if isinstance(links, Mapping) else links)):
        mask(each[key] for key in CONTENT if each.get(key))
