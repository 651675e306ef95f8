# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of teams and of AWX: a schema in a PostgreSQL database that several controllers share."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Audit
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import NOBODY, SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Database

try:
    import psycopg
    from psycopg import conninfo, errors, rows
except ImportError:  # only who has such a ledger needs it
    HAS_PSYCOPG = False
else:
    HAS_PSYCOPG = True

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMA = "onetimesecret"
CONNECT_LIMIT = 15  # seconds; connect_timeout in the URL overrides it

# A controller that lost its power holds its locks until the server notices: within a minute, not after two hours.
KEEPALIVES = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}

# Not to_regclass(): that may remember from before a lock was granted that there was none.
FIND_LEDGER = "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'ledger'"

IS_HELD = """
    SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
    AND (classid::bigint << 32 | objid::bigint) = %s AND objsubid = 1
"""

# Whatever the server or the role has as its default, what was committed survives a power cut.
COMMIT_TO_DISK = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)

SET_ALL = "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS setting (name, value)"

FIND_HOLDER = """
    SELECT pid, application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = %s AND objsubid = 1
"""


class PostgresqlLedger(SqlLedger):
    """A `Ledger` in the schema `onetimesecret` of a database. `wait`: the longest wait for a name that another run holds.

    One connection serves from first use to `close`; no process may be forked in between. Once it is lost, so is every name
    that it held: nothing more is written over another one.
    """

    MARK = "%s"
    BLOB = "BYTEA"
    TO_UPDATE = " FOR UPDATE"

    def __init__(
        self,
        url: str,
        scope: str,
        keys: Sequence[bytes],
        *,
        wait: float,
        audit: Audit = NOBODY,
        read_only: bool = False,
    ) -> None:
        super().__init__(scope, audit=audit, read_only=read_only)
        self._parameters = _parameters(url)
        self._given_keys = list(keys)
        self._wait = wait
        self._connection: Connection[dict[str, Any]] | None = None
        self._is_known_to_be_there = False

    @property
    def place(self) -> str:
        parameters = self._parameters
        return f"postgresql://{parameters.get('host', '')}/{parameters.get('dbname', '')}"

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        lock = self._lock_number(name)
        with self._faults():
            try:
                self._db().execute("SELECT pg_advisory_lock(%s)", (lock,))
            except errors.LockNotAvailable:
                raise LedgerError.held(name, self._holder(lock), self._wait) from None
        try:
            yield
        finally:
            with suppress(psycopg.Error):  # a lost connection has given the lock back
                self._db().execute("SELECT pg_advisory_unlock(%s)", (lock,))

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _lock_number(self, name: str) -> int:
        return _number(f"{SCHEMA} {self._scope} {name}")

    def _check_held(self, db: Database, name: str) -> None:
        # A pooler between us may have given the transaction another session than the one that took the lock.
        if not db.execute(IS_HELD, (self._lock_number(name),)).fetchone():
            raise LedgerError(
                f"the lock of {name!r} was lost: this is not the database session that took it",
                "connect to PostgreSQL itself, or to a pooler in session mode, then run again",
            )

    def _renew(self) -> None:
        if self._connection and self._connection.closed:
            self._connection = None

    def _keys(self) -> list[bytes]:
        if not self._given_keys:
            raise LedgerError(
                "ledger_key is missing; controllers that share a ledger need the same one",
                "make one with: openssl rand -base64 32",
            )
        return self._given_keys

    def _is_there(self) -> bool:
        if not self._is_known_to_be_there:
            with self._faults():
                self._is_known_to_be_there = bool(self._db().execute(FIND_LEDGER, (SCHEMA,)).fetchone())
        return self._is_known_to_be_there

    def _make(self) -> None:
        with self._session(write=True, alone=True) as db:
            if not self._is_there():
                db.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
                self._fill(db)

    @contextmanager
    def _session(self, *, write: bool, alone: bool = False) -> Iterator[Database]:
        with self._faults():
            connection = self._db()
            with connection.transaction():
                if write:
                    how = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
                    connection.execute(f"SELECT {how}(%s)", (_number(SCHEMA),))
                yield connection

    def _db(self) -> Connection[dict[str, Any]]:
        if self._connection is None:
            self._connection = psycopg.connect(**self._parameters, autocommit=True, row_factory=rows.dict_row)
            wait = f"{max(1, int(self._wait * 1000))}ms"  # 0 would be for ever
            settings = {"search_path": SCHEMA, "lock_timeout": wait, "default_transaction_isolation": "read committed"}
            values = {**settings, **KEEPALIVES}
            self._connection.execute(SET_ALL, (list(values), list(values.values())))
            self._connection.execute(COMMIT_TO_DISK)
        return self._connection

    def _holder(self, lock: int) -> str:
        holder = self._db().execute(FIND_HOLDER, (lock,)).fetchone()
        return f"{holder['application_name']} (server process {holder['pid']})" if holder else "another run"

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            words = str(error).strip().splitlines() or [type(error).__name__]
            problem = f"the ledger {self.place} cannot be used: {words[0]}"
            raise LedgerError(problem, "check the database, the connection to it and the role's rights") from None


def _parameters(url: str) -> dict[str, Any]:
    """Return libpq's parameters of an URL; raise LedgerError, without a word of the URL, where it has none."""
    if not HAS_PSYCOPG:
        raise LedgerError(
            "a ledger in PostgreSQL needs the Python package psycopg on the controller",
            "install it: pip install 'psycopg[binary]>=3.2'",
        )
    try:
        parameters = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parameters = None
    # A password with a bare @ or / would make parts of itself a host, a port or a database, and errors would show them.
    if parameters is None or not _is_plain(parameters):
        raise LedgerError(
            "ledger is not a URL that libpq understands",
            "write postgresql://USER@HOST/DATABASE and percent-encode special characters of a password",
        )
    us = f"onetimesecret.ots on {socket.gethostname()}, process {os.getpid()}"
    return {"connect_timeout": CONNECT_LIMIT, "application_name": us[:63], **parameters}


def _is_plain(parameters: dict[str, Any]) -> bool:
    host, database, port = (str(parameters.get(name, "")) for name in ("host", "dbname", "port"))
    return "@" not in host + database and (not port or port.replace(",", "").isdigit())


def _number(key: str) -> int:
    """A key as an advisory lock's number, 64 bits with a sign."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
