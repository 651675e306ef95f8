"""Make `ansible_collections.onetimesecret.ots` importable from a checkout of any name; keep this process on loopback.

Done when this file is imported: what imports the collection imports this first.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ansible.plugins.loader import init_plugin_loader

from collection_tree import make_collection_tree
from tests.support.loopback_only import sitecustomize

sitecustomize.refuse_everything_but_loopback()
os.environ["PYTHONPATH"] = str(Path(sitecustomize.__file__).parent)  # every child stays on loopback as well

TREE = tempfile.TemporaryDirectory(prefix="ots-collections-")
init_plugin_loader([str(make_collection_tree(Path(TREE.name)))])
