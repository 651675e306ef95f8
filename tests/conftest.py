"""What all tests share: the collection, loopback, a PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from local_stack import LocalStack
from tests.support.collection import TREE
from tests.support.postgresql import Postgresql, postgresql
from tests.support.tenants import Tenant

# Time is a benchmark's business: a busy machine makes no test fail.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--release", default="v0.26", help="what the local server answers playbooks as: v0.22, v0.23, v0.25, v0.26"
    )


@pytest.fixture(scope="session")
def collections_path() -> str:
    """The folder to give to ansible as ANSIBLE_COLLECTIONS_PATH."""
    return TREE.name


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Postgresql]:
    """A real PostgreSQL on loopback, one for all tests of a process; each takes a database of its own."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[LocalStack]:
    """The local server as its users run it, with a mailbox, one for all tests of a process."""
    with LocalStack(tmp_path_factory.mktemp("server"), release=request.config.getoption("--release")) as running:
        yield running


@pytest.fixture
def stack(shared_server: LocalStack, tmp_path: Path) -> Tenant:
    """An account of the test's own on it."""
    return Tenant(shared_server, tmp_path / "stack")
