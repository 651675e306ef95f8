"""What a ledger may hold, for tests."""

from __future__ import annotations

import base64
from contextlib import nullcontext
from dataclasses import replace

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Happening, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    Attempt,
    Delivery,
    Kind,
    Part,
    PendingBurn,
    Record,
    Told,
    Way,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger

RECORD = Record(
    kind=Kind.GENERATE,
    fingerprints={"secret": "00", "passphrase": "11"},
    options={"passphrase": "passphrase of älice", "recipient": "alice@example.com", "ttl": 7200},
    metadata_key="metadata-key-of-alice",
    secret_key="secret-key-of-alice",
    value="value-of-alice ✓",
    share_domain="",
    state=State.NEW,
    ttl=3600,
    value_created_at=1_800_000_000,
    created_at=1_800_000_000,
    recorded_at=1_800_000_001,
)
MADE = Happening(What.MADE, RECORD.metadata_key, RECORD.recipient, RECORD.created_at)
SEALED = ("metadata-key-of-alice", "secret-key-of-alice", "passphrase of", "value-of-alice")
ATTEMPT = Attempt("1", 1_800_000_000, 3600, "alice@example.com", None, "passphrase of älice")
OTHER_ATTEMPT = Attempt("2", 1_800_000_002, None, None, "secrets.example.com", None)
OWED = PendingBurn("metadata-key-of-alice", "passphrase of älice", 1_800_003_600)
TOLD = Told(Part.LINK, RECORD.metadata_key, Way("webhook", "chat-of-alice.example.com"), same_channel=False)
OTHER_KEY = base64.b64encode(b"x" * 32).decode()


def complete(
    ledger: Ledger,
    name: str,
    attempt: Attempt,
    record: Record,
    due: PendingBurn | None,
    *,
    locked: bool = True,
    what: What = What.MADE,
) -> None:
    """Put a record in a ledger as the engine does: with the name held, whatever was recorded before."""
    with ledger.locked(name) if locked else nullcontext():
        event = replace(MADE, what=what, key=record.metadata_key)
        ledger.complete(name, attempt, record, former=ledger.read(name).record, due=due, event=event)


def note(ledger: Ledger, name: str, record: Record, event: Happening | None = None) -> None:
    """Note what was learned of a link, with the name held."""
    with ledger.locked(name):
        ledger.note(name, record, event)


def retire(ledger: Ledger, name: str, due: PendingBurn | None, event: Happening | None = None) -> None:
    """Forget whatever is recorded, with the name held."""
    with ledger.locked(name):
        ledger.retire(name, ledger.read(name).record, due, event)


def telling(ledger: Ledger, name: str, told: Told) -> None:
    """Note how something of whatever is recorded goes, with the name held."""
    with ledger.locked(name):
        record = ledger.read(name).record
        assert record
        ledger.telling(name, record, told)


def delivered(ledger: Ledger, name: str, delivery: Delivery, event: Happening | None = None) -> None:
    """Note what was sent of whatever is recorded, with the name held."""
    with ledger.locked(name):
        record = ledger.read(name).record
        assert record
        ledger.delivered(name, record, delivery, event)
