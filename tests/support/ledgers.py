"""The ledger that playbooks wrote, opened as they do."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from local_stack import LocalStack


def ledger_of(stack: LocalStack) -> AbstractContextManager[SqlLedger]:
    """Open the ledger that the stack's environment names."""
    settings = {
        "ledger": stack.environment["OTS_LEDGER"],
        "ledger_key": None,
        "ledger_key_file": None,
        "ledger_wait": 30,
    }
    return open_ledger(settings, f"{stack.url} {stack.username}")
