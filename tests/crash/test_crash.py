"""Killed at every step, run again: one link remains, or none where none is wanted, and the ledger is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cells import NO_STEP, OPERATIONS, SETTINGS, Place, Setting, cells
from server_process import server_process

from support.live_server import LiveServer
from support.postgresql import Postgresql

ROWS = [
    pytest.param(
        setting.release,
        setting,
        back_end,
        id=f"{setting}, {back_end}",
        marks=[pytest.mark.long] * (setting != SETTINGS[0]),
    )
    for setting in SETTINGS
    for back_end in setting.back_ends
]


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with server_process(tmp_path_factory.mktemp("server"), request.param) as running:
        yield running


@pytest.mark.parametrize(("server", "setting", "back_end"), ROWS, indirect=["server"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_one_link_remains(
    server: LiveServer, setting: Setting, back_end: str, operation: str, tmp_path: Path, postgresql_server: Postgresql
) -> None:
    place = Place.of(server, back_end, tmp_path, postgresql_server)

    found = list(cells(place, OPERATIONS[operation], look_alike=setting.look_alike))

    assert [(cell.step, cell.wrong) for cell in found if cell.wrong] == []
    assert found[-1].step == NO_STEP
