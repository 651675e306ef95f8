# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the `ledger` option to a ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger

SQLITE = "sqlite:///"
POSTGRESQL = ("postgresql://", "postgres://")


@contextmanager
def open_ledger(
    options: Mapping[str, Any], scope: str, *, next_key: str | None = None, read_only: bool = False
) -> Iterator[SqlLedger]:
    """Hold the ledger that the options name, such as sqlite:///var/lib/ots/ledger.sqlite3 or postgresql://db/ots, open.

    `scope` names the server and the account: names are unique within it. `next_key` opens the ledger as well as the key that
    the options give. `read_only` makes and changes nothing.
    Raises LedgerError for an URL that no back end knows.
    """
    url, wait = options["ledger"], options["ledger_wait"]
    keys = [key for key in (options["ledger_key"], next_key) if key] if options["ledger_key"] else []
    with closing(_ledger(url, scope, keys, wait, read_only=read_only)) as ledger:
        yield ledger


def _ledger(url: str, scope: str, keys: Sequence[str], wait: float, *, read_only: bool) -> SqlLedger:
    if wait < 0:
        raise LedgerError("ledger_wait is less than 0", "give the seconds to wait for a name that another run holds")
    if url.startswith(POSTGRESQL):
        # Here, not above: psycopg is not to be paid for by who has a file.
        from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.postgresql import PostgresqlLedger

        return PostgresqlLedger(url, scope, keys, wait=wait, read_only=read_only)
    path = url.removeprefix(SQLITE).lstrip("/")
    if not url.startswith(SQLITE) or not path:
        raise LedgerError(
            "ledger is no URL of a known kind",
            "give sqlite:///ABSOLUTE/PATH, sqlite:///~/PATH or postgresql://HOST/DATABASE",
        )
    file = Path(path).expanduser() if path.startswith("~") else Path("/", path)
    return SqliteLedger(file, scope, keys, wait=wait, read_only=read_only)
