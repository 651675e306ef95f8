# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""When to repeat a call, and after how long."""

from __future__ import annotations

from .errors import OnetimeError, Refused

ATTEMPTS = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


def pause_before_retry(error: OnetimeError, attempt: int) -> float | None:
    """Return the seconds to wait after ATTEMPT (counted from 1) failed with ERROR, or None to give up.

    A server that asks for a longer pause than LONGEST_PAUSE is obeyed by giving up.
    """
    if not error.retry_safe or attempt >= ATTEMPTS:
        return None
    asked = error.retry_after if isinstance(error, Refused) else None
    pause = FIRST_PAUSE * 2 ** (attempt - 1) if asked is None else asked
    return pause if pause <= LONGEST_PAUSE else None
