"""One ledger is one ledger: by whatever path it is reached, whatever happens to its files during a run."""

from __future__ import annotations

import base64
import multiprocessing
import os
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import KeyFile, random_key
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import PendingBurn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Completion
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger
from tests.support.rows import ATTEMPT, MADE, OWED, RECORD, complete
from tests.support.world import KEY

Open = Callable[..., SqlLedger]
THE_KEY = base64.b64decode(KEY)
OURS = replace(RECORD, metadata_key="metadata-key-of-ours", secret_key="secret-key-of-ours")


def ledger_at(path: Path, wait: float = 0, key: bytes | None = THE_KEY) -> SqliteLedger:
    return SqliteLedger(path, "scope", [key] if key else [], wait=wait)


def held_elsewhere(path: Path, name: str) -> bool:
    """Whether another process finds the name held."""

    def attempt(found: multiprocessing.connection.Connection) -> None:
        try:
            with ledger_at(path).locked(name):
                found.send(False)
        except LedgerError:
            found.send(True)

    context = multiprocessing.get_context("fork")
    outward, inward = context.Pipe()
    process = context.Process(target=attempt, args=(inward,))
    process.start()
    process.join()
    return bool(outward.recv())


@pytest.mark.parametrize("way", ["link to the file", "link to the folder", "dots"])
def test_the_lock_is_the_same_by_every_path(ledger_file: Path, tmp_path: Path, way: str) -> None:
    ledger_at(ledger_file).begin("alice", ATTEMPT)
    other = {
        "link to the file": tmp_path / "link.sqlite3",
        "link to the folder": tmp_path / "folder" / ledger_file.name,
        "dots": ledger_file.parent / ".." / ledger_file.parent.name / ledger_file.name,
    }[way]
    if way == "link to the file":
        other.symlink_to(ledger_file)
    elif way == "link to the folder":
        other.parent.symlink_to(ledger_file.parent)

    with ledger_at(ledger_file).locked("alice"):
        assert held_elsewhere(other, "alice")
        assert not held_elsewhere(other, "bob")


def test_a_ledger_with_a_second_name_is_refused(ledger_file: Path, tmp_path: Path) -> None:
    ledger_at(ledger_file).begin("alice", ATTEMPT)
    os.link(ledger_file, tmp_path / "other.sqlite3")

    for path in (ledger_file, tmp_path / "other.sqlite3"):
        with pytest.raises(
            LedgerError, match=r"has a second name \(a hard link\).*; keep one name and remove the others"
        ):
            ledger_at(path).read("alice")


def test_a_dangling_link_as_ledger_leads_to_a_private_file(tmp_path: Path) -> None:
    link = tmp_path / "link.sqlite3"
    link.symlink_to(tmp_path / "elsewhere" / "ledger.sqlite3")

    ledger_at(link).begin("alice", ATTEMPT)
    assert link.is_symlink()
    assert stat.S_IMODE(link.stat().st_mode) == 0o600
    assert ledger_at(link).read("alice").attempts == (ATTEMPT,)


def test_a_ledger_that_others_can_read_is_refused(ledger_file: Path) -> None:
    ledger_at(ledger_file).begin("alice", ATTEMPT)
    ledger_file.chmod(0o640)

    with pytest.raises(LedgerError, match=r"^the ledger .* can be read by others; run: chmod 600"):
        ledger_at(ledger_file).read("alice")


def remove_the_lock_file(ledger_file: Path) -> None:
    ledger_file.with_name(f"{ledger_file.name}.lock").unlink()


def replace_the_lock_file(ledger_file: Path) -> None:
    remove_the_lock_file(ledger_file)
    ledger_file.with_name(f"{ledger_file.name}.lock").touch(mode=0o600)


def replace_the_ledger(ledger_file: Path) -> None:
    copy = ledger_file.with_name("copy")
    copy.write_bytes(ledger_file.read_bytes())
    copy.chmod(0o600)
    copy.replace(ledger_file)


@pytest.mark.parametrize(
    ("mishap", "told"),
    [
        (remove_the_lock_file, "was removed or replaced during the run"),
        (replace_the_lock_file, "was removed or replaced during the run"),
        (replace_the_ledger, "was replaced during the run; run again"),
    ],
)
def test_who_has_lost_the_lock_records_nothing(ledger_file: Path, mishap: Callable[[Path], None], told: str) -> None:
    ledger = ledger_at(ledger_file)
    ledger.begin("alice", ATTEMPT)
    with ledger.locked("alice"):
        mishap(ledger_file)
        with pytest.raises(LedgerError, match=told):
            ledger.complete("alice", ATTEMPT, RECORD, former=None, due=None, event=MADE)

    assert ledger.read("alice").record is None
    with ledger.locked("alice"):  # the next run has it again
        ledger.complete("alice", ATTEMPT, RECORD, former=None, due=None, event=MADE)


