# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few statements that the ledger makes, on the tables of whatever database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

Row = dict[str, Any]

# The columns that identify a row of a table.
KEYS = {
    "link": ("scope", "name"),
    "attempt": ("scope", "name", "id"),
    "pending_burn": ("scope", "name", "key_digest"),
    "revealed": ("scope", "name", "key_digest"),
    "delivery": ("scope", "name", "part"),
    "announcement": ("scope", "name", "matter"),
    "told": ("scope", "name", "digest"),
    "event": ("number",),
}


class Cursor(Protocol):
    """What is used of the result of a statement, in sqlite3 and psycopg alike."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""

    def fetchone(self) -> Any:
        """Return the next row; None after the last one."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""


class Database(Protocol):
    """What is used of a connection, in sqlite3 and psycopg alike; rows come as dictionaries."""

    def execute(self, statement: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """Run a statement."""


@dataclass(frozen=True)
class Tables:
    """The tables of a ledger within one transaction.

    mark: of a parameter in a statement. blob: the type for bytes. to_update: what a SELECT ends in that makes others wait.
    """

    db: Database
    mark: str
    blob: str
    to_update: str

    def execute(self, statement: str) -> None:
        self.db.execute(statement)

    def select(self, table: str, **where: str | Sequence[str]) -> list[Row]:
        """Return the rows, in one order whichever was written last: else a database is free to choose any.

        A column may have one of several values.
        """
        # Sorted here: for an ORDER BY, SQLite reads a whole scope rather than find a few rows by another index.
        statement = f"SELECT * FROM {table}{self._where(where)}"  # noqa: S608
        rows = [dict(row) for row in self.db.execute(statement, _parameters(where)).fetchall()]
        return sorted(rows, key=itemgetter(*KEYS[table])) if table in KEYS else rows

    def hold(self, table: str) -> list[Row]:
        """Return the rows as they are when nobody else has them, and let others wait for them until the transaction ends."""
        return [dict(row) for row in self.db.execute(f"SELECT * FROM {table}{self.to_update}").fetchall()]  # noqa: S608

    def slices(self, table: str, column: str, size: int, *, newest_first: bool = False) -> Iterator[Row]:
        """Yield all rows by a column of numbers, not more than `size` of them in memory; what was read may be changed."""
        sign, order = ("<", "DESC") if newest_first else (">", "ASC")
        beyond, parameters = "", tuple[int, ...]()
        while True:
            statement = f"SELECT * FROM {table}{beyond} ORDER BY {column} {order} LIMIT {size}"  # noqa: S608
            rows = [dict(row) for row in self.db.execute(statement, parameters).fetchall()]
            yield from rows
            if len(rows) < size:
                return
            beyond, parameters = f" WHERE {column} {sign} {self.mark}", (rows[-1][column],)

    def delete_below(self, table: str, column: str, number: int) -> None:
        """Delete the rows whose number in a column is smaller."""
        self.db.execute(f"DELETE FROM {table} WHERE {column} < {self.mark}", (number,))  # noqa: S608

    def delete(self, table: str, **where: str) -> int:
        """Delete the rows; return how many there were."""
        statement = f"DELETE FROM {table}{self._where(where)}"  # noqa: S608
        return self.db.execute(statement, _parameters(where)).rowcount

    def insert(self, table: str, row: Row, on_conflict: str = "") -> None:
        marks = ", ".join([self.mark] * len(row))
        statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks}){on_conflict}"  # noqa: S608
        self.db.execute(statement, tuple(row.values()))

    def update(self, table: str, row: Row) -> None:
        """Update the only row of a table."""
        updates = ", ".join(f"{column} = {self.mark}" for column in row)
        self.db.execute(f"UPDATE {table} SET {updates}", tuple(row.values()))  # noqa: S608

    def put(self, table: str, row: Row) -> None:
        """Insert a row, or update the one with the same key."""
        updates = ", ".join(f"{column} = excluded.{column}" for column in row)
        self.insert(table, row, f" ON CONFLICT ({', '.join(KEYS[table])}) DO UPDATE SET {updates}")

    def _where(self, where: Mapping[str, str | Sequence[str]]) -> str:
        terms = [
            f"{column} = {self.mark}"
            if isinstance(value, str)
            else f"{column} IN ({', '.join([self.mark] * len(value))})"
            for column, value in where.items()
        ]
        return f" WHERE {' AND '.join(terms)}" if terms else ""


def _parameters(where: Mapping[str, str | Sequence[str]]) -> tuple[str, ...]:
    return tuple(part for value in where.values() for part in ([value] if isinstance(value, str) else value))
