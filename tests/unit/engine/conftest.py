"""An engine on a real local server and a real ledger, in each back end, both under a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import open as ledger_opener
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from onetime_server.profile import PROFILES
from support.live_server import live_server
from support.world import KEY, World

BACK_ENDS = ("sqlite", "postgresql")

# Every release and every back end. The two older releases differ in nothing that the engine could notice.
WORLDS = [("v0.22", "postgresql"), ("v0.23", "sqlite"), ("v0.26", "sqlite"), ("v0.26", "postgresql")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "world" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("only_release")
        worlds = [world for world in WORLDS if marker is None or world[0] in marker.args]
        metafunc.parametrize(("world", "ledger_url"), worlds, indirect=True)
    elif "ledger_url" in metafunc.fixturenames:
        metafunc.parametrize("ledger_url", BACK_ENDS, indirect=True)


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    return tmp_path / "ledger" / "ledger.sqlite3"


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty PostgreSQL database."""
    return str(request.getfixturevalue("postgresql_server").new_database())


@pytest.fixture
def ledger_url(request: pytest.FixtureRequest, ledger_file: Path) -> str:
    """Where a ledger is to be, in each back end."""
    return f"sqlite://{ledger_file}" if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture
def open_ledger(ledger_url: str) -> Iterator[Callable[..., SqlLedger]]:
    """Opens the ledger, as often as it is called."""
    with ExitStack() as stack:

        def opened(scope: str = "http://server ops@example.com", key: str = KEY, **options: Any) -> SqlLedger:
            settings = {
                "ledger": ledger_url,
                "ledger_key": key,
                "ledger_key_file": None,
                "ledger_wait": options.pop("wait", 30),
            }
            return stack.enter_context(ledger_opener.open_ledger(settings, scope, **options))

        yield opened


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path, open_ledger: Callable[..., SqlLedger]) -> Iterator[World]:
    """A server of the release that the test is run for, and an engine on a ledger in the back end that it is run for."""
    with live_server(tmp_path / "server", profile=PROFILES[request.param]) as server:
        credentials = Credentials.of(*server.account("ops@example.com"))
        with Client(Address.of(server.url), credentials, sleep=lambda _seconds: None) as client:
            yield World(server, open_ledger, client, credentials, request.param)
