"""Every link in the documentation leads somewhere: the file exists, and has the heading."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support import CHECKOUT

LIST = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, text=True, capture_output=True, check=True)
TRACKED = {CHECKOUT / name for name in LIST.stdout.splitlines()}
FOLDERS = {folder for file in TRACKED for folder in file.parents}
DOCUMENTS = sorted(file for file in TRACKED if file.suffix in (".md", ".rst") or file.name == "links.yml")
REPOSITORY = re.compile(r"https://github\.com/onetimesecret/ansible-collection-ots/(?:blob|tree)/main/")
CODE = re.compile(r"^(```|~~~).*?^\1|`[^`<\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|^(?:- )? *url: (\S+)$|<(https:[^>]+)>`_", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} (.*)$", re.MULTILINE)
ANCHOR = re.compile(r'<a id="([^"]+)">')


def links(text: str) -> Iterator[str]:
    for found in LINK.findall(CODE.sub("", text)):
        target = REPOSITORY.sub("/", "".join(found))
        if not target.startswith(("https:", "http:", "mailto:")):
            yield target


@cache
def anchors(document: Path) -> set[str]:
    """As GitHub makes them of headings."""
    text = document.read_text()
    headings = HEADING.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "") for heading in headings)
    made = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in plain]
    numbered = {name if (before := made[:at].count(name)) == 0 else f"{name}-{before}" for at, name in enumerate(made)}
    return numbered | set(ANCHOR.findall(text))


def broken(document: Path, text: str) -> list[str]:
    return [target for target in links(text) if not leads_somewhere(document, target)]


def leads_somewhere(document: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = CHECKOUT / path[1:] if path.startswith("/") else (document.parent / path).resolve() if path else document
    return file in TRACKED | FOLDERS and (not anchor or (file.suffix == ".md" and anchor in anchors(file)))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert broken(document, document.read_text()) == []


@pytest.mark.parametrize("index", ["docs/docsite/rst/guides.rst", "docs/docsite/index.md", "README.md"])
def test_every_guide_is_in_the_lists_of_guides(index: str) -> None:
    listed = (CHECKOUT / index).read_text()
    guides = [file for file in TRACKED if file.parent == CHECKOUT / "docs" and file.suffix == ".md"]
    assert len(guides) > 10
    assert [file.name for file in guides if f"docs/{file.stem}" not in listed] == []


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("[a](docs/security.md)", False),
        ("[a](docs/security.md#what-is-hidden)", False),
        ("[a](https://github.com/onetimesecret/ansible-collection-ots/tree/main/docs)", False),
        ("[a](https://docs.ansible.com/nowhere)", False),
        ("`[a](nowhere.md)`", False),
        ("[a](nowhere.md)", True),
        ("[a](docs/security.md#nowhere)", True),
        ("![a](nowhere.svg)", True),
        ("[a](https://github.com/onetimesecret/ansible-collection-ots/blob/main/nowhere.md)", True),
        ("  url: https://github.com/onetimesecret/ansible-collection-ots/blob/main/nowhere.md", True),
        ("* `a <https://github.com/onetimesecret/ansible-collection-ots/blob/main/nowhere.md>`__", True),
    ],
)
def test_the_check_notices_a_link_that_leads_nowhere(text: str, is_broken: bool) -> None:
    assert bool(broken(CHECKOUT / "README.md", text)) is is_broken
