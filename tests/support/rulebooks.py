"""ansible-rulebook, as an operator starts it: a rulebook, an inventory, variables, and secrets in the environment."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 120  # seconds, for whatever is waited for
EVERY = 0.2  # seconds


def missing() -> str | None:
    """Say what is not there that rulebooks need, and how to get it."""
    if not Path(sys.executable).with_name("ansible-rulebook").exists():
        return "ansible-rulebook is not installed: run `make eda`"
    return (
        None
        if shutil.which("java")
        else "There is no Java, which ansible-rulebook needs: apt-get install openjdk-17-jre-headless"
    )


@dataclass
class Running:
    """A rulebook that runs. What it says is in `log`."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until the condition holds; fail where it does not in time, or the rulebook has ended."""
        end = time.monotonic() + LIMIT
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, f"no {what}\n{self.log.read_text()}"
            time.sleep(EVERY)

    def kill(self) -> None:
        """As a power cut does: with all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def rulebook(name: str, folder: Path, environment: dict[str, str], **variables: Any) -> Iterator[Running]:
    """Run a rulebook until the block ends; `variables` are localhost's, and the rulebook's as well."""
    folder.mkdir(exist_ok=True)
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory, settings, log = folder / "inventory.yml", folder / "settings.yml", folder / "log"
    inventory.write_text(json.dumps({"all": {"hosts": {"localhost": local}, "vars": variables}}))
    settings.write_text(json.dumps(variables))
    program = Path(sys.executable).with_name("ansible-rulebook")
    arguments = ["--rulebook", name, "--inventory", str(inventory), "--vars", str(settings), "-vv"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(program), *arguments],
            env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(folder), **environment},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Running(process, log)
    try:
        yield running
    finally:
        running.kill()
