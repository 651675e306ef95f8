"""What a target without a package index needs to install the local server: two releases of it, and all wheels they need.

Usage: python tools/targets_wheels.py FOLDER PYTHON    PYTHON is the targets' version, such as 3.11
Makes FOLDER/older and FOLDER/newer with a wheel of the server each, and FOLDER/needed, a link to wheels kept in .molecule/.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from targets import CACHE, CHECKOUT, alone, run

SERVER = CHECKOUT / "server"
BIN = Path(sys.executable).parent


def make(folder: Path, python: str) -> None:
    """Build the wheels of the server; have the others downloaded once."""
    version = re.search(r'^version = "(.+)"', (SERVER / "pyproject.toml").read_text(), re.MULTILINE)
    if version is None:
        raise ValueError(f"{SERVER / 'pyproject.toml'} names no version")
    build(folder / "older", version[1])
    build(folder / "newer", f"{version[1]}.post1")
    (folder / "needed").unlink(missing_ok=True)
    (folder / "needed").symlink_to(needed(folder / "older", python))


def build(folder: Path, version: str) -> None:
    """Build a wheel of the server as a release of this version. Built from a copy, because setuptools writes into the sources."""
    with tempfile.TemporaryDirectory() as copy:
        sources = shutil.copytree(
            SERVER, Path(copy) / "server", ignore=shutil.ignore_patterns("*.egg-info", ".*_cache")
        )
        project = sources / "pyproject.toml"
        project.write_text(
            re.sub(r'^version = ".+"', f'version = "{version}"', project.read_text(), flags=re.MULTILINE)
        )
        run(str(BIN / "uv"), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(sources))


def needed(folder: Path, python: str) -> Path:
    """Return a folder with the wheels of all that the server in `folder` needs under that Python."""
    (server,) = folder.glob("*.whl")
    recipe = sha256((SERVER / "pyproject.toml").read_bytes()).hexdigest()[:8]
    wheels = CACHE / f"wheels-{python}-{recipe}"
    with alone():
        if not wheels.exists():
            unfinished = wheels.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            only = ("--only-binary=:all:", f"--python-version={python}")
            run(str(BIN / "pip"), "download", "--quiet", *only, "--dest", str(unfinished), str(server))
            (unfinished / server.name).unlink()
            unfinished.rename(wheels)
    return wheels


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2])
