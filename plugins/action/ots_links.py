# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make many links exist, or not, in one task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import LINKS
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.entries import wanted_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.results import result_of_many
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.links import Links, Wanted
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger


class ActionModule(OtsAction):
    SPEC = LINKS

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        connection = Connection.of(options)
        if options["concurrency"] < 1:
            raise InvalidInput(
                "is below 1; give the number of links to work on at once, such as 8", field="concurrency"
            )
        wanted = self._wanted(options)
        links = Links(
            lambda: open_ledger(options, connection.scope, read_only=check),
            connection.new_client,
            anonymous=connection.is_anonymous,
        )
        refresh = options["refresh"] == "always"
        results = links.settle(wanted, concurrency=options["concurrency"], refresh=refresh, check=check)
        return result_of_many(results, connection.address if options["return_content"] else None)

    def _wanted(self, options: Mapping[str, Any]) -> list[Wanted]:
        """Return what is wanted; raise InvalidInput, which names every entry that is wrong, before anything is sent."""
        of_all = {name: options[name] for name in ("ttl", "share_domain", "reissue_on")}
        wanted, problems = [], []
        for number, entry in enumerate(options["links"]):
            try:
                wanted.append(wanted_of(entry, of_all, self.file_content))
            except InvalidInput as error:
                problems.append(f"links[{number}] ({entry['name']}): {error}")
        twice = [name for name, times in Counter(each.name for each in wanted).items() if times > 1]
        problems += [f"{name!r} is there more than once; give every link a name of its own" for name in twice]
        if problems:
            raise InvalidInput("; ".join(problems), field="links")
        return wanted
