"""docs/features.md names tests: they are there, for every row, and every action and lookup has its row."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENT = (CHECKOUT / "docs" / "features.md").read_text()
ROWS = [line.split("|") for line in DOCUMENT.splitlines() if line.startswith("| ")][1:]


def test_every_row_names_tests_and_they_are_there() -> None:
    code = "\n".join(file.read_text() for file in (CHECKOUT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", code, re.MULTILINE))

    assert len(ROWS) > 20
    for row in ROWS:
        named = re.findall(r"`(test_\w+|make molecule)`", row[-2])
        assert named, row[1]
        assert set(named) - there <= {"make molecule"}


def test_nothing_is_left_out() -> None:
    for column, folder in ((2, "action"), (3, "lookup")):
        named = set(re.findall(r"`(ots_\w+)`", " ".join(row[column] for row in ROWS)))
        assert {file.stem for file in (CHECKOUT / "plugins" / folder).glob("ots_*.py")} <= named
    roles = {folder.name for folder in (CHECKOUT / "roles").iterdir()}
    assert roles <= set(re.findall(r"`(\w+)`", " ".join(row[4] for row in ROWS)))
