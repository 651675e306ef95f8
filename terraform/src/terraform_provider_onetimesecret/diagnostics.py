"""What Terraform shows to its user: problems, each at the attribute that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .protocol import tfplugin6_pb2 as pb


@dataclass(frozen=True)
class Problem:
    """An error, or a WARNING. `attribute` is the argument that it is about, if one is."""

    summary: str
    detail: str = ""
    attribute: str | None = None
    warning: bool = False

    def message(self) -> pb.Diagnostic:
        """Return it in the protocol's form."""
        severity = pb.Diagnostic.WARNING if self.warning else pb.Diagnostic.ERROR
        return pb.Diagnostic(
            severity=severity,
            summary=self.summary,
            detail=self.detail,
            attribute=attribute_path(self.attribute) if self.attribute else None,
        )


class ProblemError(Exception):
    """Ends an RPC with problems for the user."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*(problem.summary for problem in problems))
        self.problems = problems


def attribute_path(name: str) -> pb.AttributePath:
    """Return the path of a top-level attribute."""
    return pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=name)])


def messages(problems: Sequence[Problem]) -> list[pb.Diagnostic]:
    """Return problems in the protocol's form."""
    return [problem.message() for problem in problems]
