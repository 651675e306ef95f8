"""Killed at every step, run again: one link remains, or none where none is wanted, and the ledger is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cells import BACK_ENDS, NO_STEP, OPERATIONS, ROWS, Place, cells
from server_process import server_process

from support.live_server import LiveServer
from support.postgresql import Postgresql

pytestmark = pytest.mark.parametrize(
    ("server", "look_alike"), ROWS, indirect=["server"], ids=[f"{row[0].name}{'-look-alike' * row[1]}" for row in ROWS]
)


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with server_process(tmp_path_factory.mktemp("server"), request.param) as running:
        yield running


@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_one_link_remains(
    server: LiveServer, look_alike: bool, back_end: str, operation: str, tmp_path: Path, postgresql_server: Postgresql
) -> None:
    place = Place.of(server, back_end, tmp_path, postgresql_server)

    found = list(cells(place, OPERATIONS[operation], look_alike=look_alike))

    assert [(cell.step, cell.wrong) for cell in found if cell.wrong] == []
    assert found[-1].step == NO_STEP
