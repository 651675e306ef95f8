# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ledgers of earlier versions become ledgers of this one: an ordered list, each step from one version to the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import schema
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Happening, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import HANDED_OVER, MAIL, Part, Told
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.rows import Rows, bound_to, closed, reopened
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Fingerprints, Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import Row, Tables

THE_LEDGER = ("ledger", "the ledger itself")  # what version 2 bound its description to


def migrate(tables: Tables, version: int, seal: Seal) -> None:
    """Bring a ledger of this version to the present one. Raises LedgerError where a row does not open: nothing is changed."""
    for step in MIGRATIONS[version - 1 :]:
        step(tables, seal)


def from_1_to_2(tables: Tables, seal: Seal) -> None:
    """Version 1 (0.1.0). Its intents are dropped: it did not keep what is needed to look for the links they may have left."""
    tables.execute("ALTER TABLE ledger ADD COLUMN version INTEGER")
    tables.execute(f"ALTER TABLE ledger ADD COLUMN sealed {tables.blob}")
    tables.execute("ALTER TABLE link ADD COLUMN value_created_at BIGINT NOT NULL DEFAULT 0")
    tables.execute("UPDATE link SET value_created_at = created_at")
    tables.execute("DROP TABLE attempt")
    tables.execute(f"""
        CREATE TABLE attempt (
            scope TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, sealed {tables.blob} NOT NULL,
            started_at BIGINT NOT NULL, ttl BIGINT, recipient TEXT, share_domain TEXT,
            PRIMARY KEY (scope, name, id)
        )""")
    tables.execute(f"""
        CREATE TABLE revealed (
            scope TEXT NOT NULL, name TEXT NOT NULL, key_digest TEXT NOT NULL, sealed {tables.blob} NOT NULL,
            started_at BIGINT NOT NULL,
            PRIMARY KEY (scope, name, key_digest)
        )""")
    tables.execute("""
        CREATE TABLE delivery (
            scope TEXT NOT NULL, name TEXT NOT NULL, part TEXT NOT NULL, channel TEXT NOT NULL,
            destination TEXT NOT NULL, sent_at BIGINT NOT NULL,
            PRIMARY KEY (scope, name, part)
        )""")
    sealed = seal.close({"fingerprint_key": seal.fingerprint_key.hex()}, THE_LEDGER)
    tables.delete("ledger")
    tables.insert("ledger", {"version": 2, "key_check": seal.check, "sealed": sealed})


def from_2_to_3(tables: Tables, seal: Seal) -> None:
    """Version 2 (0.2.0) kept all but the secrets of a row in open columns, which nothing protected."""
    (ledger,) = tables.select("ledger")
    fingerprint_key = bytes.fromhex(
        str(seal.open(ledger["sealed"], THE_LEDGER, "the ledger itself")["fingerprint_key"])
    )
    tables.execute("ALTER TABLE owed_burn RENAME TO pending_burn")
    kept = {table: tables.select(table) for table in _OPEN_IN_2}
    tables.execute("DROP INDEX link_by_key")
    for table in _OPEN_IN_2:
        tables.execute(f"DROP TABLE {table}")
    schema.create_records(tables)
    for table, rows in kept.items():
        for row in rows:
            tables.put(table, _sealed_whole(table, row, seal))
    schema.describe(tables, seal, fingerprint_key)


def from_3_to_4(tables: Tables, seal: Seal) -> None:
    """Version 3 kept no audit trail. It begins with the links that there are, so that each has an event that tells of it.

    Nor did it note what watchers know.
    """
    schema.create_announcements(tables)
    (ledger,) = tables.select("ledger")
    fingerprint_key = schema.fingerprint_key(ledger, seal)
    trail = schema.create_trail(tables, seal, fingerprint_key)
    links = [(row["scope"], row["name"], reopened(seal, "link", row)) for row in tables.select("link")]
    trail.tell([(scope, name, _known(link)) for scope, name, link in links])
    schema.describe(tables, seal, fingerprint_key)


def from_4_to_5(tables: Tables, seal: Seal) -> None:
    """Version 4 forgot how a passphrase went when the link that it opened got a successor."""
    schema.create_told(tables)
    (ledger,) = tables.select("ledger")
    fingerprint_key = schema.fingerprint_key(ledger, seal)
    for row in tables.select("link"):
        _keep_ways(tables, row, Rows(seal, Fingerprints(fingerprint_key), row["scope"]))
    schema.describe(tables, seal, fingerprint_key)


MIGRATIONS: tuple[Callable[[Tables, Seal], None], ...] = (from_1_to_2, from_2_to_3, from_3_to_4, from_4_to_5)

_OPEN_IN_2 = {
    "link": ("key_digest",),
    "attempt": ("id",),
    "pending_burn": ("key_digest",),
    "revealed": ("key_digest",),
    "delivery": ("part",),
}


def _sealed_whole(table: str, row: Row, seal: Seal) -> Row:
    fields = dict(row)
    open_ = {column: fields.pop(column) for column in ("scope", "name", *_OPEN_IN_2[table])}
    if table != "delivery":
        identity = ("owed_burn" if table == "pending_burn" else table, open_["scope"], open_["name"])
        fields |= seal.open(fields.pop("sealed"), identity, open_["name"])
    if table == "link":
        fields = _link_of_2(fields)
    return {**open_, "sealed": seal.close(closed(fields), bound_to(table, open_))}


def _known(link: Mapping[str, Any]) -> Happening:
    return Happening(What.KNOWN, link["metadata_key"], link["options"].get("recipient"), link["created_at"])


def _keep_ways(tables: Tables, row: Row, rows: Rows) -> None:
    """Keep how link and passphrase went. Nobody could send both the same way without saying that they may."""
    record = rows.link(row)
    sent = [rows.delivery(it) for it in tables.select("delivery", scope=row["scope"], name=row["name"])]
    services = [MAIL] * bool(record.recipient) + [it.way.service for it in sent if it.part in HANDED_OVER]
    of = {Part.LINK: record.metadata_key, Part.PASSPHRASE: record.fingerprints.get("passphrase")}
    for it in sent:
        if known := of.get(it.part):
            told = Told(it.part, known, it.way, same_channel=services.count(it.way.service) > 1)
            tables.put("told", rows.of_told(row["name"], told))


def _link_of_2(fields: Mapping[str, Any]) -> Row:
    """A link's options had fields of their own; the domain that was asked for was not kept, nor was the length."""
    options = {
        "passphrase": fields["passphrase"],
        "ttl": fields["ttl_asked"],
        "recipient": fields["recipient"],
        "share_domain": fields["share_domain"] or None,
    }
    others = {name: value for name, value in fields.items() if name not in ("passphrase", "ttl_asked", "recipient")}
    return {
        **others,
        "fingerprints": json.loads(fields["fingerprints"]),
        "options": {name: value for name, value in options.items() if value is not None},
    }
