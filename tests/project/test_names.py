"""No variable is called `_` in what is shipped: ansible-test's pylint forbids it, and comes late."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from tests.support import CHECKOUT

LIST = subprocess.run(
    ["git", "ls-files", "plugins/*.py", "server/*.py"], cwd=CHECKOUT, text=True, capture_output=True, check=True
)


@pytest.mark.parametrize("name", LIST.stdout.split())
def test_what_is_thrown_away_has_a_name(name: str) -> None:
    tree = ast.parse((CHECKOUT / Path(name)).read_text())
    stored = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    assert [node.lineno for node in stored if node.id == "_"] == []
