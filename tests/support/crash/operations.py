"""All operations of the crash matrix, and the settings that it is made under."""

from __future__ import annotations

from dataclasses import dataclass

from onetime_server.profile import V0_23, V0_26, Profile
from tests.support.back_ends import BACK_ENDS
from tests.support.crash.batches import BATCHES
from tests.support.crash.cells import Operation
from tests.support.crash.handovers import Deliver, Reveal
from tests.support.crash.key_change import ChangeTheKey
from tests.support.crash.links import LINKS
from tests.support.crash.mishaps import OfCommit, OfStep
from tests.support.gateway import MISHAPS, Mishap

OPERATIONS: dict[str, Operation] = {
    **LINKS,
    **BATCHES,
    "deliver": Deliver(),
    "reveal": Reveal(passphrase="correct-horse"),
    "change the key": ChangeTheKey(in_a_file=False),
    "change the key in its file": ChangeTheKey(in_a_file=True, back_ends=("sqlite",)),
}
EVERY_MISHAP: list[Mishap | OfCommit | OfStep] = [*MISHAPS, *OfCommit, *OfStep]


@dataclass(frozen=True)
class Setting:
    """What the matrix is made under. What looks alike is judged the same whatever keeps the ledger."""

    release: Profile
    look_alike: bool = False  # whether somebody else shares what looks like the first run's link before the second run
    back_ends: tuple[str, ...] = BACK_ENDS

    def __str__(self) -> str:
        return f"{self.release.name}, with a look-alike" if self.look_alike else self.release.name

    def rows(self) -> list[tuple[str, str]]:
        """The operations that make sense in this setting, each with its back ends."""
        chosen = LINKS if self.look_alike or self != SETTINGS[0] else OPERATIONS
        return [(name, end) for name in chosen for end in OPERATIONS[name].back_ends if end in self.back_ends]


SETTINGS = [Setting(V0_26), Setting(V0_26, look_alike=True, back_ends=("sqlite",)), Setting(V0_23)]
