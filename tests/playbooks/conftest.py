from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack import LocalStack
from support.playbooks import Playbooks


@pytest.fixture
def stack(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LocalStack]:
    """The local server as its users run it, with an account and a mailbox."""
    with LocalStack(tmp_path / "stack", release=request.config.getoption("--release")) as running:
        yield running


@pytest.fixture
def playbooks(stack: LocalStack, tmp_path: Path, collections_path: str) -> Playbooks:
    """Runs playbooks against that server."""
    folder = tmp_path / "controller"
    folder.mkdir()
    return Playbooks(folder, collections_path, stack.environment)
