"""Building the server forgets none of its files, and leaves nothing that the collection would ship."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.support import CHECKOUT

BUILT = ("build", "dist", "*.egg-info", "__pycache__")


def test_what_building_leaves_is_not_shipped(tmp_path: Path) -> None:
    collection = tmp_path / "collection"
    shutil.copytree(CHECKOUT / "server", collection / "server", ignore=shutil.ignore_patterns(*BUILT))
    for name in ("galaxy.yml", "README.md"):
        shutil.copy(CHECKOUT / name, collection)
    before = shipped(collection, tmp_path / "before")

    for kind in ("wheel", "sdist"):
        build = f"from setuptools.build_meta import build_{kind} as build; build('dist')"
        subprocess.run([sys.executable, "-c", build], cwd=collection / "server", check=True, capture_output=True)

    assert (collection / "server" / "build").is_dir()
    [wheel] = (collection / "server" / "dist").glob("*.whl")
    sources = CHECKOUT / "server" / "src"
    kept = {str(file.relative_to(sources)) for file in (sources / "onetime_server").rglob("*.*")}
    assert {name for name in kept if "__pycache__" not in name} <= set(zipfile.ZipFile(wheel).namelist())
    assert "server/README.md" in before
    assert shipped(collection, tmp_path / "after") == before


def shipped(collection: Path, folder: Path) -> list[str]:
    """The files in the tarball of a collection."""
    galaxy = str(Path(sys.executable).with_name("ansible-galaxy"))
    arguments = [galaxy, "collection", "build", "--output-path", str(folder), str(collection)]
    home = {"ANSIBLE_HOME": str(folder / "home")}
    subprocess.run(arguments, check=True, capture_output=True, env=os.environ | home)
    [tarball] = folder.glob("*.tar.gz")
    with tarfile.open(tarball) as opened:
        return sorted(opened.getnames())
