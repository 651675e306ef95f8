from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.live_server import LiveServer, live_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server that answers as v0.26, with an empty database."""
    with live_server(tmp_path / "data") as running:
        yield running
