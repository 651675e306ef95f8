from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from terraform_provider_onetimesecret.installation import PROGRAM

from local_stack import LocalStack
from tests.support.tenants import Tenant
from tests.support.terraform.workspace import PROGRAMS, Workspace


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder in which the provider is installed."""
    folder = tmp_path_factory.mktemp("home")
    plugins = folder / ".terraform.d" / "plugins"
    subprocess.run(
        [PROGRAMS / PROGRAM, "install", "--plugin-dir", plugins],
        check=True,
        capture_output=True,
    )
    # The launcher drops PYTHONPATH, by which all that tests start stays on loopback: give it again behind the launcher.
    program = folder / "bin" / PROGRAM
    program.parent.mkdir()
    real = shlex.quote(str(PROGRAMS / PROGRAM))
    program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(os.environ["PYTHONPATH"])} exec {real} "$@"\n')
    program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, shared_server: LocalStack) -> Tenant:
    """An account of the module's own on the local server."""
    return Tenant(shared_server, tmp_path_factory.mktemp("stack") / "tenant")


@pytest.fixture
def workspace(home: Path, tmp_path: Path, stack: Tenant) -> Workspace:
    """A workspace for that server."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return Workspace(folder, home, stack.environment)