def test_only_who_decided_from_what_is_recorded_records(open_ledger: Open) -> None:
    ledger = open_ledger()
    complete(ledger, "alice", ATTEMPT, RECORD, None)

    for former in (None, OURS):
        with ledger.locked("alice"), pytest.raises(LedgerError, match=r"was changed by another run .*; look for two"):
            ledger.complete("alice", ATTEMPT, OURS, former=former, due=OWED, event=MADE)
    assert ledger.read("alice").record == RECORD
    assert ledger.read("alice").pending_burns == ()


def test_nobody_records_without_the_lock(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.begin("alice", ATTEMPT)

    with pytest.raises(LedgerError, match=r"the lock of 'alice' was lost: .*; .*run again"):
        ledger.complete("alice", ATTEMPT, RECORD, former=None, due=None, event=MADE)


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_without_an_answer_is_looked_up(open_ledger: Open, committed: bool) -> None:
    ledger, burn = open_ledger(), PendingBurn.of(OURS)
    ledger.begin("alice", ATTEMPT)
    if committed:
        complete(ledger, "alice", ATTEMPT, OURS, None)

    found = open_ledger().withdraw("alice", ATTEMPT, OURS, burn)

    assert found is (Completion.RECORDED if committed else Completion.WITHDRAWN)
    entry = ledger.read("alice")
    assert (entry.record, entry.attempts, entry.pending_burns) == ((OURS, (), ()) if committed else (None, (), (burn,)))


def test_a_ledger_that_cannot_be_asked_leaves_the_intent(ledger_file: Path) -> None:
    ledger = ledger_at(ledger_file)
    ledger.begin("alice", ATTEMPT)
    content = ledger_file.read_bytes()
    ledger_file.write_bytes(b"")

    assert ledger.withdraw("alice", ATTEMPT, OURS, PendingBurn.of(OURS)) is Completion.UNKNOWN
    ledger_file.write_bytes(content)


def test_several_names_can_be_held_at_once_and_none_twice(open_ledger: Open) -> None:
    ledger = open_ledger()
    with ledger.locked("alice"), ledger.locked("bob"):
        complete(ledger, "alice", ATTEMPT, RECORD, None, locked=False)
        complete(ledger, "bob", ATTEMPT, RECORD, None, locked=False)
    assert set(ledger.entries()) == {"alice", "bob"}


def test_a_name_held_by_one_thread_is_waited_for_by_another(ledger_file: Path) -> None:
    inside, most = 0, 0
    gate = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        with ledger_at(ledger_file, wait=30).locked("alice"):
            with gate:
                inside += 1
                most = max(most, inside)
            with gate:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_one_name_held_twice_by_one_run_is_refused(ledger_file: Path) -> None:
    ledger = ledger_at(ledger_file, wait=30)
    with ledger.locked("alice"):
        with pytest.raises(LedgerError, match="is held by this run already"), ledger.locked("alice"):
            pass
        assert held_elsewhere(ledger_file, "alice")


def test_letting_one_name_go_keeps_the_others(ledger_file: Path) -> None:
    ledger = ledger_at(ledger_file)
    with ledger.locked("alice"):
        with ledger.locked("bob"):
            assert held_elsewhere(ledger_file, "bob")
        assert not held_elsewhere(ledger_file, "bob")
        assert held_elsewhere(ledger_file, "alice")


def test_a_ledger_made_anew_during_a_run_is_used_with_its_own_fingerprints(ledger_file: Path) -> None:
    ledger = ledger_at(ledger_file)
    ledger.begin("alice", ATTEMPT)
    for file in ledger_file.parent.glob("ledger.sqlite3*"):
        file.unlink()
    complete(ledger, "alice", ATTEMPT, RECORD, None)

    assert ledger.fingerprint("x") == ledger_at(ledger_file).fingerprint("x")
    assert ledger_at(ledger_file).name_of(RECORD.metadata_key) == "alice"


def test_every_account_of_the_ledger_leaves_its_footprint(open_ledger: Open) -> None:
    complete(open_ledger("server alice@example.com"), "db", ATTEMPT, RECORD, OWED)
    open_ledger("server ur1234").begin("db", ATTEMPT)

    footprint = open_ledger("another").footprint()
    assert footprint.metadata_keys == {RECORD.metadata_key, OWED.metadata_key}
    assert footprint.attempts == (ATTEMPT,)


# -- the key ------------------------------------------------------------------------------------------------------------------


def _begin(start: multiprocessing.synchronize.Barrier, path: Path, number: int) -> None:
    start.wait()
    ledger_at(path, wait=60, key=None).begin(f"name {number}", ATTEMPT)


def test_many_that_make_the_key_file_at_once_make_one(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for attempt in range(5):
        path, start = tmp_path / str(attempt) / "ledger.sqlite3", context.Barrier(8)
        processes = [context.Process(target=_begin, args=(start, path, number)) for number in range(8)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()

        assert [process.exitcode for process in processes] == [0] * 8
        assert len(ledger_at(path, key=None).entries()) == 8
        assert len(KeyFile(path.with_name("ledger.sqlite3.key")).read()) == 1
        assert {file.name for file in path.parent.iterdir()} <= {
            f"ledger.sqlite3{end}" for end in ("", ".key", ".lock", "-wal", "-shm")
        }


def test_who_comes_second_takes_the_key_that_is_there(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "key")

    assert file.make() == file.make() == file.read()


def _change_the_key(start: multiprocessing.synchronize.Barrier, path: Path, rounds: int) -> None:
    start.wait()
    for _ in range(rounds):
        ledger_at(path, wait=60, key=None).reseal(random_key())


def test_many_that_change_the_key_at_once_leave_one_that_opens_the_ledger(ledger_file: Path) -> None:
    complete(ledger_at(ledger_file, key=None), "alice", ATTEMPT, RECORD, None)
    context = multiprocessing.get_context("fork")
    start = context.Barrier(4)
    processes = [context.Process(target=_change_the_key, args=(start, ledger_file, 5)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0] * 4
    assert ledger_at(ledger_file, key=None).read("alice").record == RECORD
    assert len(KeyFile(ledger_file.with_name("ledger.sqlite3.key")).read()) == 1


def test_a_change_of_keys_that_was_cut_off_at_its_end_is_finished_by_the_next_run(ledger_file: Path) -> None:
    ledger, file, new_key = (
        ledger_at(ledger_file, wait=10, key=None),
        KeyFile(ledger_file.with_name("ledger.sqlite3.key")),
        random_key(),
    )
    ledger.begin("alice", ATTEMPT)
    (old_key,) = file.read()
    ledger.reseal(new_key)
    file.replace([old_key, new_key])

    assert not ledger_at(ledger_file, key=None).is_sealed_under(new_key)
    ledger_at(ledger_file, wait=10, key=None).reseal(new_key)
    assert file.read() == [new_key]
    assert ledger_at(ledger_file, key=None).is_sealed_under(new_key)
    assert ledger_at(ledger_file, key=None).read("alice").attempts == (ATTEMPT,)


def test_who_has_the_ledger_open_goes_on_under_a_new_key(ledger_file: Path) -> None:
    long_run = ledger_at(ledger_file, key=None)
    long_run.begin("alice", ATTEMPT)
    ledger_at(ledger_file, wait=10, key=None).reseal(random_key())

    assert long_run.read("alice").attempts == (ATTEMPT,)


# -- the disk -----------------------------------------------------------------------------------------------------------------


@contextmanager
def disk_of(kibibytes: int, mount_point: Path) -> Iterator[Path]:
    mount_point.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(mount_point)], check=True)
    try:
        yield mount_point
    finally:
        subprocess.run(["umount", str(mount_point)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root: run as root, or in a user namespace")
def test_a_ledger_on_a_small_disk_is_whole_or_not_there(tmp_path: Path) -> None:
    whole = 0
    for kibibytes in range(4, 264, 4):
        with disk_of(kibibytes, tmp_path / "disk") as disk:
            path = disk / "ledger.sqlite3"
            with suppress(LedgerError):
                ledger_at(path, key=None).begin("alice", ATTEMPT)
            if path.exists():
                whole += 1
                assert ledger_at(path, key=None).read("bob").record is None  # it opens
            for name in [file.name for file in disk.iterdir()]:
                assert name.startswith("ledger.sqlite3")
                assert not (disk / name).is_dir()
    assert whole
