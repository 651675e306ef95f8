# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as people and playbooks read them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso_time(seconds: int) -> str:
    """Return Unix seconds as ISO 8601 in UTC, such as 2026-11-28T09:30:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
