"""What a target needs of the system is asked for before it starts, by the name of its package."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support import CHECKOUT


def needs(path: Path, *programs: str) -> tuple[int, str]:
    command = ["/bin/bash", CHECKOUT / "tools/needs.sh", *programs]
    done = subprocess.run(command, env={"PATH": str(path)}, text=True, capture_output=True, check=False)
    return done.returncode, done.stderr


def test_a_missing_program_is_named_by_its_package(tmp_path: Path) -> None:
    (tmp_path / "git").touch(0o755)
    assert needs(tmp_path, "git", "ssh", "umount") == (
        1,
        "Programs are missing: apt-get install openssh-client mount\n",
    )


def test_terraform_is_not_debians(tmp_path: Path) -> None:
    code, message = needs(tmp_path, "terraform")
    assert (code, message.startswith("terraform is missing: install Terraform 1.8 or later")) == (1, True)


def test_nothing_is_said_where_all_is_there(tmp_path: Path) -> None:
    (tmp_path / "git").touch(0o755)
    assert needs(tmp_path, "git") == (0, "")
