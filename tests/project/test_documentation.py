"""Documentation can be read and reviewed line by line: no line is longer than 120 characters, or it is one sentence."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.support import CHECKOUT

LONGEST = 120
GENERATED = ("CHANGELOG.md", "terraform/docs/")
LIST = subprocess.run(["git", "ls-files", "*.md"], cwd=CHECKOUT, text=True, capture_output=True, check=True)
FILES = [name for name in LIST.stdout.split() if not name.startswith(GENERATED)]
FENCE = re.compile(r"\s*```")
MARK = re.compile(r"\s*(?:(?:[-*]|\d+\.) +)?")  # of an item of a list
TWO_SENTENCES = re.compile(r"[a-z0-9)`*\"][.?!:]\)? +[A-Z*`\[(]")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines that are neither code nor rows of a table."""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            in_code = not in_code
        elif not in_code and not line.lstrip().startswith("|"):
            yield number, line


def too_long(line: str) -> bool:
    return len(line) > LONGEST and bool(TWO_SENTENCES.search(MARK.sub("", line, count=1)))


@pytest.mark.parametrize("name", FILES)
def test_a_line_is_short_or_one_sentence(name: str) -> None:
    text = (CHECKOUT / name).read_text()
    assert [f"{name}:{number}" for number, line in prose(text) if too_long(line)] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("One. Two. " * 13, True),
        ("One " * 31 + "end.", False),
        ("1. One " + "one " * 31 + "end.", False),
        ("One. Two.", False),
    ],
)
def test_the_check_notices_a_long_line_of_several_sentences(line: str, found: bool) -> None:
    assert too_long(line) is found
