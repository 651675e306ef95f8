"""The command that people run: install, version, schema."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from terraform_provider_onetimesecret.installation import LAUNCHER
from terraform_provider_onetimesecret.onetime.version import VERSION
from terraform_provider_onetimesecret.transport.plugin import COOKIE

from tests.support.terraform.workspace import PROGRAMS, Workspace

PROGRAM = str(PROGRAMS / "terraform-provider-onetimesecret")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments], env={**os.environ, **environment}, text=True, capture_output=True, check=False
    )


def test_version() -> None:
    assert run("version").stdout == f"{VERSION}\n"


def test_schema_is_json() -> None:
    schema = json.loads(run("schema").stdout)
    assert schema["resource_schemas"]["onetimesecret_link"]["attributes"]["secret_wo"]["write_only"] is True


def test_install_writes_a_launcher_of_constant_bytes(tmp_path: Path) -> None:
    for home in ("one", "two"):
        done = run("install", HOME=str(tmp_path / home))
        assert done.returncode == 0
    one, two = sorted(tmp_path.rglob("terraform-provider-onetimesecret_v*"))
    assert one.read_bytes() == two.read_bytes() == LAUNCHER.encode()
    assert str(tmp_path) not in LAUNCHER
    assert stat.S_IMODE(one.stat().st_mode) == 0o755
    plugins = tmp_path / "one" / ".terraform.d" / "plugins"
    assert one.relative_to(plugins).parts[:4] == ("registry.terraform.io", "onetimesecret", "onetimesecret", VERSION)
    assert list(one.parent.iterdir()) == [one]  # anything else would spoil the lock file's hash


def test_install_again_changes_nothing(tmp_path: Path) -> None:
    for word in ("now", "already"):
        assert f"is {word} at {tmp_path}" in run("install", "--plugin-dir", str(tmp_path)).stdout
    [launcher] = (path for path in tmp_path.rglob("*") if path.is_file())
    assert hashlib.sha256(launcher.read_bytes()).digest() == hashlib.sha256(LAUNCHER.encode()).digest()


def test_install_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("install", "--plugin-dir", str(tmp_path / "file"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "give another --plugin-dir" in done.stderr


def test_install_warns_when_terraform_would_not_find_the_program(tmp_path: Path) -> None:
    done = run("install", "--plugin-dir", str(tmp_path), PATH="/usr/bin:/bin")
    assert done.returncode == 0
    assert f"is not on PATH, where Terraform must find it; add {PROGRAMS}" in done.stderr


def test_a_provider_that_is_not_on_path_is_an_error_that_says_so(workspace: Workspace, tmp_path: Path) -> None:
    workspace.write('data "onetimesecret_status" "service" {}')
    workspace.init()
    terraform = shutil.which(workspace.command[0])
    assert terraform is not None
    workspace.command[0] = terraform
    run = workspace.run("plan", "-no-color", PATH=str(tmp_path))
    assert run.exit_code == 1
    assert "Failed to load plugin schemas" in run.one_line


def test_a_launcher_of_another_version_is_an_error_that_terraform_shows(workspace: Workspace, tmp_path: Path) -> None:
    workspace.home = tmp_path / "home"
    assert run("install", HOME=str(workspace.home)).returncode == 0
    [launcher] = workspace.home.rglob("terraform-provider-onetimesecret_v*")
    launcher.write_text(LAUNCHER.replace(VERSION, "9.9.9"))
    workspace.write('data "onetimesecret_status" "service" {}')
    workspace.init()
    plan = workspace.run("plan", "-no-color")
    assert plan.exit_code == 1
    assert f"the launcher has version 9.9.9, but terraform-provider-onetimesecret on PATH is {VERSION}" in plan.one_line


@pytest.mark.parametrize("variable", ["PYTHONPATH", "PYTHONHOME"])
def test_what_other_programs_need_of_python_does_not_stop_the_provider(
    home: Path, tmp_path: Path, variable: str
) -> None:
    (tmp_path / "google.py").write_text("raise ImportError")
    [launcher] = home.rglob("terraform-provider-onetimesecret_v*")
    environment = {
        **os.environ,
        **dict([COOKIE]),
        variable: str(tmp_path),
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
    }
    with subprocess.Popen(
        launcher, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("1|6|unix|")
        process.stdout.close()


def test_the_lock_file_is_the_same_wherever_it_was_installed(workspace: Workspace, tmp_path: Path) -> None:
    workspace.write("")
    workspace.init()
    lock = (workspace.folder / ".terraform.lock.hcl").read_text()
    other = tmp_path / "other"
    assert run("install", HOME=str(other)).returncode == 0
    workspace.home = other
    shutil.rmtree(workspace.folder / ".terraform")
    workspace.done("init", "-lockfile=readonly")
    assert (workspace.folder / ".terraform.lock.hcl").read_text() == lock
