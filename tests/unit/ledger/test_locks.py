"""One lock file for all names: who waits, who is refused and why, and that the lock is in the file that is at the path."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import locks
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.locks import LockFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.lock"


@pytest.fixture
def elsewhere(path: Path) -> Iterator[Callable[[str], bool]]:
    """Whether another process finds the name free. It forks, as locks are a process's."""

    def is_free(name: str) -> bool:
        pid = os.fork()
        if pid == 0:
            try:
                with LockFile(path).locked(name, shown=name, wait=0):
                    os._exit(0)
            finally:
                os._exit(1)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    return is_free  # type: ignore[return-value]


def open_files(path: Path) -> int:
    """How often this process has a file open, at the path or removed from it."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found += str(descriptor.readlink()).removesuffix(" (deleted)") == str(path)
        except FileNotFoundError:  # the one that listed them
            continue
    return found


def test_names_are_held_one_by_one_and_the_file_is_closed_behind_them(
    path: Path, elsewhere: Callable[[str], bool]
) -> None:
    file = LockFile(path)
    with file.locked("a", shown="a", wait=0):
        assert (elsewhere("a"), elsewhere("b")) == (False, True)
        with file.locked("b", shown="b", wait=0):
            assert (elsewhere("a"), elsewhere("b")) == (False, False)
        assert (elsewhere("a"), elsewhere("b")) == (False, True)
        assert open_files(path) == 1
    assert elsewhere("a")
    assert open_files(path) == 0
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_replaced_before_it_is_locked_is_not_taken_for_the_lock(
    path: Path, elsewhere: Callable[[str], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, file, replaced = locks._lock, LockFile(path), []

    def replacing(descriptor: int, offset: int) -> bool:
        if not replaced:
            path.unlink()
            path.touch(mode=0o600)
            replaced.append(path)
        return lock(descriptor, offset)

    monkeypatch.setattr(locks, "_lock", replacing)
    with file.locked("a", shown="a", wait=1):
        monkeypatch.setattr(locks, "_lock", lock)
        file.check_held("a", "a")
        assert not elsewhere("a")
        assert open_files(path) == 1
    assert open_files(path) == 0


def test_a_lock_that_is_held_elsewhere_leaves_no_file_open(path: Path) -> None:
    (held, says_held), (over, says_over) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        with LockFile(path).locked("a", shown="a", wait=0):
            os.write(says_held, b".")
            os.read(over, 1)
        os._exit(0)
    os.read(held, 1)
    try:
        with pytest.raises(LedgerError) as raised, LockFile(path).locked("a", shown="db/alice", wait=0):
            pass
    finally:
        os.write(says_over, b".")
        os.waitpid(pid, 0)
    assert str(raised.value) == (
        f"'db/alice' is held by process {pid}, for more than 0 seconds; check what that run waits for, or set a longer ledger_wait"
    )
    assert open_files(path) == 0


def test_it_looks_often_at_first_and_then_every_twentieth_of_a_second(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, pauses = [100.0], list[float]()

    def slept(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(locks.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(locks.time, "sleep", slept)
    monkeypatch.setattr(locks, "_lock", lambda _file, _offset: False)
    with (
        pytest.raises(LedgerError, match=r"for more than 0\.15 seconds"),
        LockFile(path).locked("a", shown="a", wait=0.15),
    ):
        pass
    assert pauses == pytest.approx([0.002, 0.004, 0.008, 0.016, 0.032, 0.05, 0.05])


def test_what_is_refused_says_why(path: Path) -> None:
    file = LockFile(path)
    with file.locked("a", shown="a", wait=0):
        with pytest.raises(LedgerError) as twice, file.locked("a", shown="db/alice", wait=9):
            pass
        with pytest.raises(LedgerError) as other:
            file.check_held("b", "db/bob")
        path.unlink()
        with pytest.raises(LedgerError) as lost:
            file.check_held("a", "db/alice")
    assert str(twice.value) == "'db/alice' is held by this run already; name it once"
    fix = "leave the lock file where it is, then run again"
    was_lost = f"was lost: the lock file {path} was removed or replaced during the run; {fix}"
    assert str(other.value) == f"the lock of 'db/bob' {was_lost}"
    assert str(lost.value) == f"the lock of 'db/alice' {was_lost}"

    path.mkdir()
    with pytest.raises(LedgerError) as unusable, file.locked("a", shown="a", wait=0):
        pass
    fix = "check the disk and the rights of the user who runs Ansible"
    assert str(unusable.value) == f"the ledger's lock file {path} cannot be opened: Is a directory; {fix}"


def test_a_forked_child_has_a_lock_file_of_its_own(path: Path) -> None:
    """It inherits no lock, and would take its parent's for one of its own."""
    with locks.lock_file(path).locked("a", shown="a", wait=0):
        assert locks.lock_file(path) is locks.lock_file(path)
        pid = os.fork()
        if pid == 0:
            try:
                locks.lock_file(path).check_held("a", "a")
                os._exit(1)
            except LedgerError:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
