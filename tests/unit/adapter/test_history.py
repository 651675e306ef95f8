"""Which events of the audit trail a question gets, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.history import Question, history_of, trail_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Event, Verdict, What

NOW = 1_800_000_000  # 2027-01-15T08:00:00Z
DAY = 86_400
BY = {"user": "ops", "host": "controller"}
EVENTS = [
    Event(4, "", What.PRUNED, NOW, by=BY, details={"events": 7}),
    Event(3, "db/[x]", What.ALTERED),
    Event(
        2,
        "db/bob",
        What.DELIVERED,
        NOW - DAY,
        by={**BY, "job": "17", "job_user": "alice"},
        details={"destination": "Bob@example.com", "part": "notice"},
    ),
    Event(1, "db/alice", What.MADE, NOW - 2 * DAY, NOW - 2 * DAY, "alice@example.com", "digest", BY, {"expires_at": NOW}),
]  # fmt: skip


class Ledger:
    """One with these events, newest first; notes what it was asked."""

    def __init__(self) -> None:
        self.asked: Any = None

    def history(self, names: Sequence[str], since: int | None) -> Iterator[Event]:
        self.asked = list(names), since
        return (event for event in EVENTS if not names or event.name in names)


def numbers(**options: Any) -> list[int]:
    given = dict.fromkeys(("names", "recipient", "since", "actions")) | options
    return [event["number"] for event in history_of(Ledger(), Question.of(given, NOW))["events"]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"names": ["db/bob", "db/alice"]}, [1, 2]),
        ({"names": ["db/*"]}, [1, 2, 3]),
        ({"names": ["*/b?b", "db/alice"]}, [1, 2]),
        ({"names": ["db/[x]"]}, [3]),
        ({"recipient": "Alice@Example.com"}, [1]),
        ({"recipient": "bob@example.com"}, [2]),
        ({"since": "36h"}, [2, 3, 4]),
        ({"since": "2027-01-14"}, [2, 3, 4]),
        ({"since": "2027-01-14T09:00:00+01:00"}, [2, 3, 4]),
        ({"since": "2027-01-14T08:00:01Z"}, [3, 4]),
        ({"actions": ["made", "pruned"]}, [1, 4]),
        ({"names": ["db/*"], "actions": ["made"], "since": "1d"}, []),
    ],
)
def test_a_question_gets_the_events_that_fit(options: dict[str, Any], expected: list[int]) -> None:
    assert numbers(**options) == expected


def test_the_ledger_is_asked_for_names_only_where_none_is_a_pattern() -> None:
    for names, asked in ((["db/bob"], ["db/bob"]), (["db/bob", "db/*"], [])):
        ledger = Ledger()
        history_of(ledger, Question(names, since=5))  # type: ignore[arg-type]
        assert ledger.asked == (asked, 5)


@pytest.mark.parametrize("since", ["yesterday", "90x", "2027-13-01"])
def test_a_time_that_is_none_is_an_error_that_says_what_to_give(since: str) -> None:
    with pytest.raises(InvalidInput, match="since: is neither a time nor a duration; give one such as 2026-03-01,"):
        numbers(since=since)


def test_an_event_is_told_as_data_and_as_a_line() -> None:
    told = history_of(Ledger(), Question())  # type: ignore[arg-type]

    assert told["events"][0] == {
        "number": 1,
        "at": "2027-01-13T08:00:00Z",
        "action": "made",
        "name": "db/alice",
        "recipient": "alice@example.com",
        "server_at": "2027-01-13T08:00:00Z",
        "link": "digest",
        "by": BY,
        "details": {"expires_at": "2027-01-15T08:00:00Z"},
    }
    assert [line.split() for line in told["table"]] == [
        ["at", "action", "name", "recipient", "by", "server_at"],
        ["2027-01-13T08:00:00Z", "made", "db/alice", "alice@example.com", "ops@controller", "2027-01-13T08:00:00Z"],
        [
            "2027-01-14T08:00:00Z",
            "delivered",
            "notice",
            "db/bob",
            "Bob@example.com",
            "alice@controller,",
            "job",
            "17",
            "-",
        ],
        ["-", "altered", "db/[x]", "-", "-", "-"],
        ["2027-01-15T08:00:00Z", "pruned", "-", "-", "ops@controller", "-"],
    ]


def test_what_was_meddled_with_is_a_warning_as_well() -> None:
    assert trail_of(Verdict(3)) == {"trail": {"intact": True, "events": 3, "problems": []}}
    told = trail_of(Verdict(2, ("row 3 is missing",)))
    assert told["trail"] == {"intact": False, "events": 2, "problems": ["row 3 is missing"]}
    assert told["warnings"] == ["The audit trail was meddled with: row 3 is missing."]
