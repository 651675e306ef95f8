"""Run real playbooks with the real ansible-playbook."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.programs import RUN_LIMIT, output_of

ACTIONS = Path(__file__).with_name("ansible_plugins") / "action"
RECAP = re.compile(r"^\S+\s+: .*changed=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What a run of a playbook printed, and how it ended."""

    exit_code: int
    output: str

    @property
    def changed(self) -> int:
        """How many tasks changed something, on all hosts."""
        return sum(map(int, RECAP.findall(self.output)))

    @property
    def one_line(self) -> str:
        """The output without line breaks, which core puts into long messages."""
        return " ".join(self.output.split())


@dataclass
class Playbooks:
    """Runs playbooks in a folder of their own, against one server and ledger given as environment."""

    folder: Path
    collections_path: str
    environment: dict[str, str]
    hosts: int = 1
    empty: tuple[str, ...] = ()  # variables of the environment that are set and empty

    def run(self, tasks: list[dict[str, Any]] | Path, *arguments: str, **environment: str) -> Run:
        """Run tasks on all hosts, or a playbook; `environment` comes on top of the usual one, "" takes out."""
        with self.start(tasks, *arguments, **environment) as process:
            output = output_of(process)
        return Run(process.returncode, output)

    def start(self, tasks: list[dict[str, Any]] | Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the same and do not wait for it."""
        playbook = tasks if isinstance(tasks, Path) else self._playbook(tasks)
        inventory = [] if "-i" in arguments else ["-i", str(self._inventory())]
        program = Path(sys.executable).with_name("ansible-playbook")
        return subprocess.Popen(
            [str(program), *inventory, str(playbook), *arguments],
            env=self._environment(environment),
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def registered(self, name: str = "result") -> Any:
        """Return what `save(name)` has written."""
        return json.loads((self.folder / f"{name}.json").read_text())

    def save(self, expression: str, name: str = "result") -> dict[str, Any]:
        """A task that writes the value of an expression where `registered` reads it."""
        content = "{{ (" + expression + ") | to_json }}"
        return {"save": {"content": content, "dest": str(self.folder / f"{name}.json")}, "no_log": True}

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        usual = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": self.collections_path,
            "ANSIBLE_ACTION_PLUGINS": str(ACTIONS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "HOME": str(self.folder),
            **self.environment,
            **more,
        }
        return {name: value for name, value in usual.items() if value} | dict.fromkeys(self.empty, "")

    def _playbook(self, tasks: list[dict[str, Any]]) -> Path:
        path = self.folder / "playbook.yml"
        path.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}], allow_unicode=True))
        return path

    def _inventory(self) -> Path:
        path = self.folder / "inventory.yml"
        hosts = {f"host{number}": None for number in range(1, self.hosts + 1)}
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        path.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": local}}))
        return path


def kill_all(process: subprocess.Popen[str], playbooks: Playbooks) -> None:
    """Kill a playbook and all its workers, as a power cut does. Workers are in sessions of their own, so found by their folder."""
    mark = f"ANSIBLE_LOCAL_TEMP={playbooks.folder / 'tmp'}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in environment.read_bytes().split(b"\0"):
                os.kill(int(environment.parent.name), signal.SIGKILL)
    process.wait(RUN_LIMIT)
