"""E-mails that wait to be sent. They outlive a crash, sealed, and none is sent twice knowingly.

state    | meaning
---------|-------------------------------------------------------------------------------------------------
waiting  | not sent yet; at `due` it is tried, again and again until its link expires
sending  | handed to a mail server just now, by the process whose lease ends at `due`
unknown  | handed to a mail server that did not confirm it, or whose process died: sent again only by hand
failed   | refused for good
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from .database import Database
from .notice import Notice
from .vault import Vault

LEASE = 300
"""Seconds in which one e-mail is surely sent, or not."""
_FIRST_PAUSE, _LONGEST_PAUSE = 30, 3_600


@dataclass(frozen=True)
class Waiting:
    """An e-mail as the operator may see it. Times are unix seconds. No link is in it."""

    id: int
    state: str
    attempts: int
    due: float
    expires: float
    problem: str
    notice: Notice = field(repr=False)


class Outbox:
    """The queue in the database; several processes may share it."""

    def __init__(self, database: Database, vault: Vault, clock: Callable[[], float]) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def add(self, notice: Notice) -> None:
        """Have an e-mail sent."""
        sealed = self._vault.seal(json.dumps(asdict(notice)).encode())
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO mail (state, attempts, due, expires, problem, sealed) VALUES ('waiting', 0, ?, ?, '', ?)",
                (self._clock(), notice.expires, sealed),
            )

    def take(self) -> Waiting | None:
        """Return the next one that is due, for LEASE seconds ours; None where there is none."""
        now = self._clock()
        with self._database.transaction() as connection:
            self._tidy(connection, now)
            row = connection.execute(
                "UPDATE mail SET state = 'sending', attempts = attempts + 1, due = ? WHERE id ="
                " (SELECT id FROM mail WHERE state = 'waiting' AND due <= ? ORDER BY due, id LIMIT 1) RETURNING *",
                (now + LEASE, now),
            ).fetchone()
        return self._opened(row) if row else None

    def sent(self, mail: Waiting) -> None:
        """Forget an e-mail: the mail server has it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM mail WHERE id = ?", (mail.id,))

    def postpone(self, mail: Waiting, problem: str) -> None:
        """Try it again later: it was surely not sent."""
        pause = min(_FIRST_PAUSE * 2 ** min(mail.attempts - 1, 10), _LONGEST_PAUSE)
        self._set(mail, "waiting", self._clock() + pause, problem)

    def give_up(self, mail: Waiting, state: str, problem: str) -> None:
        """Leave it to the operator. state: failed, or unknown."""
        self._set(mail, state, self._clock(), problem)

    def all(self) -> list[Waiting]:
        """Return all that is not sent, the oldest first."""
        with self._database.transaction() as connection:
            self._tidy(connection, self._clock())
            rows = connection.execute("SELECT * FROM mail ORDER BY id").fetchall()
        return [self._opened(row) for row in rows]

    def retry(self, number: int | None) -> int:
        """Have one e-mail, or all that failed or are unknown, tried now. Returns how many there are."""
        with self._database.transaction() as connection:
            return connection.execute(
                "UPDATE mail SET state = 'waiting', due = ?, problem = '' WHERE state != 'sending' AND (id = ?2 OR ?2 IS NULL)",
                (self._clock(), number),
            ).rowcount

    def _tidy(self, connection: sqlite3.Connection, now: float) -> None:
        connection.execute("DELETE FROM mail WHERE expires <= ?", (now,))
        connection.execute(
            "UPDATE mail SET state = 'unknown', problem = 'the process that sent it died' WHERE state = 'sending' AND due <= ?",
            (now,),
        )

    def _set(self, mail: Waiting, state: str, due: float, problem: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE mail SET state = ?, due = ?, problem = ? WHERE id = ?", (state, due, problem, mail.id)
            )

    def _opened(self, row: sqlite3.Row) -> Waiting:
        notice = Notice(**json.loads(self._vault.open(row["sealed"])))
        return Waiting(row["id"], row["state"], row["attempts"], row["due"], row["expires"], row["problem"], notice)
