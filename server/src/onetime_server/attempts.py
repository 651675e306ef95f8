"""Wrong passphrases per secret and action (reveal, burn): so many lock it for half an hour (contract §5, §12)."""

from __future__ import annotations

import sqlite3

from .errors import TooManyWrongPassphrasesError

_LOCKED_FOR = 30 * 60


class Attempts:
    """Counts in the database; gone with the secret. `most` is None for a release without this limit."""

    def __init__(self, most: int | None) -> None:
        self._most = most

    def left(self, connection: sqlite3.Connection, secret: bytes, action: str, now: float) -> int | None:
        """How many tries are left; None for any number."""
        return None if self._most is None else max(0, self._most - self._count(connection, secret, action, now))

    def admit(self, connection: sqlite3.Connection, secret: bytes, action: str, now: float, passphrase: str) -> None:
        """Count an attempt before it is made, so that parallel ones cannot slip through; the right one ends them all.

        Raises TooManyWrongPassphrasesError.
        """
        if self._most is None:
            return
        connection.execute("DELETE FROM attempt WHERE key_hash = ? AND forgotten <= ?", (secret, now))
        if self._count(connection, secret, action, now) >= self._most:
            raise TooManyWrongPassphrasesError
        if passphrase:
            connection.execute(
                "INSERT INTO attempt (key_hash, action, count, forgotten) VALUES (?, ?, 1, ?) ON CONFLICT "
                "(key_hash, action) DO UPDATE SET count = count + 1, forgotten = excluded.forgotten",
                (secret, action, now + _LOCKED_FOR),
            )

    def _count(self, connection: sqlite3.Connection, secret: bytes, action: str, now: float) -> int:
        row = connection.execute(
            "SELECT count FROM attempt WHERE key_hash = ? AND action = ? AND forgotten > ?", (secret, action, now)
        ).fetchone()
        return int(row["count"]) if row else 0
