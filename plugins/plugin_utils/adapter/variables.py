# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables ots_*: templates, each evaluated where it is needed, and once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleUndefinedVariable

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.kinds import given


class Variables:
    """A task's variables. `templar` is the plugin's ansible.template.Templar."""

    def __init__(self, variables: Mapping[str, Any], templar: Any) -> None:
        self._variables = variables
        self._templar = templar
        self._values: dict[str, Any] = {}

    def value(self, name: str) -> Any:
        """Return what a variable holds; None where it is not there, empty or `omit`.

        Raises InvalidInput where it cannot be evaluated. Core's words are told only of what is not defined: of other faults
        they may hold what was given.
        """
        if name not in self._values and name in self._variables:
            problem = ""
            try:
                self._values[name] = self._templar.template(self._variables[name])
            except AnsibleUndefinedVariable as error:
                problem = f": {error}"
            except Exception:  # noqa: BLE001 - up to 2.18 core passes on what a filter raises
                problem = "; look at it with ansible.builtin.debug"
            if problem:
                raise InvalidInput(f"cannot be evaluated{problem}", field=name)
        value = given({name: self._values.get(name)}).get(name)
        return None if value == "" else value
