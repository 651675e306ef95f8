from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace import PROGRAMS, Workspace

from local_stack import LocalStack


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder in which the provider is installed."""
    folder = tmp_path_factory.mktemp("home")
    plugins = folder / ".terraform.d" / "plugins"
    subprocess.run(
        [PROGRAMS / "terraform-provider-onetimesecret", "install", "--plugin-dir", plugins],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[LocalStack]:
    """The local server as its users run it, with an account and a mailbox."""
    folder = tmp_path_factory.mktemp("stack")
    with LocalStack(folder, release=request.config.getoption("--release")) as running:
        yield running


@pytest.fixture
def workspace(home: Path, tmp_path: Path, stack: LocalStack) -> Workspace:
    """A workspace for that server."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return Workspace(folder, home, stack.environment)
