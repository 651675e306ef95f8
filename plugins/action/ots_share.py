# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make one link exist for a value that the caller gives."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import LinkAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import SHARE
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import desired_share
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Outcome


class ActionModule(LinkAction):
    SPEC = SHARE
    RULES: ClassVar = {
        "mutually_exclusive": [("secret", "src")],
        "required_if": [("state", "present", ("secret", "src"), True)],
        "required_one_of": [("name", "secret", "src")],
    }

    def act(self, options: dict[str, Any], engine: Engine, *, check: bool) -> tuple[str | None, Outcome]:
        name = options["name"]
        if options["state"] == "absent" and name:
            return name, engine.absent(name, check=check)
        if options["src"]:
            options = {**options, "secret": self.file_content(options["src"])}
        desired = engine.named(desired_share(options))
        if options["state"] == "absent":
            return desired.name, engine.absent(desired.name, check=check)
        return desired.name, engine.present(desired, check=check, refresh=options["refresh"] == "always")
