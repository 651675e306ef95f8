# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger's tables, in SQL that every back end understands.

Only what rows are found by stands open; all else is sealed in one document (see rows.py), so that a record may hold more one
day without another schema. Older schemas become this one in migrations.py.
"""

from __future__ import annotations

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Audit
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import random_key
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Fingerprints, Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Row, Tables
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.trail import Trail

VERSION = 5


def create(tables: Tables, seal: Seal) -> None:
    """Make the tables of a new ledger, with a fingerprint key of its own."""
    tables.execute(
        f"CREATE TABLE ledger (version INTEGER NOT NULL, key_check TEXT NOT NULL, sealed {tables.blob} NOT NULL)"
    )
    create_records(tables)
    create_announcements(tables)
    create_told(tables)
    fingerprint_key = random_key()
    create_trail(tables, seal, fingerprint_key)
    describe(tables, seal, fingerprint_key)


def create_trail(tables: Tables, seal: Seal, fingerprint_key: bytes) -> Trail:
    """Make the tables of the audit trail; return the trail."""
    trail = Trail(tables, seal, Fingerprints(fingerprint_key), Audit())
    trail.create()
    return trail


def create_records(tables: Tables) -> None:
    """Make the tables of what is held under the names, as version 3 has them."""
    _create(tables, "link", "key_digest TEXT NOT NULL", "scope, name")
    _create(tables, "attempt", "id TEXT NOT NULL", "scope, name, id")
    _create(tables, "pending_burn", "key_digest TEXT NOT NULL", "scope, name, key_digest")
    _create(tables, "revealed", "key_digest TEXT NOT NULL", "scope, name, key_digest")
    _create(tables, "delivery", "part TEXT NOT NULL", "scope, name, part")
    tables.execute("CREATE INDEX link_by_key ON link (scope, key_digest)")


def create_announcements(tables: Tables) -> None:
    """Make the table of what watchers know."""
    _create(tables, "announcement", "matter TEXT NOT NULL", "scope, name, matter")


def create_told(tables: Tables) -> None:
    """Make the table of how links and passphrases went."""
    _create(tables, "told", "digest TEXT NOT NULL", "scope, name, digest")


def _create(tables: Tables, table: str, columns: str, key: str) -> None:
    tables.execute(f"""
        CREATE TABLE {table} (
            scope TEXT NOT NULL, name TEXT NOT NULL, {columns}, sealed {tables.blob} NOT NULL,
            PRIMARY KEY ({key})
        )""")


def version_of(ledger: Row) -> int:
    """Return the version that the row of the table `ledger` names; version 1 had no column for it."""
    return int(ledger.get("version", 1))


def describe(tables: Tables, seal: Seal, fingerprint_key: bytes) -> None:
    """Write the row of the table `ledger`, the only one."""
    row: Row = {"version": VERSION, "key_check": seal.check}
    sealed = seal.close({"fingerprint_key": fingerprint_key.hex()}, identity(row))
    tables.delete("ledger")
    tables.insert("ledger", {**row, "sealed": sealed})


def fingerprint_key(ledger: Row, seal: Seal) -> bytes:
    """Return the key of the ledger's fingerprints. Raises LedgerError where the row was altered."""
    return bytes.fromhex(str(seal.open(ledger["sealed"], identity(ledger), "the ledger itself")["fingerprint_key"]))


def identity(ledger: Row) -> tuple[str, ...]:
    """What the sealed part of that row is bound to."""
    return ("ledger", f"version={ledger['version']}", f"key_check={ledger['key_check']}")
