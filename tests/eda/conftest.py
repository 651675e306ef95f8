"""Playbooks beside rulebooks, against one server and ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant


@pytest.fixture
def playbooks(stack: Tenant, tmp_path: Path, collections_path: str) -> Playbooks:
    folder = tmp_path / "controller"
    folder.mkdir()
    return Playbooks(folder, collections_path, stack.environment)
