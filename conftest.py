"""Make `ansible_collections.onetimesecret.ots` importable from a checkout of any name, and keep all tests on loopback."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent
LOOPBACK_ONLY = CHECKOUT / "tests" / "support" / "loopback_only"

sys.path[:0] = [str(CHECKOUT / "tools"), str(CHECKOUT / "tests"), str(LOOPBACK_ONLY)]


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("ANSIBLE_CONTROLLER_MIN_PYTHON_VERSION"):
        return  # ansible-test brings its own collection loader

    import sitecustomize  # tests/support/loopback_only: this process, and by PYTHONPATH every child, stays on loopback

    sitecustomize.refuse_everything_but_loopback()
    os.environ["PYTHONPATH"] = str(LOOPBACK_ONLY)

    from ansible.plugins.loader import init_plugin_loader
    from collection_tree import make_collection_tree

    tree = tempfile.TemporaryDirectory(prefix="ots-collections-")
    config.add_cleanup(tree.cleanup)
    init_plugin_loader([str(make_collection_tree(Path(tree.name)))])


@pytest.fixture(scope="session")
def collections_path() -> str:
    """The folder to give to ansible as ANSIBLE_COLLECTIONS_PATH."""
    import ansible_collections.onetimesecret.ots as collection

    return str(Path(next(iter(collection.__path__))).parents[2])
