# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the `ledger` option to a ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.durations import parse_duration
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import DAY, Audit
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import KeyFile, parse_key
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger

BY = "by"  # under this name options tell who runs, for the audit trail

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
    keys = _given_keys(options, next_key)
    settings = {"wait": _wait(options), "audit": _audit(options), "read_only": read_only}
    with closing(_ledger(options["ledger"], scope, keys, settings)) as ledger:
        yield ledger


def _wait(options: Mapping[str, Any]) -> float:
    wait = float(options["ledger_wait"])
    if wait < 0:
        raise LedgerError("ledger_wait is less than 0", "give the seconds to wait for a name that another run holds")
    if wait > DAY:
        raise LedgerError(
            "ledger_wait is more than a day", "give the seconds to wait for a name that another run holds"
        )
    return wait


def _audit(options: Mapping[str, Any]) -> Audit:
    keep = options.get("audit_keep")
    if keep is None:
        return Audit(options.get(BY, {}))
    seconds = parse_duration(keep, "audit_keep")
    if seconds < DAY:
        raise LedgerError("audit_keep is less than a day", "give the days that events are to be kept, such as 400d")
    return Audit(options.get(BY, {}), seconds)


def _given_keys(options: Mapping[str, Any], next_key: str | None) -> list[bytes]:
    text, file = options["ledger_key"], options["ledger_key_file"]
    if text and file:
        raise LedgerError("ledger_key and ledger_key_file are both given", "give one of them")
    keys = _keys_in_file(file) if file else [parse_key(text)] if text else []
    return [*keys, parse_key(next_key, "new_ledger_key")] if keys and next_key else keys


def _keys_in_file(path: str) -> list[bytes]:
    """Return the keys in a file of its own. A path that leads nowhere is not shown: it may be the key itself."""
    try:
        is_there = Path(path).exists()
    except OSError as error:
        raise LedgerError.from_os("ledger_key_file cannot be read", error) from None
    if not is_there:
        raise LedgerError("ledger_key_file does not exist", "check the path; give a key itself as ledger_key")
    return KeyFile(Path(path)).read()


def _ledger(url: str, scope: str, keys: Sequence[bytes], settings: Mapping[str, Any]) -> SqlLedger:
    if url.startswith(POSTGRESQL):
        # Here, not above: psycopg is not to be paid for by who has a file.
        from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.postgresql import PostgresqlLedger

        return PostgresqlLedger(url, scope, keys, **settings)
    path = url.removeprefix(SQLITE).lstrip("/")
    if not url.startswith(SQLITE) or not path:
        raise LedgerError(
            "ledger is not a URL of a known kind",
            "give sqlite:///ABSOLUTE/PATH, sqlite:///~/PATH or postgresql://HOST/DATABASE",
        )
    file = _expanded(path) if path.startswith("~") else Path("/", path)
    try:
        return SqliteLedger(file, scope, keys, **settings)
    except (OSError, RuntimeError, ValueError):  # links in a circle, or a NUL character
        raise LedgerError("the path in ledger cannot be followed", "give another one") from None


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # a user without HOME and without an entry in the password database, as in a container
        raise LedgerError(
            "ledger begins with ~, and this user has no home folder", "set HOME, or give sqlite:///ABSOLUTE/PATH"
        ) from None
