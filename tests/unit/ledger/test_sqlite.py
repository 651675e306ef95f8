"""What is particular to a ledger in a file: the files beside it, their rights, the disk."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import KeyFile
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Entry
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger as open_by_options
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.schema import VERSION
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Tables
from tests.support.back_ends import sql
from tests.support.rows import ATTEMPT, OTHER_KEY, OWED, RECORD, SEALED, TOLD, complete, telling
from tests.support.world import KEY

Open = Callable[..., SqliteLedger]


@pytest.fixture
def open_file(ledger_file: Path) -> Open:
    def opened(key: str | None = None, **options: bool) -> SqliteLedger:
        return SqliteLedger(ledger_file, "scope", [base64.b64decode(key)] if key else [], wait=30, **options)

    return opened


def files_of(ledger_file: Path) -> bytes:
    return b"".join(path.read_bytes() for path in ledger_file.parent.iterdir())


def test_nothing_secret_is_on_the_disk(open_file: Open, ledger_file: Path) -> None:
    ledger = open_file(key=KEY)
    ledger.begin("alice", ATTEMPT)
    complete(ledger, "alice", ATTEMPT, RECORD, OWED)
    telling(ledger, "alice", TOLD)

    for secret in (*SEALED, KEY, TOLD.way.destination):
        assert secret.encode() not in files_of(ledger_file)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE event SET sealed = 'text'", "row 1 ('alice') was altered"),
        ("UPDATE event SET sealed = 5", "row 1 ('alice') was altered"),
        ("UPDATE event SET name = x'616c'", "row 1 ('al') was altered"),
        ("UPDATE head SET sealed = 'text'", "the head of the trail was altered or removed"),
    ],
)
def test_a_value_of_another_type_is_found_as_altered(
    open_file: Open, ledger_file: Path, statement: str, problem: str
) -> None:
    """SQLite keeps any type in any column."""
    complete(open_file(), "alice", ATTEMPT, RECORD, None)
    sql(f"sqlite://{ledger_file}", statement)

    ledger = open_file()
    assert ledger.verify().problems == (problem,)
    assert all(isinstance(event.name, str) for event in ledger.history())


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE link SET sealed = 'text' WHERE name = 'alice'", "the ledger's record of 'alice' cannot be decrypted"),
        ("UPDATE link SET name = x'616c' WHERE name = 'alice'", "the ledger's record of 'al' cannot be decrypted"),
        ("DELETE FROM ledger", "the ledger's description of itself is missing, or is there twice"),
        ("INSERT INTO ledger SELECT * FROM ledger", "the ledger's description of itself is missing, or is there twice"),
    ],
)
def test_a_ledger_that_was_meddled_with_is_an_error_that_says_so(
    open_file: Open, ledger_file: Path, statement: str, problem: str
) -> None:
    complete(open_file(), "alice", ATTEMPT, RECORD, None)
    complete(open_file(), "bob", ATTEMPT, RECORD, None)
    sql(f"sqlite://{ledger_file}", statement)

    with pytest.raises(LedgerError, match=f"^{problem}.*; find out who can write to the ledger"):
        open_file().entries()


def test_only_its_owner_can_read_its_files(open_file: Open, ledger_file: Path) -> None:
    ledger = open_file()
    with ledger.locked("alice"):
        ledger.begin("alice", ATTEMPT)

    assert stat.S_IMODE(ledger_file.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in ledger_file.parent.iterdir()} == {0o600}


def test_a_lost_key_file_is_told(open_file: Open, ledger_file: Path) -> None:
    open_file().begin("alice", ATTEMPT)
    ledger_file.with_name("ledger.sqlite3.key").unlink()

    with pytest.raises(LedgerError, match=r"has no key file: .*; restore it from a backup, or give ledger_key"):
        open_file().read("alice")


def test_it_is_named_by_its_file(open_file: Open, ledger_file: Path) -> None:
    assert open_file().place == str(ledger_file)


def test_a_path_that_leads_through_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ledger = SqliteLedger(tmp_path / "file" / "ledger", "scope", [base64.b64decode(KEY)], wait=1)
    with pytest.raises(LedgerError, match=r"^the ledger /.*/file/ledger cannot be opened: .*Not a directory"):
        ledger.read("alice")


def test_a_ledger_that_cannot_be_made_is_told(ledger_file: Path) -> None:
    ledger = SqliteLedger(ledger_file.with_name("l" * 250), "scope", [base64.b64decode(KEY)], wait=1)
    with pytest.raises(LedgerError, match=r"^the ledger /.*/l+ cannot be made: .*File name too long"):
        ledger.begin("alice", ATTEMPT)


def test_a_folder_that_cannot_be_made_is_told() -> None:
    ledger = SqliteLedger(Path("/proc/nowhere/ledger"), "scope", [base64.b64decode(KEY)], wait=1)
    with pytest.raises(LedgerError, match=r"^the ledger's folder /proc/nowhere cannot be made: .*No such file"):
        ledger.begin("alice", ATTEMPT)


def test_a_new_ledger_is_on_the_disk_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, fsync = set[int](), os.fsync

    def watched(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    file = tmp_path / "deep" / "below" / "ledger.sqlite3"
    ledger = SqliteLedger(file, "scope", [base64.b64decode(KEY)], wait=1)
    ledger.begin("alice", ATTEMPT)

    assert {file.stat().st_ino, file.parent.stat().st_ino} <= synced
    with ledger._session(write=False) as db:
        assert db.execute("PRAGMA user_version").fetchone() == {"user_version": VERSION}


def test_what_is_committed_is_on_the_disk_and_stops_no_reader(open_file: Open) -> None:
    ledger = open_file()
    ledger.begin("alice", ATTEMPT)
    with ledger._session(write=False) as db:
        assert db.execute("PRAGMA synchronous").fetchone() == {"synchronous": 2}  # FULL
        assert db.execute("PRAGMA journal_mode").fetchone() == {"journal_mode": "wal"}


@pytest.mark.parametrize("writes", [1, 2])
def test_a_change_of_the_key_that_is_cut_off_leaves_a_key_file_that_opens_the_ledger(
    open_file: Open, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    open_file().begin("alice", ATTEMPT)
    replace = KeyFile.replace

    def cut_off(key_file: KeyFile, keys: list[bytes]) -> None:
        nonlocal writes
        writes -= 1
        if writes == 0:
            raise LedgerError("the power is gone", "")
        replace(key_file, keys)

    monkeypatch.setattr(KeyFile, "replace", cut_off)
    with pytest.raises(LedgerError, match="the power is gone"):
        open_file().reseal(base64.b64decode(OTHER_KEY))
    assert open_file().read("alice") == Entry(attempts=(ATTEMPT,))


def test_a_key_file_that_others_can_read_is_refused(open_file: Open, ledger_file: Path) -> None:
    open_file().begin("alice", ATTEMPT)
    ledger_file.with_name("ledger.sqlite3.key").chmod(0o640)

    with pytest.raises(LedgerError, match="can be read by others; run: chmod 600"):
        open_file().read("alice")


def test_a_file_that_is_no_ledger_is_left_alone(open_file: Open, ledger_file: Path) -> None:
    ledger_file.parent.mkdir()
    ledger_file.write_text("my notes\n" * 100)
    ledger_file.chmod(0o600)

    with pytest.raises(LedgerError, match="file is not a database"):
        open_file(key=KEY).begin("alice", ATTEMPT)
    assert ledger_file.read_text() == "my notes\n" * 100


def test_three_and_four_slashes_name_the_same_file(tmp_path: Path) -> None:
    options = {"ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 0}
    with open_by_options({"ledger": f"sqlite:///{tmp_path}/a", **options}, "scope") as ledger:
        ledger.begin("alice", ATTEMPT)

    with open_by_options({"ledger": f"sqlite://{tmp_path}/a", **options}, "scope") as ledger:
        assert ledger.read("alice").attempts == (ATTEMPT,)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root: run as root, or in a user namespace")
def test_a_full_disk_is_told_and_the_ledger_stays_whole(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=True)
    try:
        ledger = SqliteLedger(disk / "ledger.sqlite3", "scope", [], wait=0)
        ledger.begin("alice", ATTEMPT)
        complete(ledger, "alice", ATTEMPT, RECORD, None)
        with (disk / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError, match="No space"):
            while True:
                ballast.write(b"x" * 4096)
        with pytest.raises(LedgerError, match="that the disk has room"):
            for number in range(1000):
                ledger.begin(f"name {number}", ATTEMPT)

        (disk / "ballast").unlink()
        assert ledger.read("alice").record == RECORD
        ledger.begin("bob", ATTEMPT)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="a disk that cannot be written needs root: run as root, or in a user namespace"
)
def test_a_file_that_cannot_be_written_is_told(ledger_file: Path, open_file: Open) -> None:
    complete(open_file(KEY), "alice", ATTEMPT, RECORD, None)
    folder = str(ledger_file.parent)
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        with pytest.raises(LedgerError, match=r"cannot be used: .*check .* that its folder may be written"):
            open_file(KEY).begin("bob", ATTEMPT)
    finally:
        subprocess.run(["umount", folder], check=True)
    assert open_file(KEY).entries() == {"alice": Entry(RECORD)}


@pytest.mark.parametrize("kept", [0, 50, 1000, 5000])
def test_a_file_that_was_cut_short_is_told_and_left_alone(ledger_file: Path, open_file: Open, kept: int) -> None:
    ledger = open_file(KEY)
    for number in range(50):
        complete(ledger, f"name {number}", ATTEMPT, RECORD, OWED)
    with ledger_file.open("r+b") as file:
        file.truncate(kept)
    for beside in ("-wal", "-shm"):
        ledger_file.with_name(ledger_file.name + beside).unlink(missing_ok=True)
    before = ledger_file.read_bytes()

    for use in (SqliteLedger.entries, lambda cut: cut.begin("bob", ATTEMPT)):
        with pytest.raises(LedgerError, match=r"cannot be used"):
            use(open_file(KEY))
    assert ledger_file.read_bytes()[:kept] == before


def test_a_key_file_gets_the_new_key(open_file: Open, ledger_file: Path) -> None:
    complete(open_file(), "alice", ATTEMPT, RECORD, None)
    key_file = KeyFile(ledger_file.with_name("ledger.sqlite3.key"))
    old, new = key_file.read()[0], base64.b64decode(OTHER_KEY)

    open_file().reseal(new)
    assert key_file.read() == [new]
    assert open_file().read("alice").record == RECORD
    assert not open_file().is_sealed_under(old)


@pytest.mark.parametrize("resealed", [False, True])
def test_a_change_of_keys_that_died_half_way_loses_neither(open_file: Open, ledger_file: Path, resealed: bool) -> None:
    complete(open_file(), "alice", ATTEMPT, RECORD, None)
    key_file = KeyFile(ledger_file.with_name("ledger.sqlite3.key"))
    old, new, newest = key_file.read()[0], b"n" * 32, base64.b64decode(OTHER_KEY)
    key_file.replace([old, new])
    if resealed:
        SqliteLedger(ledger_file, "scope", [old], wait=0).reseal(new)

    assert open_file().read("alice").record == RECORD
    open_file().reseal(newest)
    assert key_file.read() == [newest]
    assert open_file().read("alice").record == RECORD


def test_a_key_may_be_in_a_file_of_its_own(ledger_file: Path, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(KEY)
    key_file.chmod(0o600)
    options = {
        "ledger": f"sqlite://{ledger_file}",
        "ledger_key": None,
        "ledger_key_file": str(key_file),
        "ledger_wait": 0,
    }
    with open_by_options(options, "scope") as ledger:
        ledger.begin("alice", ATTEMPT)
    with open_by_options({**options, "ledger_key": KEY, "ledger_key_file": None}, "scope") as ledger:
        assert ledger.read("alice").attempts == (ATTEMPT,)

    for wrong, problem in (
        ({**options, "ledger_key": KEY}, "ledger_key and ledger_key_file are both given"),
        ({**options, "ledger_key_file": str(tmp_path / "nowhere")}, "does not exist; check the path"),
    ):
        with pytest.raises(LedgerError, match=problem), open_by_options(wrong, "scope"):
            pass
    key_file.chmod(0o644)
    with pytest.raises(LedgerError, match="can be read by others"), open_by_options(options, "scope"):
        pass


def test_a_user_without_a_home_is_told_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", no_home)
    options = {"ledger": "sqlite:///~/ledger", "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 0}
    with (
        pytest.raises(LedgerError, match="set HOME, or give sqlite:///ABSOLUTE/PATH"),
        open_by_options(options, "scope"),
    ):
        pass


def test_a_link_is_found_by_its_key_without_reading_all_others(open_file: Open) -> None:
    ledger = open_file()
    ledger.begin("alice", ATTEMPT)
    plans: list[str] = []

    class Explained:
        def execute(self, statement: str, parameters: tuple[str, ...] = ()) -> Any:
            plans.append(
                str([dict(row) for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()])
            )
            return db.execute(statement, parameters)

    with ledger._session(write=False) as db:
        tables = Tables(Explained(), ledger.MARK, ledger.BLOB, ledger.TO_UPDATE)
        tables.select("link", scope="scope", key_digest="00")
        tables.select("link", scope="scope", name=["alice", "bob"])

    assert "link_by_key" in plans[0]
    assert "scope=? AND name=?" in plans[1]
