# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make one link exist for a value that the server generates."""

from __future__ import annotations

from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import LinkAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import GENERATE
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import desired_generate
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Outcome


class ActionModule(LinkAction):
    SPEC = GENERATE

    def act(self, options: dict[str, Any], engine: Engine, *, check: bool) -> tuple[str | None, Outcome]:
        desired = desired_generate(options)
        if options["state"] == "absent":
            return desired.name, engine.absent(desired.name, check=check)
        return desired.name, engine.present(desired, check=check, refresh=options["refresh"] == "always")
