"""An engine on a real local server and a real ledger, both under a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger
from onetime_server.profile import PROFILES
from support.live_server import live_server
from support.world import World


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    return tmp_path / "ledger" / "ledger.sqlite3"


@pytest.fixture
def open_ledger(ledger_file: Path) -> Callable[..., SqliteLedger]:
    def opened(scope: str = "http://server ops@example.com", key: str | None = None, **options: bool) -> SqliteLedger:
        return SqliteLedger(ledger_file, scope, key, **options)

    return opened


@pytest.fixture(params=sorted(PROFILES))
def world(request: pytest.FixtureRequest, tmp_path: Path, open_ledger: Callable[..., SqliteLedger]) -> Iterator[World]:
    """The whole suite runs against every release that the local server can answer as."""
    with live_server(tmp_path / "server", profile=PROFILES[request.param]) as server:
        credentials = Credentials.of(*server.account("ops@example.com"))
        with Client(Address.of(server.url), credentials, sleep=lambda _seconds: None) as client:
            yield World(server, open_ledger(), client)
