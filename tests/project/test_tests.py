# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests can fail: none ends before its end, and none takes any error at all for the one that it waits for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.support import CHECKOUT

FILES = sorted((CHECKOUT / "tests").rglob("test_*.py"))


def own(node: ast.AST) -> Iterator[ast.AST]:
    """What is inside, but not inside of a function or class in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from own(child)


def faults(source: str) -> Iterator[str]:
    for test in ast.walk(ast.parse(source)):
        if not (isinstance(test, ast.FunctionDef) and test.name.startswith("test_")):
            continue
        for node in own(test):
            if isinstance(node, ast.Return):
                yield f"{test.name} ends early; skip it with a reason, or say what holds in either case"
            elif isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant | ast.Tuple):
                yield f"{test.name} asserts what cannot be false"
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.raises":
                if {"Exception", "BaseException"} & {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}:
                    yield f"{test.name} takes any error for the one that it waits for"
            elif isinstance(node, ast.ExceptHandler) and ast.unparse(node.type or node) in (
                "Exception",
                "BaseException",
            ):
                yield f"{test.name} takes any error"


def test_no_test_ends_before_its_end_or_takes_any_error() -> None:
    assert len(FILES) > 50
    found = [f"{file.relative_to(CHECKOUT)}: {fault}" for file in FILES for fault in faults(file.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("body", "is_fault"),
    [
        ("if x:\n  return\n assert y", True),
        ("assert True", True),
        ("assert (x, 'y')", True),
        ("with pytest.raises(Exception):\n  x()", True),
        ("with pytest.raises((ValueError, Exception)):\n  x()", True),
        ("try:\n  x()\n except Exception:\n  pass", True),
        ("def inner():\n  return 1\n assert inner()", False),
        ("with pytest.raises(ValueError):\n  x()", False),
    ],
)
def test_the_check_notices_a_test_that_cannot_fail(body: str, is_fault: bool) -> None:
    assert bool(list(faults(f"def test_it():\n {body}\n"))) is is_fault
