"""The key of a ledger and the file that holds it: what is refused says why, and a power cut leaves a whole file."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import (
    KeyFile,
    parse_key,
    random_key,
)

KEY = bytes(range(32))
TEXT = base64.b64encode(KEY).decode()
NO_KEY = "is not 32 bytes in base64; make one with: openssl rand -base64 32"
CHECK_DISK = "check the disk and the rights of the user who runs Ansible"


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "ledger.key")


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(LedgerError) as raised:
        act()
    return str(raised.value)


def test_a_key_is_32_bytes_in_base64_with_blanks_around_it() -> None:
    assert parse_key(f" {TEXT}\n") == KEY
    assert len(random_key()) == len(KEY)
    assert random_key() != random_key()


@pytest.mark.parametrize("wrong", ["", "s3cret", TEXT[:-4], f"{TEXT[:8]}!{TEXT[8:]}", "é" * 44])
def test_what_is_no_key_is_refused_and_not_shown(wrong: str) -> None:
    assert refused(lambda: parse_key(wrong)) == f"ledger_key {NO_KEY}"
    assert refused(lambda: parse_key(wrong, "new_ledger_key")) == f"new_ledger_key {NO_KEY}"


@pytest.mark.parametrize("content", [b"", b"s3cret\n", "clé\n".encode(), TEXT.encode() + b"\ns3cret\n"])
def test_a_file_with_something_else_in_it_is_named(key_file: KeyFile, content: bytes) -> None:
    key_file.path.write_bytes(content)
    key_file.path.chmod(0o600)
    assert refused(key_file.read) == f"the ledger key file {key_file.path} {NO_KEY}"


def test_a_file_is_private(key_file: KeyFile) -> None:
    key_file.path.write_text(TEXT)
    key_file.path.chmod(0o640)
    shown = f"the ledger key file {key_file.path}"
    assert refused(key_file.read) == f"{shown} can be read by others; run: chmod 600 {key_file.path}"


def test_a_file_of_somebody_else_is_refused(key_file: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    key_file.path.write_text(TEXT)
    key_file.path.chmod(0o600)
    stat = list(key_file.path.stat())
    for user, owner, is_refused in ((1000, 1001, True), (1000, 1000, False), (1000, 0, False), (0, 1001, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        stat[4] = owner
        monkeypatch.setattr(Path, "stat", lambda _path, stat=tuple(stat): os.stat_result(stat))
        if is_refused:
            fix = "run as that user, or give a file of your own"
            assert refused(key_file.read) == f"the ledger key file {key_file.path} belongs to another user; {fix}"
        else:
            key_file.read()


def test_what_cannot_be_read_or_written_is_named(key_file: KeyFile, tmp_path: Path) -> None:
    key_file.path.mkdir(mode=0o700)
    assert refused(key_file.read) == f"the ledger key file {key_file.path} cannot be read: Is a directory; {CHECK_DISK}"
    nowhere = KeyFile(tmp_path / "nowhere" / "ledger.key")
    assert refused(nowhere.make) == (
        f"the ledger key file {nowhere.path} cannot be written: No such file or directory; {CHECK_DISK}"
    )


def test_a_file_is_on_the_disk_before_it_takes_its_place(key_file: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[str, str]] = []
    sync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append(("sync", path.read_text() if path.is_file() else str(path)))
        sync(descriptor)

    def replaced(draft: Path, path: Path) -> None:
        steps.append(("replace", str(path)))
        assert re.fullmatch(r"ledger\.key\.\w+", draft.parent.name)  # what a crash leaves says whose it is
        replace(draft, path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    key_file.replace([KEY])

    assert steps == [("sync", f"{TEXT}\n"), ("replace", str(key_file.path)), ("sync", str(key_file.path.parent))]
    assert key_file.read() == [KEY]
