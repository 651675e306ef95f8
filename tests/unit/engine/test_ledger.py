"""The ledger keeps what it is given, shows none of it, and is never harmed by what is wrong around it."""

from __future__ import annotations

import base64
import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import locks
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger as open_by_url
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import (
    Attempt,
    Entry,
    Kind,
    OwedBurn,
    Record,
    Step,
)

Open = Callable[..., SqliteLedger]

RECORD = Record(
    kind=Kind.GENERATE,
    fingerprints={"secret": "00", "passphrase": "11"},
    metadata_key="metadata-key-of-alice",
    secret_key="secret-key-of-alice",
    passphrase="passphrase of älice",
    value="value-of-alice ✓",
    recipient="alice@example.com",
    share_domain="",
    state=State.NEW,
    ttl_asked=7200,
    ttl=3600,
    created_at=1_800_000_000,
    recorded_at=1_800_000_001,
)
SEALED = ("metadata-key-of-alice", "secret-key-of-alice", "passphrase of", "value-of-alice")
ATTEMPT = Attempt(Step.SEND, 1_800_000_000, 3600, "alice@example.com")
OWED = OwedBurn("metadata-key-of-alice", "passphrase of älice", 1_800_003_600)
KEY = base64.b64encode(bytes(range(32))).decode()


def files_of(ledger_file: Path) -> bytes:
    return b"".join(path.read_bytes() for path in ledger_file.parent.iterdir())


def test_an_attempt_becomes_a_record(open_ledger: Open) -> None:
    ledger = open_ledger()
    assert ledger.read("alice") == Entry()

    ledger.begin("alice", ATTEMPT)
    assert ledger.read("alice") == Entry(attempt=ATTEMPT)

    ledger.complete("alice", RECORD, OWED)
    assert open_ledger().read("alice") == Entry(RECORD, None, (OWED,))


