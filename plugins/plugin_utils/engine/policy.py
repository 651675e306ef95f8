# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a link, or its value, is made anew though nobody changed what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.durations import parse_duration
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.reissue import ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Kind, Record


@dataclass(frozen=True, slots=True)
class Policy:
    """rotate_after: seconds of age at which a generated value is generated anew; None: it stays."""

    reissue_on: frozenset[ReissueOn] = frozenset({ReissueOn.EXPIRED})
    rotate_after: int | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Policy:
        """Return the policy that the options name. Raises InvalidInput."""
        rotate_after = options.get("rotate_after")
        return cls(
            frozenset(ReissueOn(reason) for reason in options["reissue_on"]),
            None if rotate_after in (None, "") else parse_duration(rotate_after, "rotate_after"),
        )

    def rotation_is_due(self, record: Record, now: float) -> bool:
        """Whether the record's value is too old when our clock shows `now`."""
        if self.rotate_after is None or record.kind is not Kind.GENERATE:
            return False
        return record.server_time(now) >= record.value_created_at + self.rotate_after
