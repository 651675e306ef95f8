"""The list of mutants that are no mistakes: nobody could notice them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.support.mutation.mutants import Mutant

Identity = tuple[str, str, str, str]


class Equivalents:
    """What tests/mutation/equivalent.toml says."""

    def __init__(self, path: Path) -> None:
        listed = tomllib.loads(path.read_text())["mutant"] if path.exists() else []
        self._unused = {_identity(one) for one in listed}
        self._listed = frozenset(self._unused)

    def __contains__(self, mutant: Mutant) -> bool:
        self._unused.discard(mutant.identity)
        return mutant.identity in self._listed

    def stale(self, files: list[str]) -> list[Identity]:
        """Entries of these files that fit no mutant any more."""
        return sorted(identity for identity in self._unused if identity[0] in files)


def _identity(listed: dict[str, str]) -> Identity:
    if not listed["reason"]:
        raise ValueError(f"no reason is given for {listed}")
    return listed["file"], listed["place"], listed["before"], listed["after"]
