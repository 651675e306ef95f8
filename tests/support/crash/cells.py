"""The crash matrix: every operation, on every ledger, disturbed at every step, then run again. What must remain, and what did."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import OnetimeError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from tests.support.crash.controller import Controller, Place, Watch
from tests.support.crash.death import Killing, killed_at
from tests.support.crash.mishaps import Befallen, OfCommit, OfStep
from tests.support.gateway import Gateway, Mishap

KILLED = "killed"
NO_STEP = "(not disturbed)"


@dataclass
class Cell:
    """One operation disturbed at one step, and what was found after the second run."""

    kind: str  # of the disturbance
    step: str
    is_told: bool = False  # whether the disturbed run failed, or warned
    unread: int = 0  # links of ours at the server
    orphan: str = "none"  # that the disturbed run left: none, burned, reported
    warnings: tuple[str, ...] = ()
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)

    def expect_agreement(self, controller: Controller, *names: str) -> None:
        """The audit trail tells what the ledger holds, no more and no less."""
        self.wrong += [problem for name in names for problem in controller.disagreements(name)]


Disturbed = Callable[[Callable[[Watch], object]], Cell]
"""Runs what it is given, with a disturbance; returns the cell that is to be judged."""


class Operation(Protocol):
    """What is disturbed."""

    new_ledger: bool
    back_ends: tuple[str, ...]

    def judged(self, controller: Controller, first_run: Disturbed, *, look_alike: bool) -> Cell:
        """Have the first run disturbed, run again twice, and judge what remains."""


def killed(place: Place, operation: Operation, *, look_alike: bool = False) -> Iterator[Cell]:
    """Yield the operation's cells: killed at its first step, at its second, and so on until it outlives it."""
    for number in itertools.count():

        def first_run(run: Callable[[Watch], object], number: int = number) -> Cell:
            step = killed_at(number, lambda at: run(Killing(at)))
            return Cell(KILLED, step or NO_STEP)

        controller = place.controller(new_ledger=operation.new_ledger)
        cell = operation.judged(controller, first_run, look_alike=look_alike)
        yield cell
        if cell.step == NO_STEP:
            return


def befallen(
    place: Place,
    gateway: Gateway,
    operation: Operation,
    mishaps: list[Mishap | OfCommit | OfStep],
    *,
    look_alike: bool = False,
) -> Iterator[Cell]:
    """Yield the operation's cells: undisturbed, then with every mishap at each of its calls, commits or other steps."""

    def cell(watch: Befallen, kind: str) -> Cell:
        def first_run(run: Callable[[Watch], object]) -> Cell:
            try:
                is_told = bool(getattr(run(watch), "warnings", ()))
            except (OnetimeError, LedgerError, DeliveryError):
                is_told = True
            return Cell(kind, watch.met or NO_STEP, is_told)

        controller = place.controller(new_ledger=operation.new_ledger)
        return operation.judged(controller, first_run, look_alike=look_alike)

    undisturbed = Befallen(gateway)
    yield cell(undisturbed, "none")
    for mishap in mishaps:
        at = {Mishap: undisturbed.calls, OfCommit: undisturbed.commits, OfStep: undisturbed.steps}[type(mishap)]
        for number in range(len(at)):
            yield cell(Befallen(gateway, mishap, number), str(mishap))
