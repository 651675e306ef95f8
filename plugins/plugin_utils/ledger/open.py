# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the `ledger` option to a ledger."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.base import Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger

SQLITE = "sqlite:///"


def open_ledger(url: str, key: str | None, scope: str, *, read_only: bool = False) -> Ledger:
    """Return the ledger at an URL, such as sqlite:///var/lib/ots/ledger.sqlite3 or sqlite:///~/ledger.sqlite3.

    `scope` names the server and the account: names are unique within it. `read_only` makes and changes nothing.
    Raises LedgerError for an URL that no back end knows.
    """
    if not url.startswith(SQLITE) or not url.removeprefix(SQLITE).strip("/"):
        raise LedgerError("ledger is no URL of a known kind", "give sqlite:///ABSOLUTE/PATH or sqlite:///~/PATH")
    path = url.removeprefix(SQLITE).lstrip("/")
    return SqliteLedger(
        Path(path).expanduser() if path.startswith("~") else Path("/", path), scope, key, read_only=read_only
    )
