"""Measure what credentials cost a playbook, beside what core does without them, in one run and in turns; print it with targets.

Usage: python -m tests.reports.bench [ROUNDS] [RECORDS]
Server, ledgers and ansible-playbook are the real ones, all on this machine. CPU is the controller's. RECORDS: how many links the
large ledger has. Writes docs/pictures/cost-by-names.svg.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from local_stack import LocalStack
from tests.support import CHECKOUT
from tests.support.back_ends import BACK_ENDS, new_ledger
from tests.support.bench import plays, trail
from tests.support.bench.distance import far_away
from tests.support.bench.ledgers import costs, filled
from tests.support.bench.plays import Case
from tests.support.bench.plot import plot
from tests.support.bench.table import ROUND_TRIP, Cost, Measure, measures
from tests.support.collection import TREE
from tests.support.playbooks import ACTIONS
from tests.support.postgresql import Postgresql, postgresql
from tests.support.world import KEY

PICTURE = CHECKOUT / "docs" / "pictures" / "cost-by-names.svg"
FEW_RECORDS = 1000
MOST_GROWTH = 1.3
MOST_FOR_AN_EVENT = 2  # milliseconds
MOST_TO_VERIFY = 60  # seconds, for a million


def main() -> None:
    """Print the table, and draw the picture."""
    rounds, records = [int(argument) for argument in sys.argv[1:]] + [3, 1_000_000][len(sys.argv) - 1 :]
    with tempfile.TemporaryDirectory() as folder, postgresql() as database, LocalStack(Path(folder) / "stack") as stack:
        medians = measured(Path(folder), stack, database, rounds)
        rows = (
            measures(medians) + growth(Path(folder), database, records) + trail_growth(Path(folder), database, records)
        )
    tell(f"{machine()}; medians of {rounds} rounds, in turns")
    tell("| measure | reached | target | |", "|---|---|---|---|", *(one.row() for one in rows))
    tell("", "| play | wall | CPU | requests |", "|---|---|---|---|")
    tell(
        *(
            f"| {case.title} | {cost.wall:.2f} s | {cost.cpu:.2f} s | {cost.requests} |"
            for case, cost in medians.items()
        )
    )
    PICTURE.write_text(picture(medians))


def measured(folder: Path, stack: LocalStack, database: Postgresql, rounds: int) -> dict[Case, Cost]:
    """Run each play in each round; return the medians."""
    inventory = folder / "hosts"
    inventory.write_text("\n".join(f"host-{number}" for number in range(plays.HOSTS)))
    ansible = {
        "ANSIBLE_COLLECTIONS_PATH": TREE.name,
        "ANSIBLE_ACTION_PLUGINS": str(ACTIONS),
        "ANSIBLE_FORKS": str(plays.FORKS),
        "HOME": str(folder),
    }
    near = {**os.environ, **ansible, **stack.environment}
    with far_away(stack.url, ROUND_TRIP) as far_url:
        at = {
            "near": near,
            "far": {**near, "OTS_URL": far_url},
            "postgresql": {**near, "OTS_LEDGER": database.new_database(), "OTS_LEDGER_KEY": KEY},
        }
        run(plays.EMPTY, 0, inventory, at, stack)  # which fills the caches
        found: dict[Case, list[Cost]] = {case: [] for case in plays.CASES}
        for turn in range(rounds):
            for case in plays.CASES:
                found[case].append(run(case, turn, inventory, at, stack))
    return {
        case: Cost(
            statistics.median(one.wall for one in all_),
            statistics.median(one.cpu for one in all_),
            max(one.requests for one in all_),
        )
        for case, all_ in found.items()
    }


def run(case: Case, turn: int, inventory: Path, at: Mapping[str, Mapping[str, str]], stack: LocalStack) -> Cost:
    playbook = inventory.with_name("play.yml")
    playbook.write_text(case.play(turn))
    program = Path(sys.executable).with_name("ansible-playbook")
    asked = stack.requests() if stack.log.exists() else 0
    began, before = time.monotonic(), getrusage(RUSAGE_CHILDREN)
    command = [str(program), "-i", str(inventory), str(playbook)]
    done = subprocess.run(command, env=at[case.at], check=False, capture_output=True, text=True)
    wall = time.monotonic() - began
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    after = getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, (stack.requests() if stack.log.exists() else 0) - asked)


def growth(folder: Path, database: Postgresql, records: int) -> list[Measure]:
    """How much dearer each operation is on a large ledger."""
    found = []
    title = f"ledger, {records:,} records against {FEW_RECORDS:,}, "
    for back_end in BACK_ENDS:
        with (
            filled(new_ledger(back_end, folder, lambda: database), FEW_RECORDS) as small,
            filled(new_ledger(back_end, folder, lambda: database), records) as large,
        ):
            few, many = costs(small, FEW_RECORDS), costs(large, records)
        found += [
            Measure(f"{title}{back_end}: {name}", many[name] / few[name], "times", MOST_GROWTH)
            for name in few
        ]  # fmt: skip
    return found


def trail_growth(folder: Path, database: Postgresql, events: int) -> list[Measure]:
    """How much dearer it is to add an event to a long trail, and to read the history of one name; how long a check takes."""
    found = []
    title = f"audit trail, {events:,} events against {FEW_RECORDS:,}, "
    for back_end in BACK_ENDS:
        with (
            trail.filled(new_ledger(back_end, folder, lambda: database), FEW_RECORDS) as small,
            trail.filled(new_ledger(back_end, folder, lambda: database), events) as large,
        ):
            few, many = trail.costs(small, FEW_RECORDS), trail.costs(large, events)
            found += [
                Measure(f"{title}{back_end}: {name}", many[name] / few[name], "times", MOST_GROWTH) for name in few
            ]
            event = (many[trail.WITH_EVENT] - many[trail.WITHOUT_EVENT]) * 1000
            found.append(Measure(f"the same: an event, above its record, {back_end}", event, "ms", MOST_FOR_AN_EVENT))
            seconds = trail.seconds_to_verify(large)
            found.append(Measure(f"the same: check all of it, {back_end}", seconds, "s", MOST_TO_VERIFY))
    return found


def picture(medians: Mapping[Case, Cost]) -> str:
    empty = medians[plays.EMPTY].wall
    create = {**plays.CREATE_SIZES, plays.NAMES: plays.CREATE_MANY}
    keep = {**plays.KEEP_SIZES, plays.NAMES: plays.KEEP_MANY}
    loops = {"ots_share in a loop creates": plays.CREATE, "ots_share in a loop keeps": plays.KEEP}
    series = {
        "ots_links creates": {size: medians[case].wall - empty for size, case in create.items()},
        "ots_links keeps": {size: medians[case].wall - empty for size, case in keep.items()},
        **{name: {plays.ITEMS: medians[case].wall - empty} for name, case in loops.items()},
    }
    at_least = 0.01  # what is less is noise
    shown = {name: {size: max(value, at_least) for size, value in line.items()} for name, line in series.items()}
    return plot("Seconds above an empty play, by number of names", shown)


def machine() -> str:
    cpus = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    load = os.getloadavg()[0]
    return (
        f"{cpus[0] if cpus else platform.machine()}, {len(cpus)} cores, Python {platform.python_version()}, "
        f"ansible-core {version('ansible-core')}, load {load:.1f}"
    )


def tell(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
