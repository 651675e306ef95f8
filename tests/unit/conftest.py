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
from tests.support.back_ends import BACK_ENDS
from tests.support.live_server import live_server
from tests.support.world import KEY, World

# Every release and every back end. The two oldest releases differ in nothing that the engine could notice, and a back end
# knows of no release: the other pairs have their turn in `make long`.
WORLDS = [
    ("v0.22", "postgresql"),
    pytest.param("v0.23", "sqlite", marks=pytest.mark.long, id="v0.23-sqlite"),
    ("v0.25", "sqlite"),
    pytest.param("v0.26", "sqlite", marks=pytest.mark.long, id="v0.26-sqlite"),
    ("v0.26", "postgresql"),
]


def release_of(world: Any) -> str:
    return str(getattr(world, "values", world)[0])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "world" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("only_release")
        worlds = [world for world in WORLDS if marker is None or release_of(world) in marker.args]
        metafunc.parametrize(("world", "ledger_url"), worlds, indirect=True)
    elif "ledger_url" in metafunc.fixturenames:
        metafunc.parametrize("ledger_url", BACK_ENDS, indirect=True)


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    return tmp_path / "ledger" / "ledger.sqlite3"


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with request.getfixturevalue("postgresql_server").lent_database() as url:
        yield url


@pytest.fixture
def ledger_url(request: pytest.FixtureRequest, ledger_file: Path) -> str:
    """Where a ledger is to be, in each back end."""
    return {"sqlite": lambda: f"sqlite://{ledger_file}", "postgresql": lambda: request.getfixturevalue("database")}[
        request.param
    ]()


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
