"""What a new option of every link takes: a handful of files, those that CONTRIBUTING names, and nothing is sent twice for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import CHECKOUT

MOST_FILES = 8

# By file: what stands there today, and the new option's part, which comes right behind it.
BY_HAND = {
    "plugins/module_utils/onetime/options.py": (
        '    Option("recipient", check=check_recipient, content=True),\n',
        '    Option("colour", check=str, content=True),\n',
    ),
    "plugins/module_utils/onetime/inputs.py": (
        "    recipient: Annotated[str | None, BeforeValidator(_given(check_recipient))] = None\n",
        "    colour: str | None = None\n",
    ),
    "plugins/doc_fragments/link.py": (
        '    DOCUMENTATION = r"""\noptions:\n',
        "  colour:\n    description: [Colour of the link., Changing it replaces the link.]\n    type: str\n",
    ),
    "plugins/modules/ots_links.py": (
        "    suboptions:\n",
        "      colour:\n        description: Colour of the link.\n        type: str\n",
    ),
    "terraform/src/terraform_provider_onetimesecret/link_schema.py": (
        "DESCRIPTIONS = {\n",
        '    "colour": "Colour of the link. Changing it replaces the link.",\n',
    ),
    "changelogs/fragments/colour.yml": ("", "---\nminor_changes:\n  - All links - the new option O(colour).\n"),
}
GENERATED = ("terraform/docs/resources/link.md", "terraform/docs/resources/generated_link.md")

TESTS = (
    "tests/unit/adapter/test_documentation.py",
    "tests/unit/adapter/test_kinds.py",
    "tests/unit/onetime/test_inputs.py",
    "tests/unit/ledger/test_earlier_ledgers.py",
    "tests/terraform/provider/test_documentation.py",
    "tests/terraform/provider/test_plan.py",
)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which every link has a colour."""
    copy = tmp_path_factory.mktemp("new option") / "checkout"
    shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"), symlinks=True)
    for name, (today, new) in BY_HAND.items():
        path = copy / name
        text = path.read_text() if path.exists() else ""
        assert text.count(today) == 1 or not text, f"{name} looks otherwise now"
        path.write_text(text.replace(today, today + new) if text else new)
    run(copy, "terraform/generate_docs.py")
    return copy


def run(checkout: Path, *command: str) -> str:
    places = [checkout / "terraform" / "src", checkout / "server" / "src", checkout / "tools"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))}
    finished = subprocess.run(
        [sys.executable, *command], cwd=checkout, env=environment, text=True, capture_output=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_a_new_option_takes_no_more_than_eight_files(changed: Path) -> None:
    files = [
        path.relative_to(changed)
        for path in changed.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".pytest_cache" not in path.parts
    ]
    differing = {
        str(file)
        for file in files
        if not (CHECKOUT / file).exists() or (CHECKOUT / file).read_bytes() != (changed / file).read_bytes()
    }

    assert differing == {*BY_HAND, *GENERATED}
    assert len(differing) <= MOST_FILES


def test_contributing_names_them() -> None:
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    section = text[text.index("## Add an option") :].split("\n## ")[0]

    for name in BY_HAND:
        assert re.sub(r"[^/]+\.yml$", "", name) in section
    assert "terraform/generate_docs.py" in section


@pytest.mark.long
def test_documentation_ledgers_and_provider_take_it(changed: Path) -> None:
    run(changed, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)
