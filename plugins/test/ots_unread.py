# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a link can still be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State


def ots_unread(state: Any) -> bool:
    """Return whether a state, or the state in a result, means that nobody has read the link yet."""
    return State.of(state.get("state") if isinstance(state, Mapping) else state).is_unread


class TestModule:
    def tests(self) -> dict[str, Callable[[Any], bool]]:
        return {"ots_unread": ots_unread}
