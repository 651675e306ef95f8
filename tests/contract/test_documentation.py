"""docs/v1-contract.md names tests and sections: they are there."""

from __future__ import annotations

import re

from tests.support import CHECKOUT

DOCUMENT = (CHECKOUT / "docs" / "v1-contract.md").read_text()
TESTS = "\n".join(file.read_text() for file in (CHECKOUT / "tests").rglob("test_*.py"))
CODE = "\n".join(file.read_text() for folder in ("plugins", "server/src") for file in (CHECKOUT / folder).rglob("*.py"))


def test_every_named_test_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT))

    assert len(named) > 40
    assert sorted(named - set(re.findall(r"^def (test_\w+)", TESTS, re.MULTILINE))) == []


def test_every_cited_section_exists() -> None:
    cited = set(re.findall(r"contract §(\d+)", CODE)) | set(re.findall(r"§(\d+)", DOCUMENT))

    assert cited
    assert cited <= set(re.findall(r"^## (\d+)\. ", DOCUMENT, re.MULTILINE))


def test_every_endpoint_row_of_the_table_names_a_test() -> None:
    table = DOCUMENT.partition("# Documented, real, ours")[2].partition("\n# ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]

    assert len(rows) > 25
    assert [row for row in rows if "`test_" not in row.split("|")[-2]] == []
