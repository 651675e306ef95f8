"""Measure what credentials cost a playbook, beside the same playbook with core's set_fact, in one run and in turns.

Usage: bench.py [ROUNDS]. Server, ledgers and ansible-playbook are the real ones, all on this machine. CPU is the controller's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# isort: off
import conftest  # makes tools/ and tests/ importable, and keeps everything on loopback

from local_stack import LocalStack
from support.postgresql import postgresql
from support.world import KEY
# isort: on

HOSTS, ITEMS, FORKS = 50, 100, 5
LOOP = f"loop: '{{{{ range({ITEMS}) | list }}}}'"
TERMS = f"range({ITEMS}) | map('regex_replace', '^', 'ROUND/item-')"
SET_FACT = "ansible.builtin.set_fact: {fact: s3cret}"
GENERATE = "onetimesecret.ots.ots_generate: {name: 'ROUND/NAME'}, no_log: true"
FOR_HOST = GENERATE.replace("NAME", "{{ inventory_hostname }}")
FOR_ITEM = GENERATE.replace("NAME", "item-{{ item }}")


@dataclass(frozen=True)
class Case:
    """A play that hands out `credentials`, and the one of core's that it stands beside. ROUND in `task` is the round."""

    title: str
    hosts: str
    task: str
    credentials: int
    base: Case | None = None

    def play(self, turn: int) -> str:
        return f"- {{hosts: {self.hosts}, gather_facts: false, tasks: [{{{self.task.replace('ROUND', f'round-{turn}')}}}]}}"


def of_terms(expression: str) -> str:
    return f"""ansible.builtin.set_fact: {{fact: "{{{{ {expression} }}}}"}}, no_log: true"""


CORE_HOSTS = Case(f"set_fact, {HOSTS} hosts", "all", SET_FACT, HOSTS)
CORE_ITEMS = Case(f"set_fact, {ITEMS} items", "localhost", f"{SET_FACT}, {LOOP}", ITEMS)
CORE_TERMS = Case(f"set_fact, {ITEMS} terms", "localhost", of_terms(f"query('ansible.builtin.items', {TERMS})"), ITEMS)
KEPT_TERMS = of_terms(f"query('onetimesecret.ots.ots_generate', *({TERMS}))")
CASES = [
    CORE_HOSTS,
    Case(f"ots_generate creates, {HOSTS} hosts", "all", FOR_HOST, HOSTS, CORE_HOSTS),
    Case(f"ots_generate keeps, {HOSTS} hosts", "all", FOR_HOST, HOSTS, CORE_HOSTS),
    CORE_ITEMS,
    Case(f"ots_generate creates, {ITEMS} items", "localhost", f"{FOR_ITEM}, {LOOP}", ITEMS, CORE_ITEMS),
    Case(f"ots_generate keeps, {ITEMS} items", "localhost", f"{FOR_ITEM}, {LOOP}", ITEMS, CORE_ITEMS),
    CORE_TERMS,
    Case(f"lookup keeps, {ITEMS} terms", "localhost", KEPT_TERMS, ITEMS, CORE_TERMS),
]


@dataclass(frozen=True)
class Cost:
    wall: float  # seconds
    cpu: float  # seconds


def main() -> None:
    """Print the medians of each case on each ledger."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder, postgresql() as database, LocalStack(Path(folder) / "stack") as stack:
        ledgers = {"sqlite": {}, "postgresql": {"OTS_LEDGER": database.new_database(), "OTS_LEDGER_KEY": KEY}}
        inventory = Path(folder) / "hosts"
        inventory.write_text("\n".join(f"host-{number}" for number in range(HOSTS)))
        for title, settings in ledgers.items():
            ansible = {"ANSIBLE_COLLECTIONS_PATH": conftest.TREE.name, "ANSIBLE_FORKS": str(FORKS), "HOME": folder}
            environment = {**os.environ, **ansible, **stack.environment, **settings}
            costs: dict[Case, list[Cost]] = {case: [] for case in CASES}
            for turn in range(rounds):
                for case in CASES:
                    costs[case].append(run(case.play(turn), inventory, environment))
            tell(title, costs)


def run(play: str, inventory: Path, environment: Mapping[str, str]) -> Cost:
    playbook = inventory.with_name("play.yml")
    playbook.write_text(play)
    program = Path(sys.executable).with_name("ansible-playbook")
    began, before = time.monotonic(), getrusage(RUSAGE_CHILDREN)
    command = [str(program), "-i", str(inventory), str(playbook)]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    after = getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.monotonic() - began, cpu)


def tell(ledger: str, costs: Mapping[Case, list[Cost]]) -> None:
    medians = {
        case: Cost(statistics.median(cost.wall for cost in all_), statistics.median(cost.cpu for cost in all_))
        for case, all_ in costs.items()
    }
    for case, cost in medians.items():
        line = f"{ledger:11} {case.title:32} {cost.wall:6.1f} s, {cost.cpu:6.1f} s of CPU"
        if case.base:
            base = medians[case.base]
            each = (cost.cpu - base.cpu) / case.credentials * 1000
            line += f", {cost.cpu / base.cpu:4.1f} times set_fact's, {each:4.0f} ms of CPU more for each"
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
