"""What `make matrix` found, as the README's table: one line for each release of ansible-core.

Usage: python -m tests.reports.matrix, after nox, which leaves its results in .nox.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.support import CHECKOUT

HEAD = "| ansible-core | Python | tests passed | skipped | failed |\n|---|---|---|---|---|\n"
VERSIONS = "import ansible.release, platform; print(ansible.release.__version__, platform.python_version())"


def line(results: Path) -> str:
    """Return a line of the table."""
    suite = ET.parse(results).getroot().find("testsuite")
    if suite is None:
        raise ValueError(f"{results} holds no results")
    total, skipped, *bad = (int(suite.get(name, "0")) for name in ("tests", "skipped", "failures", "errors"))
    python = results.with_name(results.stem.replace(".", "-")) / "bin/python"
    core, version = subprocess.run(
        [str(python), "-c", VERSIONS], check=True, capture_output=True, text=True
    ).stdout.split()
    return f"| {core} | {version} | {total - skipped - sum(bad)} | {skipped} | {sum(bad)} |\n"


def main() -> None:
    found = sorted((CHECKOUT / ".nox").glob("core-*.xml"), key=lambda path: [*map(int, re.findall(r"\d+", path.stem))])
    sys.stdout.write(HEAD + "".join(map(line, found)))


if __name__ == "__main__":
    main()
