"""Transactions that share a commit: each is all or nothing by itself, and none is told done before the disk has it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from onetime_server.group_commit import GroupCommit

LIMIT = 30


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    return tmp_path / "db"


@pytest.fixture
def commits() -> list[str]:
    return []


@pytest.fixture
def writer(file: Path, commits: list[str]) -> Iterator[GroupCommit]:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.set_trace_callback(lambda statement: commits.append(statement) if statement == "COMMIT" else None)
    writer = GroupCommit(connection)
    yield writer
    writer.close()


def rows(file: Path) -> set[int]:
    with closing(sqlite3.connect(file)) as connection:
        return {row[0] for row in connection.execute("SELECT n FROM t")}


def together(writer: GroupCommit, numbers: list[int], outcome: list[object], doom: int | None = None) -> None:
    """Insert `numbers`, each in a transaction of a thread of its own, all while the first one waits for them."""
    first_is_in, others_wait = threading.Event(), threading.Event()

    def insert(number: int) -> None:
        try:
            with writer.transaction() as connection:
                if number == numbers[0]:
                    first_is_in.set()
                    assert others_wait.wait(LIMIT)
                connection.execute("INSERT INTO t VALUES (?)", (number,))
                if number == doom:
                    connection.execute("INSERT INTO nowhere VALUES (1)")
            outcome.append(number)
        except sqlite3.Error as error:
            outcome.append(error)

    with ThreadPoolExecutor(len(numbers)) as pool:
        pool.submit(insert, numbers[0])
        assert first_is_in.wait(LIMIT)
        for number in numbers[1:]:
            pool.submit(insert, number)
        while writer._waiting < len(numbers) - 1:
            pass
        others_wait.set()


def test_those_that_come_meanwhile_share_one_commit(writer: GroupCommit, file: Path, commits: list[str]) -> None:
    outcome: list[object] = []

    together(writer, list(range(10)), outcome)

    assert sorted(map(str, outcome)) == [str(number) for number in range(10)]
    assert rows(file) == set(range(10))
    assert len(commits) == 1


@pytest.mark.parametrize("doom", [0, 5])
def test_one_that_fails_takes_nobody_along(writer: GroupCommit, file: Path, doom: int) -> None:
    outcome: list[object] = []

    together(writer, list(range(10)), outcome, doom)

    assert rows(file) == set(range(10)) - {doom}
    assert sum(isinstance(one, sqlite3.OperationalError) for one in outcome) == 1
    assert len(outcome) == 10


def test_of_many_who_delete_one_row_one_succeeds(writer: GroupCommit) -> None:
    with writer.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (1)")

    def take(_: int) -> bool:
        with writer.transaction() as connection:
            return connection.execute("DELETE FROM t WHERE n = 1 RETURNING 1").fetchone() is not None

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(take, range(100))) == 1


def test_a_commit_that_fails_is_told_to_all(writer: GroupCommit, file: Path) -> None:
    outcome: list[object] = []
    with writer.transaction() as connection:
        connection.execute("CREATE TABLE child (n INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
    writer._connection.execute("PRAGMA foreign_keys=ON")
    with writer.transaction() as connection:
        connection.execute(
            "CREATE TRIGGER spoil AFTER INSERT ON t WHEN new.n = 3 BEGIN INSERT INTO child VALUES (99); END"
        )

    together(writer, list(range(5)), outcome)

    assert [type(one) for one in outcome] == [sqlite3.IntegrityError] * 5
    assert rows(file) == set()
    with writer.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (7)")
    assert rows(file) == {7}


def test_a_transaction_that_sqlite_undoes_is_told_to_all(writer: GroupCommit, file: Path) -> None:
    outcome: list[object] = []
    with writer.transaction() as connection:
        connection.execute(
            "CREATE TRIGGER spoil BEFORE INSERT ON t WHEN new.n = 3 BEGIN SELECT RAISE(ROLLBACK, 'full'); END"
        )

    together(writer, list(range(5)), outcome)

    kept = rows(file)
    assert kept == {one for one in outcome if isinstance(one, int)}
    assert len(outcome) == 5
    assert 3 not in kept


def test_a_database_that_is_locked_for_good_fails_one_and_blocks_nobody(file: Path) -> None:
    connection = sqlite3.connect(file, timeout=0.01, isolation_level=None, check_same_thread=False)
    writer = GroupCommit(connection)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"), writer.transaction():
            pass
        other.execute("ROLLBACK")
    with writer.transaction() as own:
        own.execute("INSERT INTO t VALUES (1)")
    writer.close()
    assert rows(file) == {1}
