"""docs/ is what the schema says, the examples are formatted, and the wheel is whole."""

from __future__ import annotations

import runpy
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from terraform_provider_onetimesecret import link_schema, settings
from terraform_provider_onetimesecret.link_schema import GENERATED_LINK, LINK
from terraform_provider_onetimesecret.onetime.options import CONNECTION, Option

from tests.support import CHECKOUT
from tests.support.terraform.workspace import PROGRAMS, terraform

FOLDER = CHECKOUT / "terraform"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    module: dict[str, Any] = runpy.run_path(str(FOLDER / "generate_docs.py"))
    made: dict[str, str] = module["pages"]()
    return made


def test_the_documentation_is_what_the_schema_says(pages: dict[str, str]) -> None:
    docs = FOLDER / "docs"
    there = {str(file.relative_to(docs)): file.read_text() for file in docs.rglob("*.md")}
    assert there == pages, "run terraform/generate_docs.py"


def test_each_option_of_the_table_has_a_description_and_nothing_else_has() -> None:
    of_links = [
        name for table in (LINK.options, GENERATED_LINK.options) for option in table for name in arguments(option)
    ]
    assert set(link_schema.DESCRIPTIONS) == set(of_links)
    assert {*settings.DESCRIPTIONS, *settings.NOT_OFFERED} == {"share_domain", *(option.name for option in CONNECTION)}
    assert not set(settings.DESCRIPTIONS) & set(settings.NOT_OFFERED)


def arguments(option: Option) -> list[str]:
    suffixes = ["", "_wo", "_wo_version"] if option.secret else [""]
    return [option.name + suffix for suffix in suffixes]


def test_that_a_generated_value_is_in_the_state_is_said_first(pages: dict[str, str]) -> None:
    page = pages["resources/generated_link.md"]
    assert page.index("**The value stays in the state.**") < page.index("## Example Usage")
    assert page.index("## Prefer a value that stays out of the state") < page.index("## Schema")


def test_the_examples_are_formatted() -> None:
    done = subprocess.run(
        [*terraform(), "fmt", "-check", "-recursive", str(FOLDER / "examples")],
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_wheel_brings_the_collections_client_along(tmp_path: Path) -> None:
    subprocess.run(
        [str(PROGRAMS / "hatchling"), "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=FOLDER,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read("terraform_provider_onetimesecret/onetime/client.py")
        assert any(name.endswith("licenses/LICENSES/MPL-2.0.txt") for name in archive.namelist())
    source = FOLDER.parent / "plugins" / "module_utils" / "onetime" / "client.py"
    assert packed == source.read_bytes()
