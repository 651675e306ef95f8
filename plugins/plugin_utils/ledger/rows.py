# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as rows of a table: which columns stand open and which are sealed. The same in every back end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Fingerprints, Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import (
    Attempt,
    Channel,
    Delivery,
    Kind,
    OwedBurn,
    Part,
    Record,
    Revealed,
)

Row = dict[str, Any]

SEALED = {
    "link": ("metadata_key", "secret_key", "passphrase", "value"),
    "attempt": ("passphrase",),
    "owed_burn": ("metadata_key", "passphrase"),
    "revealed": ("secret_key", "value"),
}


class Rows:
    """Turns records into rows and back, for one scope (a server and an account)."""

    def __init__(self, seal: Seal, fingerprints: Fingerprints, scope: str) -> None:
        self.seal = seal
        self.fingerprints = fingerprints
        self._scope = scope

    def key_digest(self, key: str) -> str:
        """Return what stands for a metadata key or a secret key in an open column, so that its row can be found."""
        return self.fingerprints.of("metadata_key", key)

    def of_link(self, name: str, record: Record) -> Row:
        columns = {**asdict(record), "fingerprints": json.dumps(record.fingerprints)}
        return self._sealed("link", name, {**columns, "key_digest": self.key_digest(record.metadata_key)})

    def of_attempt(self, name: str, attempt: Attempt) -> Row:
        return self._sealed("attempt", name, asdict(attempt))

    def of_owed_burn(self, name: str, owed: OwedBurn) -> Row:
        return self._sealed("owed_burn", name, {**asdict(owed), "key_digest": self.key_digest(owed.metadata_key)})

    def of_delivery(self, name: str, delivery: Delivery) -> Row:
        return {"scope": self._scope, "name": name, **asdict(delivery)}

    def of_revealed(self, name: str, revealed: Revealed) -> Row:
        return self._sealed("revealed", name, {**asdict(revealed), "key_digest": self.key_digest(revealed.secret_key)})

    def link(self, row: Mapping[str, Any]) -> Record:
        columns = self._opened("link", row)
        converted = {
            "kind": Kind(columns["kind"]),
            "state": State(columns["state"]),
            "fingerprints": json.loads(columns["fingerprints"]),
        }
        return Record(**{**columns, **converted})

    def attempt(self, row: Mapping[str, Any]) -> Attempt:
        return Attempt(**self._opened("attempt", row))

    def owed_burn(self, row: Mapping[str, Any]) -> OwedBurn:
        return OwedBurn(**self._opened("owed_burn", row))

    def revealed(self, row: Mapping[str, Any]) -> Revealed:
        return Revealed(**self._opened("revealed", row))

    def delivery(self, row: Mapping[str, Any]) -> Delivery:
        return Delivery(Part(row["part"]), Channel(row["channel"]), row["destination"], row["sent_at"])

    def _sealed(self, table: str, name: str, columns: Row) -> Row:
        content = {column: columns.pop(column) for column in SEALED[table]}
        sealed = self.seal.close(content, (table, self._scope, name))
        return {"scope": self._scope, "name": name, "sealed": sealed, **columns}

    def _opened(self, table: str, row: Mapping[str, Any]) -> Row:
        columns = dict(row)
        identity = (table, columns.pop("scope"), columns.pop("name"))
        columns.pop("key_digest", None)
        return {**self.seal.open(columns.pop("sealed"), identity), **columns}
