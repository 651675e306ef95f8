"""What users read says what it means in the plain words of the trade."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.project.test_documentation import prose
from tests.support import CHECKOUT

ROOMS = ("plugins", "roles", "playbooks", "terraform/src", "server/src", "tools")
LIST = subprocess.run(["git", "ls-files", *ROOMS], cwd=CHECKOUT, text=True, capture_output=True, check=True)
FILES = [CHECKOUT / name for name in LIST.stdout.split()]
GUIDES = [
    file
    for folder in (".", "docs", "roles/*", "terraform")
    for file in sorted(CHECKOUT.glob(f"{folder}/*.md"))
    if file.name != "CHANGELOG.md"
]
SHOWN = ("name", "msg", "fail_msg", "short_description", "question_name", "question_description", "help_text")
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|ALTER|CREATE|NOT NULL)\b")
# Words that people of the trade stumble over, beside what they say.
ODD = {
    r"come to its end|came to its end": "expired, was read or was burned",
    r"\bowed?\b": "pending",
    r"(?:kept|stays|was|is) sealed": "encrypted",
    r"\b[Tt]ell(s)?\b(?! the sender| \{sender\}| the person)|\btold\b": "says, shows, reports, sends",
    r"[Bb]y which way|another way": "how, another channel",
    r"\banew\b": "again, new",
    r"of late|\blately\b": "recent",
    r"stands open|stands between": "is not encrypted, in between",
    r"Which Onetime Secret": "Missing url or region",
    r"^is no [a-z]|[a-z] is no (?!account|default|directory|longer)[a-z]+": "is not a",
    r"\bno more\b(?! than)|\bany more\b": "no longer",
    r"otherwise than": "not as requested",
    r"[Nn]obody knows": "is unknown, is not recorded",
    r"\bforetell": "predict",
}


@cache
def texts_of(file: Path) -> tuple[str, ...]:
    return tuple(texts(file))


def texts(file: Path) -> Iterator[str]:
    """What users may read of a file: a guide without code, a program's texts without docstrings, names and messages of tasks."""
    if file.suffix == ".md":
        yield from (re.sub(r"`[^`]*`", "", line) for _number, line in prose(file.read_text()))
    elif file.suffix == ".py" and "_pb2" not in file.name:
        tree = ast.parse(file.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield from documented(node.value) if node.value.startswith("\n") else [node.value]
    elif file.suffix == ".yml":
        for document in yaml.load_all(file.read_text(), Loader):
            yield from shown(document)


def documented(text: str) -> Iterator[str]:
    """Of a plugin's documentation what stands in lists of plugins, and the names in its examples."""
    try:
        yield from shown(yaml.safe_load(text))
    except yaml.YAMLError:
        yield text


def shown(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in SHOWN and isinstance(value, str):
                yield value
            else:
                yield from shown(value)
    elif isinstance(node, list):
        for item in node:
            yield from shown(item)


class Loader(yaml.SafeLoader):
    """Takes !unsafe for text."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", ODD)
def test_no_odd_word_is_shown(odd: str) -> None:
    found = [
        f"{file.relative_to(CHECKOUT)}: {text.strip()[:100]}"
        for file in [*FILES, *GUIDES]
        for text in texts_of(file)
        if re.search(odd, text) and " " in text.strip() and not SQL.search(text)
    ]
    assert not found, f"say: {ODD[odd]}"
