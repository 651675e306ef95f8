"""Without requests and pydantic everything can be imported, and what needs them says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ansible_collections.onetimesecret.ots.plugins.module_utils.onetime as package

NAME = package.__name__
MODULES = sorted(path.stem for path in Path(package.__path__[0]).glob("*.py") if path.stem != "__init__")

BLOCK = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Block())
"""


def run(code: str, blocked: tuple[str, ...]) -> str:
    """What a fresh Python without the BLOCKED packages prints when it runs CODE."""
    tree = str(Path(package.__path__[0]).parents[5])
    done = subprocess.run(
        [sys.executable, "-c", BLOCK.format(blocked=blocked) + code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], tree])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("blocked", [("requests",), ("pydantic",), ("requests", "pydantic", "urllib3")])
def test_every_module_can_be_imported(blocked: tuple[str, ...]) -> None:
    run("\n".join(f"import {NAME}.{module}" for module in MODULES), blocked)


@pytest.mark.parametrize("blocked", ["requests", "pydantic"])
def test_what_needs_them_says_what_to_install(blocked: str) -> None:
    out = run(
        f"""
from {NAME}.address import Address
from {NAME}.client import Client
from {NAME}.credentials import Credentials
from {NAME}.errors import MissingLibrary
from {NAME}.inputs import ShareRequest
for use in (
    lambda: Client(Address.of(region="eu")),
    lambda: ShareRequest(secret="x"),
    lambda: Credentials.of("me@example.com", "t0ken"),
):
    try:
        use()
    except MissingLibrary as error:
        print(error)
""",
        (blocked,),
    )
    lines = out.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert f"package {blocked} is missing" in line
        assert "pip install" in line


def test_the_light_modules_load_nothing_heavy() -> None:
    """Lookups that find their answer in the ledger import these only."""
    light = ("address", "checks", "durations", "errors", "refusals", "retries", "state", "version")
    imports = "\n".join(f"import {NAME}.{module}" for module in light)
    run(imports + "\nassert not {'requests', 'pydantic', 'urllib3', 'ssl', 'ansible'} & set(sys.modules)", ())


def test_ansible_is_not_imported() -> None:
    imports = "\n".join(f"import {NAME}.{module}" for module in MODULES)
    run(imports + "\nassert 'ansible' not in sys.modules", ())
