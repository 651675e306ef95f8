"""Database and server key are whole or not there: after a full disk, and when several processes make them at once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onetime_server.cli import main
from tests.support.server_command import run

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="mounting a small disk needs root: run as root, or in a user namespace"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@needs_root
@pytest.mark.parametrize("room", [0, 4, 8, 16, 32, 48, 64])
def test_a_full_disk_leaves_nothing_half_made(disk: Path, room: int, capsys: pytest.CaptureFixture[str]) -> None:
    data = disk / "data"
    ballast = disk / "ballast"
    ballast.write_bytes(b"x" * (256 - room) * 1024)

    code = main(["account", "list", "--data", str(data)])

    errors = capsys.readouterr().err
    assert len(errors.splitlines()) == code
    for file in data.iterdir():
        assert file.name == "server.key" or (file.name.startswith("onetime.sqlite3") and code == 0)
        assert file.stat().st_size > 0
    ballast.unlink()
    assert main(["account", "list", "--data", str(data)]) == 0
    assert sorted(file.name for file in data.iterdir()) == ["onetime.sqlite3", "server.key"]


@needs_root
def test_a_full_disk_does_fail(disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Guards the test above."""
    (disk / "ballast").write_bytes(b"x" * 256 * 1024)

    assert main(["account", "list", "--data", str(disk / "data")]) == 1
    assert "Cannot make" in capsys.readouterr().err


def test_of_many_who_make_the_files_at_once_all_use_the_same(tmp_path: Path) -> None:
    data = str(tmp_path / "data")

    with ThreadPoolExecutor(6) as pool:
        added = list(pool.map(lambda n: run("account", "add", f"user{n}@example.com", "--data", data), range(6)))

    assert [one.stderr for one in added] == [""] * 6
    assert len(run("account", "list", "--data", data).stdout.splitlines()) == 6
    assert sorted(file.name for file in Path(data).iterdir()) == ["onetime.sqlite3", "server.key"]
