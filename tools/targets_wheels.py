"""What targets install the local server from: two releases of it, and all wheels they need, as files and as a package index.

Usage: python tools/targets_wheels.py FOLDER PYTHON    PYTHON is the targets' version, such as 3.11
Makes FOLDER/older with a wheel of the server, FOLDER/newer/server with its sources as a later release, FOLDER/needed,
a link to wheels kept in .molecule/, and FOLDER/index with wheels of both releases and all that they need, to be served as it is.
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from packaging.utils import parse_wheel_filename

from targets import CACHE, CHECKOUT, alone, run

SERVER = CHECKOUT / "server"
BIN = Path(sys.executable).parent


def make(folder: Path, python: str) -> None:
    """Build both releases and lay them out; have the other wheels downloaded once."""
    shutil.rmtree(folder, ignore_errors=True)
    older = build(copy_sources(SERVER, folder / "building" / "older"), folder / "older")
    sources = copy_sources(SERVER, folder / "newer" / "server")
    project = sources / "pyproject.toml"
    project.write_text(re.sub(r'^(version = ".+)"', r'\1.post1"', project.read_text(), flags=re.MULTILINE))
    newer = build(copy_sources(sources, folder / "building" / "newer"), folder / "building")
    needed = needed_wheels(older, python)
    (folder / "needed").symlink_to(needed)
    lay_out_index(folder / "index", [older, newer, *needed.iterdir()])


def copy_sources(sources: Path, folder: Path) -> Path:
    """Copy the server's sources to `folder`, which building them may litter."""
    unwanted = shutil.ignore_patterns("*.egg-info", ".*_cache", "__pycache__", "build")
    return Path(shutil.copytree(sources, folder, ignore=unwanted))


def build(sources: Path, folder: Path) -> Path:
    """Build a wheel into `folder` and return it."""
    run(str(BIN / "uv"), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(sources))
    (wheel,) = folder.glob("*.whl")
    return wheel


def needed_wheels(server: Path, python: str) -> Path:
    """Return a folder with the wheels of all that the wheel `server` needs under that Python, and that building it needs."""
    project, pins = SERVER / "pyproject.toml", CHECKOUT / "requirements" / "dev.txt"
    recipe = sha256(project.read_bytes() + pins.read_bytes()).hexdigest()[:8]
    wheels = CACHE / f"wheels-{python}-{recipe}"
    with alone():
        if not wheels.exists():
            unfinished = wheels.with_name(f"{wheels.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            # pip would ask for a hash of the wheel that was just built if the constraints had any.
            pinned = re.findall(r"^\S+==[^\\\n]+", pins.read_text(), re.MULTILINE)
            constraints = wheels.with_name(f"{wheels.name}.txt")
            constraints.write_text("\n".join(pinned))
            only = (
                "--only-binary=:all:",
                f"--python-version={python}",
                f"--constraint={constraints}",
                "--dest",
                str(unfinished),
            )
            tools = tomllib.loads(project.read_text())["build-system"]["requires"]
            run(str(BIN / "pip"), "download", "--quiet", *only, str(server), *tools)
            (unfinished / server.name).unlink()
            unfinished.rename(wheels)
    return wheels


def lay_out_index(folder: Path, wheels: Iterable[Path]) -> None:
    """Make `folder` what a web server has to serve as a package index (PEP 503): simple/NAME/WHEEL."""
    for wheel in wheels:
        name, *_ = parse_wheel_filename(wheel.name)
        page = folder / "simple" / name
        page.mkdir(parents=True, exist_ok=True)
        (page / wheel.name).symlink_to(wheel)


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute(), sys.argv[2])
