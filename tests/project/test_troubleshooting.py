"""The guide to trouble and the sources have the same errors and warnings; of those of input, the guide has the most frequent."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import CHECKOUT

GUIDE = " ".join((CHECKOUT / "docs/troubleshooting.md").read_text().split())
ERRORS = {
    "LedgerError", "DeliveryError", "ReplyLost", "Misdirected", "Unreachable", "UntrustedServer", "refused",
    "_NotOfferedError", "_UnreadableError",
}  # fmt: skip
SOURCES = "\n".join(
    " ".join(node.value.split())
    for path in (CHECKOUT / "plugins").rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
)
SHORT = 12  # characters that tell a text from others


def texts_of(node: ast.expr) -> Iterator[str]:
    """The constant parts of a text, however it is put together."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node) if isinstance(node, ast.JoinedStr | ast.IfExp | ast.BinOp) else ():
        if isinstance(child, ast.expr):
            yield from texts_of(child)


def messages() -> Iterator[tuple[str, str]]:
    """The longest constant part of each message, and where it stands."""
    for path in sorted((CHECKOUT / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            told: ast.expr | None = None
            if isinstance(node, ast.Call) and (of := ast.unparse(node.func).split(".")[0]) in ERRORS:
                told = node.args[1 if of == "refused" else 0] if len(node.args) > (of == "refused") else None
            elif isinstance(node, ast.Return) and path.name == "warnings.py":
                told = node.value
            parts = list(texts_of(told)) if told else []
            if parts and len(longest := max(parts, key=len)) > SHORT:
                yield f"{path.relative_to(CHECKOUT)}:{node.lineno}", longest


@pytest.mark.parametrize(("place", "text"), [pytest.param(*each, id=each[0]) for each in messages()])
def test_a_message_stands_in_the_guide(place: str, text: str) -> None:
    for sentence in re.split(r"(?<=[.;]) ", text.strip(" :;(,"))[:1]:
        assert sentence.strip(" :;(,.") in GUIDE, f"{place}: {text!r} is not in docs/troubleshooting.md"


def rows() -> Iterator[str]:
    """The messages in the guide's tables."""
    for line in (CHECKOUT / "docs/troubleshooting.md").read_text().splitlines():
        if line.startswith("| `"):
            yield from re.findall(r"`([^`]+)`", line.split(" | ")[0])


@pytest.mark.parametrize("message", list(rows()))
def test_a_message_of_the_guide_can_still_be_met(message: str) -> None:
    said = re.sub(r"^[a-z_]+: ", "", message)  # the option, which is put before
    pieces = [piece.strip(" ,;:.()?") for part in said.split("…") for piece in re.split(r"(?<=[.:]) ", part)]
    assert [piece for piece in pieces if len(piece) > SHORT and piece not in SOURCES] == []


def test_messages_are_found() -> None:
    assert {Path(place.partition(":")[0]).name for place, _ in messages()} >= {
        "warnings.py",
        "refusals.py",
        "sqlite.py",
    }
