# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/features.md names tests: each form of each capability is really used by one of them, and nothing is left out."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.support import CHECKOUT

DOCUMENT = (CHECKOUT / "docs" / "features.md").read_text()
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in DOCUMENT.splitlines() if line.startswith("| ")][1:]
CAPABILITY, ACTION, LOOKUP, ROLE, TERRAFORM, SHOWN = range(6)
BY_MOLECULE = "make molecule"
EVALUATED = re.compile(r"(lookup\(['\"]|\| |\bis )onetimesecret\.ots\.")


@dataclass(frozen=True)
class OneTest:
    """A test, with all of its file that it refers to."""

    file: Path
    source: str

    def uses(self, column: int, word: str) -> bool:
        """Whether what it does is that of a column, and names the word."""
        is_terraform = "terraform" in self.file.relative_to(CHECKOUT / "tests").parts
        found = re.search(rf"\b{re.escape(word)}(?!\w)", self.source)
        if column == LOOKUP:
            return bool(found) and bool(EVALUATED.search(self.source))
        if column == ROLE:
            return bool(found) and "onetimesecret.ots." in self.source
        return bool(found) and is_terraform is (column == TERRAFORM)


@cache
def all_tests() -> dict[str, list[OneTest]]:
    """All tests by their names; several files may have one of the same name."""
    found: dict[str, list[OneTest]] = {}
    for file in (CHECKOUT / "tests").rglob("test_*.py"):
        named = definitions(file)
        for name in named:
            if name.startswith("test_"):
                source = "\n".join(ast.unparse(node) for node in reached(name, named))
                found.setdefault(name, []).append(OneTest(file, source))
    return found


def definitions(file: Path) -> dict[str, ast.AST]:
    """What a file defines, by name."""
    found: dict[str, ast.AST] = {}
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return found


def reached(name: str, named: dict[str, ast.AST]) -> list[ast.AST]:
    """The definition of a name, and those that it refers to."""
    seen: dict[str, ast.AST] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in named and one not in seen:
            seen[one] = named[one]
            for node in ast.walk(named[one]):
                waiting += [node.id] if isinstance(node, ast.Name) else [node.arg] if isinstance(node, ast.arg) else []
    return list(seen.values())


def named_by(row: list[str]) -> list[str]:
    return re.findall(rf"`(test_\w+|{BY_MOLECULE})`", row[SHOWN])


def words(cell: str) -> list[str]:
    """The names in a cell; those behind "no" are what is left out, and shown by that."""
    return [] if cell.startswith("no ") else re.findall(r"`(\w+)[^`]*`", cell)


FORMS = [
    pytest.param(row, column, word, id=f"{row[CAPABILITY]}, {word}, column {column}")
    for row in ROWS
    for column in (ACTION, LOOKUP, ROLE, TERRAFORM)
    for word in words(row[column])
]


@pytest.mark.parametrize(("row", "column", "word"), FORMS)
def test_every_form_is_used_by_a_test_that_its_row_names(row: list[str], column: int, word: str) -> None:
    named = named_by(row)
    by_molecule = BY_MOLECULE in named and (CHECKOUT / "extensions" / "molecule" / word).is_dir()
    assert by_molecule or any(test.uses(column, word) for name in named for test in all_tests().get(name, []))


def test_every_row_names_tests_and_they_are_there() -> None:
    assert len(ROWS) > 20
    for row in ROWS:
        assert named_by(row), row[CAPABILITY]
        assert set(named_by(row)) - set(all_tests()) <= {BY_MOLECULE}


def test_nothing_is_left_out() -> None:
    for column, folder in ((ACTION, "action"), (LOOKUP, "lookup")):
        named = set(re.findall(r"`(ots_\w+)`", " ".join(row[column] for row in ROWS)))
        assert {file.stem for file in (CHECKOUT / "plugins" / folder).glob("ots_*.py")} <= named
    roles = {folder.name for folder in (CHECKOUT / "roles").iterdir()}
    assert roles <= set(re.findall(r"`(\w+)`", " ".join(row[ROLE] for row in ROWS)))
