# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail as results for playbooks. No secret, link or key is in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.durations import parse_duration
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.tables import table
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Event, Verdict
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger

COLUMNS = ("at", "action", "name", "recipient", "by", "server_at")
PATTERN = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Question:
    """Which events are asked for; what is empty leaves none out. since: Unix seconds."""

    names: Sequence[str] = ()
    recipient: str = ""
    since: int = 0
    actions: Sequence[str] = ()

    @classmethod
    def of(cls, options: Mapping[str, Any], now: float) -> Question:
        """Return what the options ask. Raises InvalidInput."""
        return cls(
            [unicodedata.normalize("NFC", name) for name in options["names"] or ()],
            (options["recipient"] or "").casefold(),
            _since(options["since"], now) if options["since"] else 0,
            options["actions"] or (),
        )

    @property
    def plain_names(self) -> Sequence[str]:
        """The names, where none is a pattern."""
        return () if any(PATTERN & set(name) for name in self.names) else self.names

    def fits(self, event: Event) -> bool:
        people = [str(person).casefold() for person in (event.recipient, event.details.get("destination"))]
        return (
            (not self.names or any(fnmatchcase(event.name, name) for name in self.names) or event.name in self.names)
            and (not self.recipient or self.recipient in people)
            and (event.at is None or event.at >= self.since)
            and (not self.actions or event.what.value in self.actions)
        )


def history_of(ledger: Ledger, question: Question) -> dict[str, Any]:
    """Return the events that are asked for, the oldest first, and a table of them."""
    found = ledger.history(question.plain_names, question.since or None)
    events = [_line(event) for event in found if question.fits(event)][::-1]
    return {"events": events, "table": table(COLUMNS, [_row(event) for event in events])}


def _row(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as the table shows it: of a delivery, what was sent, and to whom; a reminder is not the link."""
    details = event["details"]
    return {
        **event,
        "action": " ".join(filter(None, (event["action"], details.get("part")))),
        "recipient": details.get("destination") or event["recipient"],
        "by": _person(event["by"]),
    }


def trail_of(verdict: Verdict) -> dict[str, Any]:
    """Return what a check of the trail has found; with a warning where that is not what it should be."""
    told = {"intact": not verdict.problems, "events": verdict.events, "problems": list(verdict.problems)}
    warnings = [f"The audit trail was meddled with: {problem}." for problem in verdict.problems]
    return {"trail": told, **({"warnings": warnings} if warnings else {})}


def _since(text: str, now: float) -> int:
    try:
        return int(now) - parse_duration(text, "since")
    except InvalidInput:
        pass
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "is neither a time nor a duration; give one such as 2026-03-01, 2026-03-01T09:30:00Z or 90d", field="since"
        ) from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


def _line(event: Event) -> dict[str, Any]:
    return {
        "number": event.number,
        "at": _time(event.at),
        "action": event.what.value,
        "name": event.name or None,
        "recipient": event.recipient,
        "server_at": _time(event.server_at),
        "link": event.link,
        "by": dict(event.by),
        "details": {
            name: _time(value) if name.endswith("_at") and isinstance(value, int) else value
            for name, value in event.details.items()
        },
    }


def _time(seconds: int | None) -> str | None:
    return iso_time(seconds) if seconds is not None else None


def _person(by: Mapping[str, str]) -> str:
    person = f"{by.get('job_user') or by.get('user', '?')}@{by.get('host', '?')}" if by else ""
    return f"{person}, job {by['job']}" if "job" in by else person
