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
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sealing import Seal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import (
    Attempt,
    Kind,
    OwedBurn,
    Record,
    Step,
)

Row = dict[str, Any]

SEALED_OF_LINK = ("metadata_key", "secret_key", "passphrase", "value")
SEALED_OF_OWED_BURN = ("metadata_key", "passphrase")


class Rows:
    """Turns records into rows and back, for one scope (a server and an account)."""

    def __init__(self, seal: Seal, scope: str) -> None:
        self._seal = seal
        self._scope = scope

    def key_digest(self, metadata_key: str) -> str:
        """Return what stands for a metadata key in an open column, so that its row can be found."""
        return self._seal.fingerprint("metadata_key", metadata_key)

    def of_link(self, name: str, record: Record) -> Row:
        columns = {**asdict(record), "fingerprints": json.dumps(record.fingerprints)}
        return self._sealed("link", name, columns, SEALED_OF_LINK)

    def of_owed_burn(self, name: str, owed: OwedBurn) -> Row:
        return self._sealed("owed_burn", name, asdict(owed), SEALED_OF_OWED_BURN)

    def of_attempt(self, name: str, attempt: Attempt) -> Row:
        return {"scope": self._scope, "name": name, **asdict(attempt)}

    def link(self, row: Mapping[str, Any]) -> Record:
        columns = self._opened("link", row)
        converted = {
            "kind": Kind(columns["kind"]),
            "state": State(columns["state"]),
            "fingerprints": json.loads(columns["fingerprints"]),
        }
        return Record(**{**columns, **converted})

    def owed_burn(self, row: Mapping[str, Any]) -> OwedBurn:
        return OwedBurn(**self._opened("owed_burn", row))

    def attempt(self, row: Mapping[str, Any]) -> Attempt:
        columns = {column: value for column, value in row.items() if column not in ("scope", "name")}
        return Attempt(**{**columns, "step": Step(columns["step"])})

    def _sealed(self, table: str, name: str, columns: Row, sealed: tuple[str, ...]) -> Row:
        content = {column: columns.pop(column) for column in sealed}
        return {
            "scope": self._scope,
            "name": name,
            "key_digest": self.key_digest(content["metadata_key"]),
            "sealed": self._seal.close(content, (table, self._scope, name)),
            **columns,
        }

    def _opened(self, table: str, row: Mapping[str, Any]) -> Row:
        columns = dict(row)
        name = columns.pop("name")
        del columns["scope"], columns["key_digest"]
        return {**self._seal.open(columns.pop("sealed"), (table, self._scope, name)), **columns}
