"""What a target without a package index needs to install the local server: two releases of it, and all wheels they need.

Usage: python tools/targets_wheels.py FOLDER PYTHON    PYTHON is the targets' version, such as 3.11
Makes FOLDER/older with a wheel of the server, FOLDER/newer/server with its sources as a later release, and FOLDER/needed,
a link to wheels kept in .molecule/.
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

from targets import CACHE, CHECKOUT, alone, run

SERVER = CHECKOUT / "server"
BIN = Path(sys.executable).parent


def make(folder: Path, python: str) -> None:
    """Build the older release and lay out the newer; have the other wheels downloaded once."""
    shutil.rmtree(folder, ignore_errors=True)
    sources = copy_of_sources(folder / "newer" / "server")
    run(str(BIN / "uv"), "build", "--quiet", "--wheel", "--out-dir", str(folder / "older"), str(sources))
    sources = copy_of_sources(sources)  # without what the build has left there
    project = sources / "pyproject.toml"
    project.write_text(re.sub(r'^(version = ".+)"', r'\1.post1"', project.read_text(), flags=re.MULTILINE))
    (folder / "needed").symlink_to(needed(folder / "older", python))


def copy_of_sources(folder: Path) -> Path:
    """Copy the server's sources to `folder`, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    return Path(
        shutil.copytree(SERVER, folder, ignore=shutil.ignore_patterns("*.egg-info", ".*_cache", "__pycache__", "build"))
    )


def needed(folder: Path, python: str) -> Path:
    """Return a folder with the wheels of all that the wheel in `folder` needs under that Python, and that building it needs."""
    (server,) = folder.glob("*.whl")
    project, pins = SERVER / "pyproject.toml", CHECKOUT / "requirements" / "dev.txt"
    recipe = sha256(project.read_bytes() + pins.read_bytes()).hexdigest()[:8]
    wheels = CACHE / f"wheels-{python}-{recipe}"
    with alone():
        if not wheels.exists():
            unfinished = wheels.with_name(f"{wheels.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            only = (
                "--only-binary=:all:",
                f"--python-version={python}",
                f"--constraint={pins}",
                "--dest",
                str(unfinished),
            )
            tools = tomllib.loads(project.read_text())["build-system"]["requires"]
            run(str(BIN / "pip"), "download", "--quiet", *only, str(server), *tools)
            (unfinished / server.name).unlink()
            unfinished.rename(wheels)
    return wheels


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2])
