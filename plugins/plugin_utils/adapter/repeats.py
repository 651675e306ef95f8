# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two items of one loop with one name: each takes the other's link away, in every run."""

from __future__ import annotations

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Outcome

# All items of a task on a host are run by one process, which core forks for them.
_sent: set[tuple[str, str]] = set()


def repeat_in_task(task: str, name: str, outcome: Outcome) -> str | None:
    """Return a warning if an earlier item of this task has sent a link under this name as well; `task` is its id in core."""
    if not outcome.action.sends_link:
        return None
    if (task, name) in _sent:
        return (
            f"An earlier item of this loop also made a link under the name {name!r}, and this one has replaced it. "
            "Give each item a name of its own, such as one that contains the item."
        )
    _sent.add((task, name))
    return None
