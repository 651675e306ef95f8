"""A job as AWX runs it: ansible-runner, a fresh private data directory, injected credentials, an inventory script."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.support import CHECKOUT

# Root can see to it that a job writes nowhere but into its own directory.
CONFINED = ["unshare", "--mount", "sh", "-euc", 'mount --bind "$0" "$0"; mount -o remount,bind,ro /; exec "$@"']
JOB_LIMIT = 180  # seconds


class _Loader(yaml.SafeLoader):
    """Reads `!unsafe` as the text that it is."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))  # type: ignore[no-untyped-call]


@cache
def data(name: str) -> Any:
    """Return one of the data files for AWX."""
    return yaml.load((CHECKOUT / "playbooks" / "awx" / f"{name}.yml").read_text(), _Loader)[f"awx_{name}"]


@dataclass(frozen=True)
class Finished:
    """What is left of a job."""

    exit_code: int
    output: str
    events: list[dict[str, Any]]
    files: Mapping[str, bytes]  # what runner wrote as artefacts

    @property
    def artefacts(self) -> dict[str, Any]:
        """What set_stats kept, as AWX shows it."""
        stats = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(stats[-1].get("artifact_data", {})) if stats else {}

    @property
    def changed(self) -> int:
        stats = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return sum(stats[-1]["changed"].values()) if stats else 0

    def places_of(self, secret: str) -> list[str]:
        """Where a secret is in what is kept, plain or as JSON has it."""
        forms = {form.encode() for form in (secret, json.dumps(secret)[1:-1])}
        kept = {"output": self.output.encode(), **self.files}
        return [name for name, content in kept.items() if any(form in content for form in forms)]


def inject(credentials: Mapping[str, Mapping[str, str]], folder: Path) -> dict[str, str]:
    """Render the injectors of the credential types as AWX does; returns the environment, and writes files into the folder."""
    environment = ImmutableSandboxedEnvironment()
    variables: dict[str, str] = {}
    for credential_type in data("credential_types"):
        fields = {field["id"]: "" for field in credential_type["inputs"]["fields"]}
        fields |= credentials[credential_type["name"]]
        injectors, filenames = credential_type["injectors"], {}
        for label, template in injectors.get("file", {}).items():
            file = folder / f"tmp{uuid4().hex}"
            file.touch(mode=0o600)
            file.write_text(environment.from_string(template).render(**fields))
            filenames[label.removeprefix("template.")] = str(file)
        for name, template in injectors["env"].items():
            variables[name] = environment.from_string(template).render(**fields, tower={"filename": filenames})
    return variables


@contextmanager
def private_data_directory(
    credentials: Mapping[str, Mapping[str, str]], survey: Mapping[str, Any], collections_path: str
) -> Iterator[Path]:
    """Build what AWX builds for one job, and throw it away afterwards."""
    with tempfile.TemporaryDirectory(prefix="awx_", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for part in ("env", "inventory", "project", "artifacts", "cp", "home"):
            (folder / part).mkdir()
        shutil.copytree(CHECKOUT / "playbooks", folder / "project" / "playbooks")
        environment = {
            **inject(credentials, folder / "env"),
            "ANSIBLE_COLLECTIONS_PATH": collections_path,
            "ANSIBLE_FORCE_COLOR": "False",
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "HOME": str(folder / "home"),
        }
        settings = {"suppress_env_files": True, "suppress_output_file": True, "job_timeout": JOB_LIMIT}
        extra = {**survey, "awx_job_id": 1, "awx_user_name": "admin", "tower_job_id": 1}
        for file, content in (("envvars", environment), ("settings", settings), ("extravars", extra)):
            (folder / "env" / file).write_text(json.dumps(content))
        script = folder / "inventory" / "hosts"
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"all": {"hosts": ["localhost"]}, "_meta": {"hostvars": {"localhost": local}}}
        script.write_text(f"#!{sys.executable}\nprint('''{json.dumps(inventory)}''')\n")
        script.chmod(0o700)
        yield folder


def run_job(
    playbook: str, survey: Mapping[str, Any], credentials: Mapping[str, Mapping[str, str]], collections_path: str
) -> Finished:
    """Run one job in a directory of its own, where root runs it with nothing else to write to."""
    with private_data_directory(credentials, survey, collections_path) as folder:
        runner = Path(sys.executable).with_name("ansible-runner")
        command = [runner, "run", folder, "--ident", "1", "-p", playbook, "-vvvv", "--json"]
        environment = {
            "PATH": f"{runner.parent}:/usr/bin:/bin:/usr/sbin",
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "home"),
            "PYTHONPATH": os.environ["PYTHONPATH"],
            "LANG": "C.UTF-8",
        }
        done = subprocess.run(
            [*CONFINED, folder, *command] if os.geteuid() == 0 else command,
            cwd=folder / "project",
            env=environment,
            capture_output=True,
            text=True,
            timeout=JOB_LIMIT,
            check=False,
        )
        artefacts = folder / "artifacts"
        files = {str(path.relative_to(artefacts)): path.read_bytes() for path in artefacts.rglob("*") if path.is_file()}
        files["1/command"] = _as_shown(files["1/command"])
        events = [
            json.loads(content) for name, content in files.items() if "/job_events/" in name and name.endswith(".json")
        ]
        return Finished(
            done.returncode, done.stdout + done.stderr, sorted(events, key=lambda event: event["counter"]), files
        )


def _as_shown(command: bytes) -> bytes:
    """Mask the environment as AWX does before it keeps and shows it (build_safe_env in awx/main/utils/common.py)."""
    document = json.loads(command)
    for name, value in document["env"].items():
        if re.search("API|TOKEN|KEY|SECRET|PASS", name, re.IGNORECASE) or re.match(r"^.*?://[^:]+:(.*?)@.*?$", value):
            document["env"][name] = "**********"
    return json.dumps(document).encode()
