"""The measures with their targets, from the medians of what was measured in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.support.bench import plays
from tests.support.bench.plays import Case

ROUND_TRIP = 0.1  # seconds, of the server that is far away


@dataclass(frozen=True)
class Cost:
    """Of one play."""

    wall: float  # seconds
    cpu: float  # seconds, the controller's
    requests: int = 0


@dataclass(frozen=True)
class Measure:
    """What is measured, in which unit, and the target: at least, or at most, so much. Without one it shows what is possible."""

    title: str
    value: float
    unit: str
    target: float | None = None
    is_floor: bool = False  # whether more is better

    def row(self) -> str:
        reached = f"| {self.title} | {self.value:.3g} {self.unit} |"
        if self.target is None:
            return f"{reached} | |"
        is_met = self.value >= self.target if self.is_floor else self.value <= self.target
        return f"{reached} {'≥' if self.is_floor else '≤'} {self.target:g} {self.unit} | {'met' if is_met else 'not met'} |"


def measures(costs: Mapping[Case, Cost]) -> list[Measure]:
    empty = costs[plays.EMPTY]

    def each(case: Case) -> float:
        return (costs[case].wall - empty.wall) / case.credentials

    def times(case: Case, base: Case, of: Callable[[Case], float] = each) -> float:
        return of(case) / of(base)

    def wall(case: Case) -> float:
        return costs[case].wall

    def above_set_fact(case: Case) -> float:
        return (costs[case].cpu - costs[plays.SET_FACT_HOSTS].cpu) / case.credentials * 1000

    def above_empty(case: Case) -> float:
        return costs[case].wall - empty.wall

    in_time = plays.NAMES / 8 * ROUND_TRIP
    at_hosts = "50 hosts, whole play, against `debug`: "
    return [
        Measure(
            "`ots_share` creates, a loop's item, against `uri`",
            times(plays.CORE_URI, plays.CREATE),
            "times faster",
            30,
            is_floor=True,
        ),
        Measure(
            "the same in `ots_links`", times(plays.CORE_URI, plays.CREATE_MANY), "times faster", 150, is_floor=True
        ),
        Measure("`ots_share` keeps, a loop's item, against `debug`", times(plays.KEEP, plays.CORE_DEBUG), "times", 2.5),
        Measure("the same in `ots_links`", times(plays.KEEP_MANY, plays.CORE_DEBUG), "times", 0.3),
        Measure(f"{at_hosts}an action with one bare request", times(plays.ASK_HOSTS, plays.CORE_HOSTS, wall), "times"),
        Measure(f"{at_hosts}`ots_share` creates", times(plays.CREATE_HOSTS, plays.CORE_HOSTS, wall), "times", 1.6),
        Measure(f"{at_hosts}`ots_share` keeps", times(plays.KEEP_HOSTS, plays.CORE_HOSTS, wall), "times", 1.6),
        Measure(
            f"{at_hosts}the length of a known name's value, against that of a text",
            times(plays.HIT_HOSTS, plays.LENGTH_HOSTS, wall),
            "times",
            1.5,
        ),
        Measure(
            "50 hosts, PostgreSQL, `ots_share` keeps: CPU for a host above `set_fact`",
            above_set_fact(plays.KEEP_PG),
            "ms",
            45,
        ),
        Measure(
            "lookup of a known name, a loop's item, against `password` with a file",
            times(plays.HIT_ITEMS, plays.CORE_PASSWORD),
            "times",
            0.9,
        ),
        Measure(
            "1,000 names, first run, a round trip of 100 ms, against 1,000 / 8 round trips",
            above_empty(plays.CREATE_FAR) / in_time,
            "times",
            1.3,
        ),
        Measure("1,000 names, nothing changed, 100 ms", costs[plays.KEEP_FAR].requests, "requests", 5),
        Measure("the same, above an empty play", above_empty(plays.KEEP_FAR), "s", 3),
        Measure(
            "role `credentials`, 200 people with 2 each, first run, above an empty play",
            above_empty(plays.FIRST_ROLE),
            "s",
            15,
        ),
        Measure("the same, nothing changed", above_empty(plays.NEXT_ROLE), "s", 4),
    ]
