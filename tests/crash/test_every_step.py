"""Disturbed at every step, run again: one link remains, or none where none is wanted, and the ledger is whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.crash.batches import BATCHES
from tests.support.crash.cells import NO_STEP, Cell, befallen, killed
from tests.support.crash.controller import Place
from tests.support.crash.mishaps import OfCommit, OfStep
from tests.support.crash.operations import EVERY_MISHAP, OPERATIONS, SETTINGS, Setting
from tests.support.crash.server_process import server_process
from tests.support.gateway import FOREIGN_REPLIES, REPLY_LOST, UNKNOWN_SECRET, Mishap, gateway
from tests.support.live_server import LiveServer
from tests.support.postgresql import Postgresql


def rows(short: Callable[[Setting, str, str], bool], without: Collection[str] = ()) -> list[Any]:
    """All rows of the matrix but those of some operations; those of `make test` are `short`."""
    return [
        pytest.param(
            setting.release,
            setting,
            operation,
            back_end,
            id=f"{operation}, {setting}, {back_end}",
            marks=[pytest.mark.long] * (not short(setting, operation, back_end)),
        )
        for setting in SETTINGS
        for operation, back_end in setting.rows()
        if operation not in without
    ]


ALIKE = ("create generate", "create in a new ledger", "reissue after expiry", "rotate")  # the same calls as another's


def is_short(setting: Setting, operation: str, back_end: str) -> bool:
    """Whether it is in `make test`: each kind once, and on PostgreSQL one. `make crash-matrix` has all."""
    if setting != SETTINGS[0] or operation in BATCHES:
        return False
    return operation == "replace" if back_end == "postgresql" else operation not in ALIKE


ROWS = rows(is_short)
MISHAP_ROWS = rows(is_short, without=BATCHES)  # whose threads take no turns, so that their calls have no numbers
A_FEW: list[Mishap | OfCommit | OfStep] = [
    REPLY_LOST, FOREIGN_REPLIES[2], FOREIGN_REPLIES[9], UNKNOWN_SECRET, *OfCommit, *OfStep
]  # fmt: skip


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with server_process(tmp_path_factory.mktemp("server"), request.param) as running:
        yield running


def wrong(cells: list[Cell]) -> list[tuple[str, str, list[str]]]:
    return [(cell.kind, cell.step, cell.wrong) for cell in cells if cell.wrong]


@pytest.mark.parametrize(("server", "setting", "operation", "back_end"), ROWS, indirect=["server"])
def test_a_run_that_is_killed_is_made_good_by_the_next(
    server: LiveServer, setting: Setting, operation: str, back_end: str, tmp_path: Path, postgresql_server: Postgresql
) -> None:
    place = Place.of(server, back_end, tmp_path, postgresql_server)

    found = list(killed(place, OPERATIONS[operation], look_alike=setting.look_alike))

    assert wrong(found) == []
    assert found[-1].step == NO_STEP


@pytest.mark.parametrize(("server", "setting", "operation", "back_end"), MISHAP_ROWS, indirect=["server"])
def test_what_a_run_was_not_told_or_told_wrongly_is_made_good_by_the_next(
    server: LiveServer, setting: Setting, operation: str, back_end: str, tmp_path: Path, postgresql_server: Postgresql
) -> None:
    with gateway(server.url) as between:
        place = Place.of(server, back_end, tmp_path, postgresql_server, between.url)
        mishaps = EVERY_MISHAP if setting != SETTINGS[0] else A_FEW

        found = list(befallen(place, between, OPERATIONS[operation], mishaps, look_alike=setting.look_alike))

    assert wrong(found) == []
    assert [cell.step for cell in found[1:] if cell.step == NO_STEP] == []
