# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Burn a link, so that nobody can read it any more."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_key
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import LinkAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import BURN
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Outcome


class ActionModule(LinkAction):
    SPEC = BURN
    RULES: ClassVar = {"mutually_exclusive": [("name", "metadata_key")], "required_one_of": [("name", "metadata_key")]}

    def act(self, options: dict[str, Any], engine: Engine, *, check: bool) -> tuple[str | None, Outcome]:
        passphrase = options["passphrase"] or None
        if options["name"] is not None:
            return options["name"], engine.absent(options["name"], passphrase=passphrase, check=check)
        key = check_key(options["metadata_key"], "metadata_key")
        return None, engine.absent_by_key(key, passphrase=passphrase, check=check)
