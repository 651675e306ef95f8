"""Mutants of a file: the same source with one small mistake each, made by the operators of mutmut.

mutmut's own runner is not used. It knows a mutant by the path of its file, where the collection is imported under another
name than its path tells; and it passes over decorated functions, such as properties and context managers, and over tables.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal, operator_string

NOT_MUTATED = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom)
TYPES_ONLY = m.If(test=m.Name("TYPE_CHECKING"))
PROTOCOL = m.ClassDef(bases=[m.Arg(m.Name("Protocol"))])
DOCSTRING = m.SimpleStatementLine(body=[m.Expr(m.SimpleString() | m.ConcatenatedString())])
A_CALL = m.SimpleStatementLine(body=[m.Expr(m.Call())])
OF_TYPES = m.Call(func=m.Name("cast") | m.Name("TypeVar") | m.Name("isinstance"))  # wrong there is for mypy to find


@dataclass(frozen=True)
class Mutant:
    """One mistake. `place`: the function that it is in, "" for a module's own lines or a class's."""

    file: str
    line: int
    place: str
    before: str
    after: str
    source: str = field(repr=False, compare=False)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What tells it from all others, wherever its line moves to."""
        return self.file, self.place, self.before, self.after

    @property
    def state(self) -> str:
        """What tells it from all others of any time."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def mutants_of(checkout: Path, file: str, kept: Path) -> list[Mutant]:
    """Return all mutants of a file, in the order of its lines. To make them takes a while, so they are kept in a folder."""
    source = (checkout / file).read_text()
    state = hashlib.sha256(source.encode() + Path(__file__).read_bytes()).hexdigest()
    made = kept / f"{file.replace('/', '.')}.json"
    if made.exists():
        known = json.loads(made.read_text())
        if known["state"] == state:
            return [Mutant(*mutant) for mutant in known["mutants"]]
    mutants = _made(source, file)
    made.write_text(json.dumps({"state": state, "mutants": [astuple(mutant) for mutant in mutants]}))
    return mutants


def _made(source: str, file: str) -> list[Mutant]:
    """Those that mean the same code once."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = _Visitor(wrapper.module)
    wrapper.visit(visitor)
    found: dict[str, Mutant] = {}
    for line, place, node, mutated in visitor.found:
        changed = wrapper.module.deep_replace(node, mutated)
        text = changed.code if isinstance(changed, cst.Module) else source
        if text != source and text not in found and _compiles(text):
            before, after = _difference(source, text)
            found[text] = Mutant(file, line, place, before, after, text)
    return sorted(found.values(), key=lambda mutant: mutant.line)


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, module: cst.Module) -> None:
        super().__init__()
        self._module = module
        self._names: list[str] = []
        self._place = ""
        self._bodies: list[cst.CSTNode] = []
        self.found: list[tuple[int, str, cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, NOT_MUTATED) or any(
            m.matches(node, kind) for kind in (TYPES_ONLY, PROTOCOL, DOCSTRING, OF_TYPES)
        ):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.append(node.name.value)
            if isinstance(node, cst.FunctionDef) and not self._bodies:
                self._bodies.append(node.body)
        if self._bodies and node is self._bodies[0]:
            self._place = ".".join(self._names)
        position = self.get_metadata(PositionProvider, node, None)
        line = position.start.line if position else 0
        self.found += [(line, self._place, node, mutated) for mutated in _mutations(node)]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self._bodies and original_node is self._bodies[0]:
            self._place = ""
        if (
            isinstance(original_node, cst.FunctionDef | cst.ClassDef)
            and self._names
            and not _is_passed_over(original_node)
        ):
            self._names.pop()
            if isinstance(original_node, cst.FunctionDef) and self._bodies and original_node.body is self._bodies[0]:
                self._bodies.clear()


def _is_passed_over(node: cst.CSTNode) -> bool:
    return m.matches(node, PROTOCOL)


def _mutations(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in [*mutation_operators, (cst.SimpleStatementLine, _without_call)]:
        if isinstance(node, kind):
            yield from _OTHERWISE.get(operator, operator)(node)


def _another_text(node: cst.BaseString) -> Iterable[cst.CSTNode]:
    """mutmut wraps texts in XX and changes their case: only tests that repeat a whole message would notice."""
    if isinstance(node, cst.SimpleString) and not node.prefix.startswith("b"):
        yield cst.SimpleString('"XX"' if node.evaluated_value != "XX" else '""')
    elif isinstance(node, cst.SimpleString):
        yield cst.SimpleString('b"XX"')


def _fewer_arguments(node: cst.Call) -> Iterable[cst.CSTNode]:
    """mutmut gives None where False was given as well, which is the same to nearly all."""
    were_false = [m.matches(argument.value, m.Name("False")) for argument in node.args]
    for mutated in operator_arg_removal(node):
        is_shorter = len(mutated.args) < len(node.args)
        pairs = zip(mutated.args, were_false, strict=False)
        if is_shorter or not any(was and m.matches(now.value, m.Name("None")) for now, was in pairs):
            yield mutated


def _without_call(node: cst.SimpleStatementLine) -> Iterable[cst.CSTNode]:
    """What mutmut lacks: a step that is left out."""
    if m.matches(node, A_CALL):
        yield node.with_changes(body=[cst.Pass()])


_OTHERWISE: dict[Any, Any] = {operator_string: _another_text, operator_arg_removal: _fewer_arguments}


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _difference(source: str, mutated: str) -> tuple[str, str]:
    """The lines that differ, each side as one."""
    changes = [*difflib.unified_diff(source.splitlines(), mutated.splitlines(), n=0)][3:]
    before, after = (" ".join(line[1:].strip() for line in changes if line[0] == sign) for sign in "-+")
    return before, after
