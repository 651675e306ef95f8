"""The tests are easy to find and read: names do not stutter, a fixture means one thing, nothing is put on sys.path."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support import CHECKOUT

FILES = sorted((CHECKOUT / "tests").rglob("*.py"))
TESTS = [file for file in FILES if file.name.startswith("test_")]


def name_of(file: Path) -> str:
    return str(file.relative_to(CHECKOUT))


def is_fixture(function: ast.FunctionDef) -> bool:
    return any("pytest.fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


@pytest.mark.parametrize("file", TESTS, ids=name_of)
def test_a_file_s_name_does_not_repeat_its_folder_s(file: Path) -> None:
    assert not file.stem.removeprefix("test_").startswith((f"{file.parent.name}_", f"{file.parent.parent.name}_"))


def test_a_fixture_means_one_thing_wherever_it_is() -> None:
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.returns and is_fixture(node):
                meanings[node.name].add(ast.unparse(node.returns))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize("file", [file for file in FILES if file != Path(__file__)], ids=name_of)
def test_nothing_is_put_on_the_module_search_path(file: Path) -> None:
    text = file.read_text()
    assert not [part for part in ("sys.path.insert", "sys.path.append", "sys.path[") if part in text]
