"""What a ledger may hold, for tests."""

from __future__ import annotations

import base64

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Attempt, Kind, OwedBurn, Record

RECORD = Record(
    kind=Kind.GENERATE,
    fingerprints={"secret": "00", "passphrase": "11"},
    metadata_key="metadata-key-of-alice",
    secret_key="secret-key-of-alice",
    passphrase="passphrase of älice",
    value="value-of-alice ✓",
    recipient="alice@example.com",
    share_domain="",
    state=State.NEW,
    ttl_asked=7200,
    ttl=3600,
    value_created_at=1_800_000_000,
    created_at=1_800_000_000,
    recorded_at=1_800_000_001,
)
SEALED = ("metadata-key-of-alice", "secret-key-of-alice", "passphrase of", "value-of-alice")
ATTEMPT = Attempt("1", 1_800_000_000, 3600, "alice@example.com", None, "passphrase of älice")
OTHER_ATTEMPT = Attempt("2", 1_800_000_002, None, None, "secrets.example.com", None)
OWED = OwedBurn("metadata-key-of-alice", "passphrase of älice", 1_800_003_600)
OTHER_KEY = base64.b64encode(b"x" * 32).decode()
