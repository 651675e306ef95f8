"""The role terraform_provider installs the provider on a host, and changes nothing the second time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from terraform_provider_onetimesecret.installation import LAUNCHER

from tests.support import CHECKOUT
from tests.support.playbooks import Playbooks
from tests.support.terraform.workspace import PROGRAMS

pytestmark = pytest.mark.long

FOLDER = CHECKOUT / "terraform"


def test_the_role_installs_the_provider_once(tmp_path: Path, collections_path: str) -> None:
    wheels = tmp_path / "wheels"
    build = [str(PROGRAMS / "hatchling"), "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(build, cwd=FOLDER, check=True, capture_output=True)
    [wheel] = wheels.glob("*.whl")
    programs, plugins = tmp_path / "bin", tmp_path / "plugins"
    programs.mkdir()
    python = tmp_path / "python"  # core's module pip cuts a path at its blanks, and a checkout may have one
    python.symlink_to(sys.executable)
    variables = {
        "terraform_provider_package": str(wheel),
        "terraform_provider_pip_arguments": "--no-index --no-deps",
        "terraform_provider_python": str(python),
        "terraform_provider_venv": str(tmp_path / "environment"),
        "terraform_provider_bin_dir": str(programs),
        "terraform_provider_plugin_dir": str(plugins),
    }
    play = {"hosts": "all", "gather_facts": False, "roles": [{"role": "onetimesecret.ots.terraform_provider"}]}
    playbook = tmp_path / "site.yml"
    playbook.write_text(yaml.safe_dump([{**play, "vars": variables}]))
    playbooks = Playbooks(tmp_path, collections_path, {})

    checked = playbooks.run(playbook, "--check")
    assert (checked.exit_code, list(programs.iterdir())) == (0, []), checked.output
    first = playbooks.run(playbook)
    assert (first.exit_code, first.changed) == (0, 3), first.output
    second = playbooks.run(playbook)
    assert (second.exit_code, second.changed) == (0, 0), second.output

    [launcher] = plugins.rglob("terraform-provider-onetimesecret_v*")
    assert launcher.read_text() == LAUNCHER
    found = shutil.which("terraform-provider-onetimesecret", path=f"{programs}{os.pathsep}/usr/bin")
    assert found is not None
    assert subprocess.run([found, "version"], check=True, capture_output=True).stdout


def test_the_role_names_what_it_misses(tmp_path: Path, collections_path: str) -> None:
    playbook = tmp_path / "site.yml"
    roles = [{"role": "onetimesecret.ots.terraform_provider"}]
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "roles": roles}]))
    run = Playbooks(tmp_path, collections_path, {}).run(playbook)
    assert run.exit_code != 0
    assert "terraform_provider_package" in run.output
