# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection on each release of ansible-core: `make matrix`, or `make matrix CORES='2.16 2.22'`.

And what each release's `ansible-test sanity` says of it: `make sanity CORE=2.22`.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = True

# The newest of each release, and the Pythons that it runs on and we do, the newest first.
CORES = {
    "2.16": ("2.16.19", ("3.12", "3.11")),
    "2.17": ("2.17.14", ("3.12", "3.11")),
    "2.18": ("2.18.19", ("3.13", "3.12", "3.11")),
    "2.19": ("2.19.14", ("3.13", "3.12", "3.11")),
    "2.20": ("2.20.10", ("3.14", "3.13", "3.12")),
    "2.21": ("2.21.5", ("3.14", "3.13", "3.12")),
    "2.22": ("2.22.0rc1", ("3.14", "3.13", "3.12")),
}
# All that speaks with core; what does not is the same on each. Searches for leaks are among them.
TESTS = ("tests/unit/adapter", "tests/playbooks")
OF_ANOTHER_CORE = ("ansible-core", "ansible-lint", "ansible-compat", "molecule", "resolvelib")


def interpreter(version: str) -> str | None:
    """Return a Python of this version: one on PATH, or one that pyenv has and does not show."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for program in (f"python{version}", *map(str, pyenv.glob(f"{version}.*/bin/python"))):
        try:
            subprocess.run([program, "-c", "pass"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return program
    return None


def sessions_of(release: str) -> None:
    core, pythons = CORES[release]
    python = next(filter(None, map(interpreter, pythons)), pythons[0])

    @nox.session(name=f"core-{release}", python=python)
    def tests(session: nox.Session) -> None:
        pins = Path(session.create_tmp()) / "pins.txt"
        pins.write_text(pinned(Path("requirements/dev.txt").read_text()))
        session.install(f"ansible-core=={core}", "pip", "-r", "requirements/tests.in", "--constraint", str(pins))
        session.install("--no-build-isolation", "--constraint", str(pins), "-e", "server", "-e", "terraform")
        results = Path(f".nox/{session.name}.xml").resolve()
        chosen = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not long or newcomer"]
        tests = session.posargs or [*chosen, *TESTS]
        session.run("python", "-m", "pytest", f"--junit-xml={results}", *tests)

    @nox.session(name=f"sanity-{release}", python=python, default=False)
    def sanity(session: nox.Session) -> None:
        session.install(f"ansible-core=={core}")
        session.run("tools/sanity.sh", *session.posargs, external=True)


def pinned(requirements: str) -> str:
    """Return the versions that the other releases of core take as well, without their hashes."""
    lines = re.findall(r"^([a-z0-9._-]+)(==\S+(?: ;[^\\\n]+)?)", requirements, re.MULTILINE)
    return "".join(f"{name}{version}\n" for name, version in lines if name not in OF_ANOTHER_CORE)


for each in CORES:
    sessions_of(each)
