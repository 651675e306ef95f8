"""Make `ansible_collections.onetimesecret.ots` importable from a checkout of any name; keep all tests on loopback.

Done when this file is imported, because the other conftest.py files import the collection.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.postgresql import Postgresql

CHECKOUT = Path(__file__).resolve().parent
LOOPBACK_ONLY = CHECKOUT / "tests" / "support" / "loopback_only"

if "ANSIBLE_CONTROLLER_MIN_PYTHON_VERSION" not in os.environ:  # set by ansible-test, which brings its own loader
    sys.path[:0] = [str(CHECKOUT / "tools"), str(CHECKOUT / "tests"), str(LOOPBACK_ONLY)]

    import sitecustomize  # tests/support/loopback_only: this process, and by PYTHONPATH every child, stays on loopback

    sitecustomize.refuse_everything_but_loopback()
    os.environ["PYTHONPATH"] = str(LOOPBACK_ONLY)

    from ansible.plugins.loader import init_plugin_loader

    from collection_tree import make_collection_tree

    TREE = tempfile.TemporaryDirectory(prefix="ots-collections-")
    init_plugin_loader([str(make_collection_tree(Path(TREE.name)))])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--release", default="v0.26", help="what the local server answers playbooks as: v0.22, v0.23, v0.26"
    )


@pytest.fixture(scope="session")
def collections_path() -> str:
    """The folder to give to ansible as ANSIBLE_COLLECTIONS_PATH."""
    return TREE.name


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Postgresql]:
    """A real PostgreSQL on loopback, one for all tests of a process; each takes a database of its own."""
    from support.postgresql import postgresql

    with postgresql() as server:
        yield server
