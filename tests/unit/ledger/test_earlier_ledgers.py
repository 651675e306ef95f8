"""A new version of the collection on an old ledger: nothing fails, nothing is forgotten, nothing is sent twice.

The last one is of the present version, so that what a ledger says is not changed without a migration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import desired as desired_module
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Verdict, What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.migrations import MIGRATIONS
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Kind, Part, Told, Way
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.schema import VERSION
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.earlier_ledgers import LEDGERS, earlier_ledger

Open = Callable[..., SqlLedger]
MADE_AT = 1_800_000_000

ALICE = Desired("db/prod/alice").but(passphrase="horse-battery", recipient="alice@example.com")
UNNAMED = Desired("", secret="s3cret of bob").but(recipient="bob@example.com")

# 0.1.0 had no ledger in PostgreSQL; its tables migrate there all the same.
EARLIER = ["0.1.0", "0.2.0", "0.3.0", "0.4.0-dev"]
versions = pytest.mark.parametrize("version", [*EARLIER, "0.4.0"])


def no_server() -> None:
    raise AssertionError("the server was asked")


def engine_on(ledger: SqlLedger) -> Engine:
    return Engine(ledger, no_server, anonymous=False, clock=lambda: MADE_AT + 60)  # type: ignore[arg-type]


def test_a_ledger_of_every_version_is_kept() -> None:
    assert len(list(LEDGERS.glob("v*.sql"))) == len(MIGRATIONS) + 1 == VERSION


@versions
def test_what_was_recorded_is_still_known(version: str, ledger_url: str, open_ledger: Open) -> None:
    earlier_ledger(version, ledger_url)
    entry = open_ledger().read("db/prod/alice")

    assert entry.record
    assert (entry.record.kind, entry.record.value) == (Kind.GENERATE, "value-of-alice ✓")
    assert (entry.record.passphrase, entry.record.recipient, entry.record.ttl_asked) == (
        "horse-battery",
        "alice@example.com",
        604_800,
    )
    assert [burn.metadata_key for burn in entry.pending_burns] == ["metadata-key-2"]
    assert open_ledger().name_of("metadata-key-1") == "db/prod/alice"


def test_fingerprints_of_version_1_stay(ledger_url: str, open_ledger: Open) -> None:
    earlier_ledger("0.1.0", ledger_url)

    assert open_ledger().fingerprint("a", None) == "aa0f70bb5520737bd10552014b0f059146643d66b59c6275ac442f5321974555"


@pytest.mark.parametrize("version", ["0.2.0", "0.3.0", "0.4.0-dev", "0.4.0"])
def test_what_version_1_did_not_keep_is_still_known(version: str, ledger_url: str, open_ledger: Open) -> None:
    earlier_ledger(version, ledger_url)
    ledger = open_ledger()

    alice = ledger.read("db/prod/alice")
    assert [delivery.destination for delivery in alice.deliveries] == ["chat.example.com"]
    assert alice.record
    assert alice.ways_of_passphrase(alice.record.fingerprints["passphrase"]) == (Way("webhook", "chat.example.com"),)
    assert [attempt.recipient for attempt in ledger.read("db/prod/carol").attempts] == ["alice@example.com"]
    assert [revealed.value for revealed in ledger.read("vendor/licence").revealed] == ["value of vendor"]
    unnamed = f"link/{ledger.fingerprint('secret_key', 'secret-key-unnamed')[:32]}"
    assert [revealed.value for revealed in ledger.read(unnamed).revealed] == ["unnamed value"]


def test_the_trail_of_the_present_version_holds(ledger_url: str, open_ledger: Open) -> None:
    earlier_ledger("0.4.0", ledger_url)
    ledger = open_ledger()

    assert ledger.verify() == Verdict(3)
    assert [(event.number, event.name, event.what) for event in ledger.history()] == [
        (5, "db/prod/dave", What.DELIVERED),
        (4, "", What.PRUNED),
        (3, "db/prod/dave", What.MADE),
    ]
    dave = ledger.read("db/prod/dave")
    assert [(sent.part, sent.channel, sent.destination) for sent in dave.deliveries] == [
        (Part.LINK, "notify", "ntfy.example.com")
    ]
    assert set(dave.told) == {
        Told(Part.PASSPHRASE, "11", Way("sms", "sms.example.com"), same_channel=False),
        Told(Part.LINK, "metadata-key-of-dave", Way("ntfy", "ntfy.example.com"), same_channel=False),
    }
    assert [(name, known.matter) for name, known in ledger.announced()] == [("db/prod/dave", "watcher: read")]


@pytest.mark.parametrize("version", EARLIER)
def test_check_mode_asks_for_the_migration_and_changes_nothing(
    version: str, ledger_url: str, open_ledger: Open
) -> None:
    earlier_ledger(version, ledger_url)

    with pytest.raises(LedgerError, match="made by an earlier version of this collection; run once without check mode"):
        open_ledger(read_only=True).read("db/prod/alice")


@versions
@pytest.mark.parametrize("asked", [ALICE, Desired(ALICE.name), UNNAMED], ids=["whole", "name alone", "unnamed"])
def test_nothing_is_sent_twice(version: str, asked: Desired, ledger_url: str, open_ledger: Open) -> None:
    earlier_ledger(version, ledger_url)
    engine = engine_on(open_ledger())

    assert engine.present(engine.named(asked), refresh=False).action is Action.KEPT


@versions
@pytest.mark.parametrize("asked", [ALICE, UNNAMED], ids=["named", "unnamed"])
def test_an_option_that_is_new_sends_nothing_twice(
    version: str, asked: Desired, ledger_url: str, open_ledger: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier_ledger(version, ledger_url)
    monkeypatch.setattr(desired_module, "CONTENT", (*desired_module.CONTENT, "colour"))
    engine = engine_on(open_ledger())
    name = engine.named(asked).name

    assert engine.present(engine.named(asked), refresh=False).action is Action.KEPT
    coloured = replace(asked, name=name).but(colour="green")
    assert (
        engine.present(coloured, check=True, refresh=False).action is Action.REPLACED
    )  # it is heeded where it is given
