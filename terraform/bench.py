"""Measure what the provider costs, beside Terraform's built-in terraform_data, in one run and in turns.

python terraform/bench.py [ROUNDS] [FOLDER…]

Each FOLDER holds an initialised configuration of another provider with one resource, whose plan is measured along.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from local_stack import LocalStack

BUILT_IN = 'resource "terraform_data" "x" {\n  count = COUNT\n  input = "s3cret"\n}\n'
OURS = """terraform {
  required_providers {
    onetimesecret = { source = "onetimesecret/onetimesecret" }
  }
}
resource "onetimesecret_link" "x" {
  count  = COUNT
  secret = "s3cret"
}
"""
PARALLEL = "-parallelism=30"


def main() -> None:
    """Print the medians, in milliseconds, and their ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    others = [Path(folder) for folder in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder) / "stack") as stack:
        home = Path(folder)
        programs = Path(sys.executable).parent
        usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {
            **usual,
            **stack.environment,
            "HOME": folder,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "CHECKPOINT_DISABLE": "1",
        }

        def terraform(workspace: Path, *arguments: str) -> None:
            command = ["terraform", *arguments, "-no-color"]
            subprocess.run(command, cwd=workspace, env=environment, check=True, stdout=subprocess.DEVNULL)

        def workspace(name: str, configuration: str, count: int) -> Path:
            made = home / f"{name}-{count}"
            made.mkdir()
            (made / "main.tf").write_text(configuration.replace("COUNT", str(count)))
            terraform(made, "init")
            return made

        def apply_and_destroy(place: Path) -> None:
            terraform(place, "apply", "-auto-approve", PARALLEL)
            terraform(place, "destroy", "-auto-approve", PARALLEL)

        install = [str(programs / "terraform-provider-onetimesecret"), "install"]
        subprocess.run(install, env=environment, check=True, stdout=sys.stderr)
        for count in (1, 100):
            places = [workspace("built-in", BUILT_IN, count), workspace("onetimesecret", OURS, count)]
            planned = places + (others if count == 1 else [])
            compare(f"plan of {count}", planned, lambda place: terraform(place, "plan", PARALLEL), rounds)
            for place in places:
                terraform(place, "apply", "-auto-approve", PARALLEL)
            compare(
                f"plan of {count} without changes", places, lambda place: terraform(place, "plan", PARALLEL), rounds
            )
            for place in places:
                terraform(place, "destroy", "-auto-approve", PARALLEL)
            compare(f"apply and destroy of {count}", places, apply_and_destroy, max(3, rounds // 3))


def compare(title: str, places: list[Path], run: Callable[[Path], object], rounds: int) -> None:
    """Run the same in each place in turns, and print what it took."""
    times: dict[Path, list[float]] = {place: [] for place in places}
    for _ in range(rounds):
        for place in places:
            begin = time.perf_counter()
            run(place)
            times[place].append((time.perf_counter() - begin) * 1000)
    base = statistics.median(times[places[0]])
    for place, taken in times.items():
        median = statistics.median(taken)
        sys.stdout.write(
            f"{title:28} {place.name:18} {median:7.0f} ms, at best {min(taken):7.0f} ms, {median / base:5.1f} times\n"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
