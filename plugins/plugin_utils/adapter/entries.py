# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One link of many, as ots_links takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import ENTRY, GENERATE
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.kinds import given
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import (
    Desired,
    desired_generate,
    desired_share,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.links import Wanted
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import check_name

GENERATED_ONLY = ("length", "chars", "exclude_similar", "words", "separator", "rotate_after")
OPTIONS = dict.fromkeys([*GENERATE, *ENTRY])


def wanted_of(entry: Mapping[str, Any], of_all: Mapping[str, Any], content_of: Callable[[str], str]) -> Wanted:
    """Return what an entry asks for, whose values are of the right kinds. Raises InvalidInput.

    of_all: what counts where the entry does not say it. content_of: reads a file.
    """
    of_entry = given(entry)
    full = {**OPTIONS, **of_all, **of_entry, "name": check_name(entry["name"])}
    if of_entry.get("state") == "absent":
        return Wanted(Desired(full["name"]), absent=True)
    if "secret" in of_entry and "src" in of_entry:
        raise InvalidInput("and src are both given; give one of them", field="secret")
    if "src" in of_entry:
        full["secret"] = content_of(of_entry["src"])
    if full["secret"] is None:
        return Wanted(desired_generate(full))
    useless = next((name for name in GENERATED_ONLY if name in of_entry), None)
    if useless:
        raise InvalidInput("is for a value that is generated, and this one is given", field=useless)
    return Wanted(desired_share(full))