def test_what_is_taken_back_settled_or_forgotten_is_gone(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.begin("alice", ATTEMPT)
    ledger.abandon("alice")
    assert ledger.read("alice") == Entry()

    ledger.begin("alice", ATTEMPT)
    ledger.complete("alice", RECORD, OWED)
    ledger.note("alice", replace(RECORD, state=State.RECEIVED))
    ledger.forget("alice")
    assert ledger.read("alice") == Entry(owed=(OWED,))

    ledger.settle("alice", OWED)
    assert ledger.read("alice") == Entry()


def test_a_name_is_found_by_its_metadata_key(open_ledger: Open) -> None:
    ledger = open_ledger()
    assert ledger.name_of(RECORD.metadata_key) is None
    ledger.begin("alice", ATTEMPT)
    ledger.complete("alice", RECORD, None)

    assert ledger.name_of(RECORD.metadata_key) == "alice"
    assert ledger.name_of("another") is None


def test_accounts_do_not_see_each_other(open_ledger: Open) -> None:
    open_ledger("server alice").begin("db", ATTEMPT)

    assert open_ledger("server bob").read("db") == Entry()


def test_nothing_secret_is_on_the_disk_or_in_a_repr(open_ledger: Open, ledger_file: Path) -> None:
    ledger = open_ledger(key=KEY)
    ledger.begin("alice", ATTEMPT)
    ledger.complete("alice", RECORD, OWED)
    shown = f"{RECORD!r} {OWED!r} {ledger!r} {ledger._seal!r}".encode()

    for secret in (*SEALED, KEY):
        assert secret.encode() not in files_of(ledger_file)
        assert secret.encode() not in shown


def test_only_its_owner_can_read_its_files(open_ledger: Open, ledger_file: Path) -> None:
    ledger = open_ledger()
    with ledger.locked("alice"):
        ledger.begin("alice", ATTEMPT)

    assert stat.S_IMODE(ledger_file.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in ledger_file.parent.iterdir()} == {0o600}


def test_reading_only_makes_nothing(open_ledger: Open, ledger_file: Path) -> None:
    ledger = open_ledger(read_only=True)
    assert ledger.read("alice") == Entry()
    assert ledger.fingerprint("x")
    assert ledger.name_of("x") is None
    assert not ledger_file.parent.exists()


def test_a_wrong_key_is_told_and_changes_nothing(open_ledger: Open, ledger_file: Path) -> None:
    open_ledger(key=KEY).begin("alice", ATTEMPT)
    before = ledger_file.read_bytes()

    for use in (lambda wrong: wrong.read("alice"), lambda wrong: wrong.begin("alice", ATTEMPT)):
        with pytest.raises(LedgerError, match="sealed under another key; give the right ledger_key"):
            use(open_ledger(key=base64.b64encode(b"x" * 32).decode()))
    assert ledger_file.read_bytes() == before


@pytest.mark.parametrize("key", ["short", "ä" * 43, base64.b64encode(b"x" * 31).decode()])
def test_a_key_that_is_none_is_told_and_not_shown(open_ledger: Open, key: str) -> None:
    with pytest.raises(LedgerError, match="not 32 bytes in base64") as error:
        open_ledger(key=key).fingerprint("x")
    assert key not in str(error.value)


def test_a_lost_key_file_is_told(open_ledger: Open, ledger_file: Path) -> None:
    open_ledger().begin("alice", ATTEMPT)
    ledger_file.with_name("ledger.sqlite3.key").unlink()

    with pytest.raises(LedgerError, match="has lost its key file"):
        open_ledger().read("alice")


def test_a_key_file_that_others_can_read_is_refused(open_ledger: Open, ledger_file: Path) -> None:
    open_ledger().begin("alice", ATTEMPT)
    ledger_file.with_name("ledger.sqlite3.key").chmod(0o640)

    with pytest.raises(LedgerError, match="can be read by others; run: chmod 600"):
        open_ledger().read("alice")


def test_a_row_copied_to_another_name_does_not_open(open_ledger: Open, ledger_file: Path) -> None:
    ledger = open_ledger()
    ledger.begin("alice", ATTEMPT)
    ledger.complete("alice", RECORD, None)
    with sqlite3.connect(ledger_file) as db:
        db.execute("UPDATE link SET name = 'mallory'")

    with pytest.raises(LedgerError, match="'mallory' does not open"):
        ledger.read("mallory")


def test_a_ledger_of_a_newer_version_is_left_alone(open_ledger: Open, ledger_file: Path) -> None:
    open_ledger().begin("alice", ATTEMPT)
    with sqlite3.connect(ledger_file) as db:
        db.execute("PRAGMA user_version = 99")

    with pytest.raises(LedgerError, match="has version 99"):
        open_ledger().begin("alice", ATTEMPT)


def test_a_file_that_is_no_ledger_is_left_alone(open_ledger: Open, ledger_file: Path) -> None:
    ledger_file.parent.mkdir()
    ledger_file.write_text("my notes\n" * 100)

    with pytest.raises(LedgerError, match="file is not a database"):
        open_ledger(key=KEY).begin("alice", ATTEMPT)
    assert ledger_file.read_text() == "my notes\n" * 100


@pytest.mark.parametrize("url", ["", "ledger.db", "sqlite:///", "mysql://db/x", "sqlite://"])
def test_an_url_of_no_known_kind_is_refused(url: str) -> None:
    with pytest.raises(LedgerError, match="ledger is no URL of a known kind"):
        open_by_url(url, None, "scope")


def test_three_and_four_slashes_name_the_same_file(tmp_path: Path) -> None:
    open_by_url(f"sqlite:///{tmp_path}/a", None, "scope").begin("alice", ATTEMPT)

    assert open_by_url(f"sqlite://{tmp_path}/a", None, "scope").read("alice").attempt == ATTEMPT


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root: run as root, or in a user namespace")
def test_a_full_disk_is_told_and_the_ledger_stays_whole(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=True)
    try:
        ledger = SqliteLedger(disk / "ledger.sqlite3", "scope", None)
        ledger.begin("alice", ATTEMPT)
        ledger.complete("alice", RECORD, None)
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


def _hold(path: Path, name: str, held: multiprocessing.synchronize.Event) -> None:
    with locks.locked(path, name):
        held.set()
        signal.pause()


def test_a_lock_is_waited_for_and_dies_with_its_holder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "lock", "alice", held))
    holder.start()
    try:
        assert held.wait(30)
        with locks.locked(tmp_path / "lock", "bob", wait=0):
            pass
        with (
            pytest.raises(LedgerError, match="another run has held 'alice'"),
            locks.locked(tmp_path / "lock", "alice", wait=0),
        ):
            pass
    finally:
        holder.kill()
        holder.join()

    with locks.locked(tmp_path / "lock", "alice", wait=0):
        pass


def _make(path: Path, start: multiprocessing.synchronize.Barrier, number: int) -> None:
    start.wait()
    SqliteLedger(path, "scope", None).begin(f"name {number}", ATTEMPT)


def test_a_ledger_that_many_make_at_once_is_one(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start = context.Barrier(8)
    makers = [context.Process(target=_make, args=(tmp_path / "ledger", start, number)) for number in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert [maker.exitcode for maker in makers] == [0] * 8
    ledger = SqliteLedger(tmp_path / "ledger", "scope", None)
    assert all(ledger.read(f"name {number}").attempt == ATTEMPT for number in range(8))
