# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the task in which a lookup is evaluated runs in check mode: the task's own word beats the command line's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.core import task_of_lookup

VALIDATION = ("ansible.builtin.validate_argument_spec", "validate_argument_spec")


def is_check_mode(variables: Mapping[str, Any], templar: Any) -> bool:
    """Return whether nothing may be made or read. Raises InvalidInput where that cannot be known."""
    task = task_of_lookup()
    if task is None:  # the variable ansible_check_mode says what the command line said
        return bool(variables.get("ansible_check_mode"))
    if str(task.resolved_action or task.action) in VALIDATION:
        return True  # a role's variables are only looked at here, whether or not the role then runs
    # A template still where core evaluates the lookup before the task's own keywords, as in `when`.
    return bool(boolean(templar.template(task.check_mode) if isinstance(task.check_mode, str) else task.check_mode))
