"""Fetch the collection awx.awx, which Ansible's community package brings along, and nothing else of that package.

Usage: python tools/awx_collection.py DIRECTORY
Makes DIRECTORY/ansible_collections/awx/awx by pip, from the package index that pip is set up for.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

PACKAGE = "ansible==12.3.0"  # later ones do not have it
COLLECTION = "ansible_collections/awx/awx/"


def fetch_awx_collection(directory: Path) -> Path:
    """Return DIRECTORY, with the collection below it; safe to repeat. Raises CalledProcessError where pip cannot fetch it."""
    if not (directory / COLLECTION / "MANIFEST.json").exists():
        with tempfile.TemporaryDirectory(prefix="ots-awx-") as folder:
            pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
            subprocess.run(
                [*pip, "download", "--no-deps", "--only-binary", ":all:", "--dest", folder, PACKAGE], check=True
            )
            with ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                members = [name for name in wheel.namelist() if name.startswith(COLLECTION)]
                # The file that tells that all is there comes last.
                for name in sorted(members, key=lambda name: name.endswith("/MANIFEST.json")):
                    wheel.extract(name, directory)
    return directory


if __name__ == "__main__":
    fetch_awx_collection(Path(sys.argv[1]).resolve())
