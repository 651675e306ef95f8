"""The definition of the execution environment: ansible-builder takes it, and what it names is pinned or the collection's own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.support import CHECKOUT

DEFINITION = CHECKOUT / "execution-environment.yml"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """The build context that ansible-builder makes, by a process that reaches loopback only."""
    folder = tmp_path / "context"
    builder = Path(sys.executable).with_name("ansible-builder")
    command = [builder, "create", "-f", DEFINITION, "-c", folder, "--output-filename", "Containerfile"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_builder_makes_a_context_with_everything_pinned(context: Path) -> None:
    arguments = dict(re.findall(r'^ARG (\w+)="(.+)"$', (context / "Containerfile").read_text(), re.MULTILINE))

    assert re.fullmatch(r"[\w/.-]+:[\w.-]+@sha256:[0-9a-f]{64}", arguments["EE_BASE_IMAGE"])
    assert [name for name in arguments["ANSIBLE_INSTALL_REFS"].split() if "==" not in name] == []
    assert arguments["PKGMGR"] == "/usr/bin/microdnf"


def test_the_image_holds_this_collection_and_no_other(context: Path) -> None:
    collections = yaml.safe_load((context / "_build" / "requirements.yml").read_text())["collections"]
    version = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["version"]

    assert [collection["name"] for collection in collections] == ["onetimesecret.ots"]
    assert Requirement(f"ots{collections[0]['version']}").specifier.contains(version)


def test_the_builder_finds_what_the_controller_needs(context: Path, collections_path: str, tmp_path: Path) -> None:
    script, found = context / "_build" / "scripts" / "introspect.py", tmp_path / "requirements.txt"
    subprocess.run([sys.executable, script, "introspect", collections_path, "--write-pip", found], check=True)
    on_controller = requirements(CHECKOUT / "requirements.txt")

    assert requirements(found) == on_controller | {"psycopg[binary]>=3.2"}


def requirements(file: Path) -> set[str]:
    lines = (line.split("#")[0].strip() for line in file.read_text().splitlines())
    return {str(Requirement(line)) for line in lines if line}
