"""Every example is applied as it stands, finds nothing to do afterwards, and is destroyed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import CHECKOUT
from tests.support.tenants import Tenant
from tests.support.terraform.workspace import PROGRAMS, PROVIDER, Workspace

pytestmark = pytest.mark.long

EXAMPLES = CHECKOUT / "terraform" / "examples"
FOLDERS = sorted({file.parent for file in EXAMPLES.rglob("*.tf")})
SECRET = "t0ken 'of' the example"


@pytest.fixture
def example(workspace: Workspace, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    """A copy of the example that the test is about, applied."""
    folder = EXAMPLES / request.param
    shutil.copytree(folder, workspace.folder, dirs_exist_ok=True)
    if not any("required_providers" in file.read_text() for file in folder.glob("*.tf")):
        (workspace.folder / "versions.tf").write_text(PROVIDER)
    variables = ("TF_VAR_password", "TF_VAR_token", "TF_VAR_license_key")
    workspace.environment = {
        **workspace.environment,
        **dict.fromkeys(variables, SECRET),
        "TF_VAR_set_password": 'printf %s "$NEW_PASSWORD" > set-password',
        "LICENSE_FILE": str(workspace.folder / "license"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_LOCAL_TEMP": str(workspace.folder / "tmp"),
    }
    workspace.init()
    workspace.apply()
    yield workspace
    workspace.done("destroy", "-auto-approve")


def applied(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", [name], indirect=True, ids=[name])


@pytest.mark.parametrize(
    "example",
    [str(folder.relative_to(EXAMPLES)) for folder in FOLDERS if "/" in str(folder.relative_to(EXAMPLES))]
    + ["provider"],
    indirect=True,
)
def test_the_documentation_s_examples(example: Workspace) -> None:
    assert example.plans_nothing()
    assert SECRET not in (example.folder / "terraform.tfstate").read_text()


@applied("database_password")
def test_database_password(example: Workspace, stack: Tenant) -> None:
    link = example.state()["onetimesecret_generated_link.app"]
    assert (example.folder / "set-password").read_text() == link["value"]
    assert stack.mailbox.mails()[-1]["To"] == "alice@example.com"
    assert example.plans_nothing()


@applied("vm_bootstrap_token")
def test_vm_bootstrap_token(example: Workspace) -> None:
    boot, token = example.folder / "boot.sh", example.folder / "token"
    boot.write_text(example.output("user_data"))
    first = subprocess.run(["sh", str(boot)], env={**os.environ, "TOKEN_FILE": str(token)}, check=False)
    assert first.returncode == 0
    assert json.loads(token.read_text())["value"] == SECRET
    again = subprocess.run(["sh", str(boot)], env={**os.environ, "TOKEN_FILE": str(token)}, check=False)
    assert again.returncode != 0
    example.apply()
    assert example.state()["onetimesecret_link.bootstrap"]["state"] == "received"
    assert SECRET not in (example.folder / "terraform.tfstate").read_text()


@applied("rotation")
def test_rotation(example: Workspace) -> None:
    first = example.state()["onetimesecret_link.alice"]
    assert example.plans_nothing()
    assert "1 added, 0 changed, 1 destroyed" in example.apply("-var", "rotation=2")
    assert example.state()["onetimesecret_link.alice"]["id"] != first["id"]


@applied("handover_to_ansible")
def test_handover_to_ansible(example: Workspace) -> None:
    assert (PROGRAMS / "ansible-playbook").exists()
    assert (example.folder / "license").read_text() == SECRET
    assert SECRET not in (example.folder / "terraform.tfstate").read_text()
    assert example.plans_nothing()


@pytest.mark.parametrize(
    ("readme", "outputs"),
    [(EXAMPLES.parent / "README.md", {"has_alice_read_it": False}), (EXAMPLES.parents[1] / "README.md", {})],
    ids=["own", "root"],
)
def test_the_readme_s_example(workspace: Workspace, readme: Path, outputs: dict[str, Any]) -> None:
    [example] = re.findall(r"```terraform\n(.*?)```", readme.read_text(), re.DOTALL)
    (workspace.folder / "main.tf").write_text(example)
    workspace.environment = {**workspace.environment, "TF_VAR_password": SECRET}
    workspace.init()
    workspace.apply()
    assert set(re.findall(r'output "(\w+)"', example)) >= set(outputs)
    assert {name: workspace.output(name) for name in outputs} == outputs
    assert workspace.plans_nothing()
    workspace.done("destroy", "-auto-approve")
