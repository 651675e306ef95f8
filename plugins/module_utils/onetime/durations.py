# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Lifetimes as people write them: `1h`, `7d`, `90m`, `45s`, `2w`, or plain seconds."""

from __future__ import annotations

import re

from .checks import check_ttl
from .errors import InvalidInput

_DURATION = re.compile(r"([0-9]{1,9})\s*([smhdw])", re.IGNORECASE)
_SHOWN = 20  # characters of a wrong value in an error; a lifetime is not secret
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_duration(value: object, field: str = "ttl") -> int:
    """Return VALUE in seconds: a positive integer, its digits, or a number and one unit of s, m, h, d, w.

    FIELD names the option in the InvalidInput that anything else raises. The API itself takes seconds only and makes
    60 of "1h" (v1 contract §0), so this must be done before sending.
    """
    written = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if written:
            return check_ttl(int(written[1]) * _SECONDS[written[2].lower()])
        return check_ttl(value)
    except InvalidInput:
        raise InvalidInput(
            f"is {_shown(value)}, which is not a duration; give seconds, or a number with one of the units s, m, h, d, w, such as"
            " 3600 or 7d",
            field=field,
        ) from None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
