"""Lay this checkout out as an installed collection, by symlinks, so that its folder may have any name.

Usage: python tools/collection_tree.py DIRECTORY
Makes DIRECTORY/ansible_collections/onetimesecret/ots; DIRECTORY is what ANSIBLE_COLLECTIONS_PATH wants.
"""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PARTS = ("plugins", "meta", "roles", "playbooks", "extensions", "docs", "galaxy.yml", "server")


def make_collection_tree(directory: Path) -> Path:
    """Return DIRECTORY, with the collection laid out below it; safe to repeat."""
    root = directory / "ansible_collections" / "onetimesecret" / "ots"
    root.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        link = root / part
        if not link.is_symlink() and (CHECKOUT / part).exists():
            link.symlink_to(CHECKOUT / part)
    return directory


if __name__ == "__main__":
    make_collection_tree(Path(sys.argv[1]).resolve())
