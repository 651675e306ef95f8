"""A server, a ledger that all jobs share, and jobs that run as in AWX."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.awx.job import Finished, run_job
from tests.support.tenants import Tenant

if TYPE_CHECKING:
    from tests.support.postgresql import Postgresql

Run = Callable[..., Finished]
PASSWORD = "hunter22-of-the-database"


@pytest.fixture
def credentials(stack: Tenant, postgresql_server: Postgresql) -> dict[str, dict[str, str]]:
    """What was entered into AWX."""
    environment = stack.environment
    server = {
        "url": environment["OTS_URL"],
        "username": environment["OTS_USERNAME"],
        "api_token": environment["OTS_API_TOKEN"],
    }
    database = postgresql_server.new_database().replace("ots@", f"ots:{PASSWORD}@")
    ledger = {"ledger": database, "ledger_key": base64.b64encode(os.urandom(32)).decode()}
    return {"Onetime Secret": server, "Onetime Secret ledger": ledger}


@pytest.fixture
def run(credentials: dict[str, dict[str, str]], collections_path: str) -> Run:
    """Launch a job template."""
    Path(collections_path).chmod(0o755)

    def launched(playbook: str, **survey: Any) -> Finished:
        return run_job(f"playbooks/{playbook}.yml", survey, credentials, collections_path)

    return launched
