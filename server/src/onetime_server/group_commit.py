"""Many transactions, one commit: those that arrive while the disk is busy wait for one sync together.

Each is all or nothing by itself, sees what those before it did, and returns when it is on the disk.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_MOST = 100


@dataclass
class _Group:
    """Transactions that are committed together. `error` is set if they were not."""

    size: int = 0
    error: sqlite3.Error | None = None
    is_over: threading.Event = field(default_factory=threading.Event)


class GroupCommit:
    """One connection that all threads of this process write by."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: on the disk when the block has ended, undone if it raises."""
        group = self._enter()
        try:
            with self._savepoint():
                yield self._connection
        finally:
            self._leave(group)
        group.is_over.wait()
        if group.error is not None:
            raise group.error

    def close(self) -> None:
        """Close the connection; nothing may be written any more."""
        with self._turn:
            self._connection.close()

    def _enter(self) -> _Group:
        with self._counting:
            self._waiting += 1
        self._turn.acquire()
        with self._counting:
            self._waiting -= 1
        try:
            if self._group is None:
                self._connection.execute("BEGIN IMMEDIATE")
                self._group = _Group()
        except BaseException:
            self._turn.release()
            raise
        return self._group

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        self._connection.execute("SAVEPOINT one")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO one")
                self._connection.execute("RELEASE one")
            raise
        self._connection.execute("RELEASE one")

    def _leave(self, group: _Group) -> None:
        """Let the next one in. The last one commits for all."""
        group.size += 1
        if not self._waiting or group.size >= _MOST or not self._connection.in_transaction:
            self._end(group)
        self._turn.release()

    def _end(self, group: _Group) -> None:
        try:
            if not self._connection.in_transaction:  # SQLite undoes everything where the disk is full or broken
                raise sqlite3.OperationalError("the transaction was undone")
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            group.error = error
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        self._group = None
        group.is_over.set()
