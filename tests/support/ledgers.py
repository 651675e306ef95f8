"""The ledger that playbooks wrote, opened as they do."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Record
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.rows import note
from tests.support.tenants import Tenant


def ledger_of(stack: Tenant, url: str | None = None) -> AbstractContextManager[SqlLedger]:
    """Open the ledger at the URL, or the one that the stack's environment names."""
    settings = {
        "ledger": url or stack.environment["OTS_LEDGER"],
        "ledger_key": None,
        "ledger_key_file": None,
        "ledger_wait": 30,
    }
    return open_ledger(settings, f"{stack.url} {stack.username}")


def age(stack: Tenant, name: str, seconds: int) -> None:
    """Have the value of a name be older by so many seconds."""
    with ledger_of(stack) as ledger:
        record = ledger.read(name).record
        assert record
        note(ledger, name, replace(record, value_created_at=record.value_created_at - seconds))


def records(stack: Tenant, url: str | None = None) -> dict[str, Record]:
    """What the ledger holds, opened with its key."""
    with ledger_of(stack, url) as ledger:
        return {name: entry.record for name, entry in ledger.entries().items() if entry.record}
