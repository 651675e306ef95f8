"""How far client and local server agree with the recordings of the real server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.support.recorded import Exchange

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
    """In what two JSON documents differ, types and the order of fields included."""
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [difference for pair in zip(expected, found, strict=True) for difference in compared(*pair)]
    if isinstance(expected, dict) and isinstance(found, dict):
        theirs, ours = _shown(expected), _shown(found)
        different = [
            f"{name}: recorded {theirs.get(name, 'none')}, got {ours.get(name, 'none')}"
            for name in dict.fromkeys([*theirs, *ours])
            if theirs.get(name) != ours.get(name)
        ]
        return different or ([] if list(theirs) == list(ours) else ["the fields come in another order"])
    recorded, got = json.dumps(expected), json.dumps(found)
    return [] if recorded == got else [f"recorded {recorded}, got {got}"]


def _shown(document: dict[str, Any]) -> dict[str, str]:
    return {name: json.dumps(value) for name, value in document.items()}


def is_cut(exchange: Exchange) -> bool:
    return CUT in (exchange.reply.text or "")
