"""Put load and faults on the local server, and measure beside it what is possible, in one run; print it with targets.

Usage: python -m tests.reports.bench_server [MINUTES] [SECRETS]
MINUTES: of the mixed load, and as many of the kills. SECRETS: how many the large database holds. Exit code 1 if something
is lost, or given twice; a rate that is missed is no failure, for it says more of the machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.reports.bench import machine, tell
from tests.support.bench.table import Measure
from tests.support.load import stored
from tests.support.load.bare import bare, commits
from tests.support.load.kills import CLIENTS, survived
from tests.support.load.race import winners
from tests.support.load.rates import Times, mixed, shares, under
from tests.support.load.served import served

REAL_RATE = 86
"""Shares a second of the real server (v0.26) with 8 clients, its best on this kind of machine."""
FEW, READERS, KILLS, MIXED_CLIENTS = 1_000, 1_000, 10, 50
BRIEFLY = 10  # seconds


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    secrets = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    tell(f"{machine()}; shares in turns of {BRIEFLY} s")
    tell("| measure | reached | target | |", "|---|---|---|---|")
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        for measure in measured(Path(name), minutes * 60, secrets):
            tell(measure.row())
            if measure.unit == "secrets" and measure.target is not None and measure.value != measure.target:
                wrong.append(measure.title)
    return int(bool(wrong))


def measured(folder: Path, seconds: float, secrets: int) -> Iterator[Measure]:
    """Everything, the cheapest first."""
    yield from beside(folder)
    with served(folder / "mixed") as server:
        yield Measure(f"{READERS:,} readers of one secret: who got it", winners(server.url, READERS), "secrets", 1)
        before = server.cpu()
        load = under(server.url, MIXED_CLIENTS, seconds, mixed)
        yield from of_mixed(load, server.cpu() - before)
    with served(folder / "killed") as server:
        outcome = survived(server, KILLS, seconds)
    yield Measure(f"{KILLS} kills under load of {CLIENTS} clients: acknowledged", outcome.acknowledged, "secrets")
    yield Measure("… lost", outcome.lost, "secrets", 0)
    yield Measure("… given twice", outcome.twice, "secrets", 0)
    yield Measure("… whose answer a kill swallowed", outcome.doubtful, "secrets")
    yield from growth(folder, secrets)


def beside(folder: Path) -> Iterator[Measure]:
    """Shares of 8 clients, beside what is possible."""
    workers = os.cpu_count() or 1
    disk = commits(folder, BRIEFLY / 2)
    with bare(folder) as url:
        possible = under(url, 8, BRIEFLY, shares).rate()
    rates: dict[int, Times] = {}
    for number in (1, workers):
        with served(folder / f"alone-{number}", number) as server:
            under(server.url, 8, 1, shares)
            rates[number] = under(server.url, 8, BRIEFLY, shares)
    yield Measure("SQLite's own commits, one row each", disk, "/s")
    yield Measure("bare Starlette, one commit each, 8 clients", possible, "/s")
    for number, times in rates.items():
        title = f"share, 8 clients, {number} process{'es' if number > 1 else ''}"
        yield Measure(title, times.rate(), "/s", 10 * REAL_RATE, is_floor=True)
        yield Measure(f"{title}: half of them within", times.at("share", 0.5), "ms")
    yield Measure(
        "share, 8 clients, 1 process, against bare Starlette", rates[1].rate() / possible, "times", 0.4, is_floor=True
    )


def of_mixed(load: Times, cpu: float) -> Iterator[Measure]:
    title = f"mixed, {MIXED_CLIENTS} clients, {load.seconds:.0f} s"
    yield Measure(f"{title}: operations", load.rate(), "/s")
    yield Measure(f"{title}: CPU of the server for each", cpu / (load.rate() * load.seconds) * 1000, "ms")
    for operation in sorted(load.of):
        yield Measure(f"… {operation}: half of them within", load.at(operation, 0.5), "ms")
        yield Measure(f"… {operation}: 99 of 100 within", load.at(operation, 0.99), "ms")
    yield Measure("… answered wrongly", len(load.faults), "secrets", 0)


def growth(folder: Path, secrets: int) -> Iterator[Measure]:
    """How much dearer an operation is where many secrets are stored."""
    with served(folder / "few") as few, served(folder / "many") as many:
        stored.fill(few.data, FEW)
        stored.fill(many.data, secrets)
        for operation, (at_few, at_many) in stored.costs(few.url, many.url).items():
            yield Measure(f"{operation}, {FEW:,} secrets", at_few, "ms")
            yield Measure(f"{operation}, {secrets:,} secrets against {FEW:,}", at_many / at_few, "times", 1.3)


if __name__ == "__main__":
    sys.exit(main())
