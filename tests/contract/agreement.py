"""How far client and local server agree with the recordings of the real server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from support.recorded import Exchange

CUT = "...["
"""Where the recording leaves out the rest of a very long body."""


@dataclass(frozen=True)
class Checked:
    """One recorded exchange, held against one side.

    differences: what should not be; nothing where both agree. deliberate: why an agreement is not on every detail.
    """

    side: str
    release: str
    section: str
    name: str
    differences: list[str]
    deliberate: str = ""


def compared(expected: Any, found: Any) -> list[str]:
    """In what two JSON documents differ, types included."""
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [difference for pair in zip(expected, found, strict=True) for difference in compared(*pair)]
    if isinstance(expected, dict) and isinstance(found, dict):
        names = dict.fromkeys([*expected, *found])
        pairs = [(name, json.dumps(expected.get(name)), json.dumps(found.get(name))) for name in names]
        return [f"{name}: recorded {theirs}, got {ours}" for name, theirs, ours in pairs if theirs != ours]
    return [] if expected == found else [f"recorded {json.dumps(expected)}, got {json.dumps(found)}"]


def is_cut(exchange: Exchange) -> bool:
    return CUT in (exchange.reply.text or "")
