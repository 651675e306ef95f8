"""Where `terraform init` looks for a provider that is installed on the machine, and what it shall find there."""

from __future__ import annotations

import os
from pathlib import Path

from .onetime.version import VERSION

ADDRESS = "registry.terraform.io/onetimesecret/onetimesecret"
PROGRAM = "terraform-provider-onetimesecret"
PLUGIN_DIR = Path("~/.terraform.d/plugins")

# The same bytes on every machine, because Terraform's lock file holds their hash: the program is found by PATH.
# What other programs need of Python would keep this one from starting.
LAUNCHER = f"""#!/bin/sh
unset PYTHONHOME PYTHONPATH
exec {PROGRAM} serve {VERSION}
"""

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def install(plugin_dir: Path) -> tuple[Path, bool]:
    """Write the launcher below PLUGIN_DIR. Returns its path, and whether that changed anything."""
    launcher = plugin_dir.expanduser() / ADDRESS / VERSION / _platform() / f"{PROGRAM}_v{VERSION}"
    if launcher.is_file() and launcher.read_text() == LAUNCHER and os.access(launcher, os.X_OK):
        return launcher, False
    launcher.parent.mkdir(parents=True, exist_ok=True)
    # Replaced as a whole: a terraform that runs at this moment sees either launcher.
    draft = launcher.parent.parent / f"{PROGRAM}.{os.getpid()}"
    draft.write_text(LAUNCHER)
    draft.chmod(0o755)
    draft.replace(launcher)
    return launcher, True


def _platform() -> str:
    """Operating system and processor in Terraform's words, such as linux_amd64."""
    machine = os.uname().machine
    return f"{os.uname().sysname.lower()}_{_MACHINES.get(machine, machine)}"
