from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import browser
from tests.support.live_server import LiveServer, live_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: run `make pages`")
    program = browser.program()
    if program is None:
        pytest.skip("There is no Chromium: apt-get install chromium, or CHROMIUM=/path/to/it")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has none
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=arguments)
        yield running
        running.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server that answers as v0.26, with an empty database."""
    with live_server(tmp_path / "data") as running:
        yield running
