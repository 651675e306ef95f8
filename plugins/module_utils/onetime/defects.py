# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""What may be shown of an unexpected error: its text, and its chain, may hold what was given."""

from __future__ import annotations

import traceback
from pathlib import Path

SHOWN = 4  # places, from the innermost outwards


def place_of(error: BaseException) -> str:
    """Return the kind of the error and where it came from, such as `ValueError at sqlite.py:40, called at open.py:71`."""
    frames = traceback.extract_tb(error.__traceback__)[: -SHOWN - 1 : -1]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return f"{type(error).__name__} at {', called at '.join(places) or 'no known place'}"
