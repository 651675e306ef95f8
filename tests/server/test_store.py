"""The life of a secret in the database, by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from onetime_server.accounts import Accounts
from onetime_server.database import Database
from onetime_server.errors import UnknownSecretError
from onetime_server.profile import PROFILES
from onetime_server.store import Order, Store
from onetime_server.vault import Vault, WrongPassphraseError

ORDER = Order(value=b"s3cret", ttl=3600, passphrase="", recipient="al***@e***.com", share_domain="", generated=False)
GENERATED = Order(value=b"s3cret", ttl=3600, passphrase="", recipient="", share_domain="", generated=True)
PROTECTED = Order(value=b"s3cret", ttl=3600, passphrase="p4ss", recipient="", share_domain="", generated=False)


class Stored:
    """A store of one release."""

    def __init__(self, folder: Path, release: str) -> None:
        self.now = 1_800_000_000.0
        vault = Vault(bytes(32))
        self.database = Database(folder / "onetime.sqlite3", vault)
        self.store = Store(self.database, vault, PROFILES[release], lambda: self.now)
        self.accounts = Accounts(self.database, vault)

    def rows(self) -> tuple[int, int]:
        """How many secrets there are, and how many receipts."""
        with self.database.reading() as connection:
            return (
                connection.execute("SELECT count(*) FROM secret").fetchone()[0],
                connection.execute("SELECT count(*) FROM receipt").fetchone()[0],
            )


@pytest.fixture
def stored(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stored]:
    made = Stored(tmp_path, getattr(request, "param", "v0.26"))
    yield made
    made.database.close()


def test_nothing_secret_is_in_a_repr(stored: Stored) -> None:
    receipt = stored.store.create(PROTECTED, None)
    shown = repr(receipt) + repr(PROTECTED)
    for secret in (receipt.metadata_key, receipt.secret_key, "s3cret", "p4ss"):
        assert secret not in shown
    assert "share_domain" in shown


def test_a_receipt_tells_what_was_made(stored: Stored) -> None:
    receipt = stored.store.create(ORDER, None)
    assert (receipt.owner, receipt.state, receipt.ttl, receipt.recipient) == ("anon", "new", 3600, "al***@e***.com")
    assert (receipt.created, receipt.updated, receipt.received) == (stored.now, stored.now, None)
    assert (receipt.secret_expires, receipt.expires) == (stored.now + 3600, stored.now + 7200)
    assert (receipt.has_passphrase, receipt.secret_exists, receipt.unread) == (False, True, True)
    assert stored.store.find(receipt.metadata_key) == receipt
    assert stored.store.find_unread(receipt.secret_key) == receipt


def test_one_that_was_read_or_has_expired_is_unread_no_more(stored: Stored) -> None:
    read, expired = stored.store.create(ORDER, None), stored.store.create(ORDER, None)
    assert stored.store.reveal(read.secret_key, "") == b"s3cret"
    stored.now += 5
    found = stored.store.find(read.metadata_key)
    assert (found.state, found.received, found.updated, found.unread) == (
        "received",
        stored.now - 5,
        stored.now - 5,
        False,
    )
    stored.now = expired.secret_expires
    assert not stored.store.find(expired.metadata_key).unread
    assert stored.store.ask(expired.metadata_key)[0].state == "expired"
    for receipt in (read, expired):
        with pytest.raises(UnknownSecretError):
            stored.store.find_unread(receipt.secret_key)
    stored.now = expired.expires
    with pytest.raises(UnknownSecretError):
        stored.store.find(expired.metadata_key)


@pytest.mark.parametrize(
    ("stored", "order", "state"),
    [
        ("v0.23", GENERATED, "viewed"),
        ("v0.23", ORDER, "new"),
        ("v0.25", GENERATED, "viewed"),
        ("v0.26", GENERATED, "new"),
    ],
    indirect=["stored"],
)
def test_what_its_creator_has_seen_counts_as_viewed_in_older_releases(stored: Stored, order: Order, state: str) -> None:
    receipt = stored.store.create(order, None)
    assert receipt.state == "new"
    assert stored.store.find(receipt.metadata_key).state == state


def test_burned_it_is_gone_and_was_never_received(stored: Stored) -> None:
    receipt = stored.store.create(PROTECTED, None)
    with pytest.raises(WrongPassphraseError):
        stored.store.burn(receipt, "wrong")
    with pytest.raises(WrongPassphraseError):
        stored.store.burn(receipt, "")
    stored.now += 7
    stored.store.burn(receipt, "p4ss")
    found = stored.store.find(receipt.metadata_key)
    assert (found.state, found.received, found.updated) == ("burned", None, stored.now)
    with pytest.raises(UnknownSecretError):
        stored.store.burn(receipt, "p4ss")


def test_each_action_has_tries_of_its_own(stored: Stored) -> None:
    receipt = stored.store.create(PROTECTED, None)
    before = stored.store.tries_left(receipt, "reveal")
    assert before is not None
    with pytest.raises(WrongPassphraseError):
        stored.store.reveal(receipt.secret_key, "wrong")
    assert stored.store.tries_left(receipt, "reveal") == before - 1
    assert stored.store.tries_left(receipt, "burn") == before
    assert stored.store.reveal(receipt.secret_key, "p4ss") == b"s3cret"


@pytest.mark.parametrize(("stored"), ["v0.22", "v0.23", "v0.25", "v0.26"], indirect=True)
def test_a_wrong_passphrase_renews_in_the_release_that_does_so(stored: Stored) -> None:
    receipt = stored.store.create(PROTECTED, None)
    other = stored.store.create(PROTECTED, None)
    stored.now += 100
    with pytest.raises(WrongPassphraseError):
        stored.store.reveal(receipt.secret_key, "wrong")
    renewed = stored.store._profile.wrong_passphrase_renews
    expected = stored.now + renewed if renewed else receipt.secret_expires
    assert stored.store.find(receipt.metadata_key).secret_expires == expected
    assert stored.store.find(other.metadata_key).secret_expires == other.secret_expires


@pytest.mark.parametrize("stored", ["v0.23", "v0.26"], indirect=True)
def test_a_look_is_noted_where_asking_views(stored: Stored) -> None:
    receipt = stored.store.create(ORDER, None)
    views = stored.store._profile.asking_views
    stored.now += 3
    stored.store.look(receipt.secret_key)
    found = stored.store.find(receipt.metadata_key)
    assert (found.state, found.updated) == (("viewed", stored.now) if views else ("new", receipt.updated))
    assert stored.store.reveal(receipt.secret_key, "") == b"s3cret"


@pytest.mark.parametrize("stored", ["v0.22", "v0.23", "v0.25", "v0.26"], indirect=True)
def test_a_generated_value_is_shown_once_and_not_for_ever(stored: Stored) -> None:
    echo = stored.store._profile.generated_echo
    shown, late = stored.store.create(GENERATED, None), stored.store.create(GENERATED, None)
    assert stored.store.ask(shown.metadata_key)[1] == (b"s3cret" if echo else None)
    assert stored.store.ask(shown.metadata_key)[1] is None
    stored.now += echo or 0
    assert stored.store.ask(late.metadata_key)[1] is None


def test_what_has_expired_is_swept_and_nothing_else(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onetime_server.store._SWEPT_AT_ONCE", 2)
    for _each in range(5):
        stored.store.create(ORDER, None)
    stored.now += 10
    kept = stored.store.create(ORDER, None)
    stored.now += 3590
    stored.store.sweep()
    assert stored.rows() == (1, 6)
    stored.now += 3600
    stored.store.sweep()
    assert stored.rows() == (0, 1)
    assert stored.store.find(kept.metadata_key).ttl == 3600


def test_an_account_sees_what_it_made_in_the_last_thirty_days(stored: Stored) -> None:
    ops, other = (stored.accounts.add(email, "basic")[0] for email in ("ops@example.com", "other@example.com"))
    long = replace(ORDER, ttl=40 * 86_400)
    old = stored.store.create(long, ops)
    assert old.owner == "ops@example.com"
    stored.now += 30 * 86_400
    made = [stored.store.create(long, ops) for _each in range(2)]
    stored.store.create(long, other)
    stored.store.create(long, None)
    assert stored.store.recent(ops) == made
    assert stored.store.find(old.metadata_key).owner == "ops@example.com"
    stored.now -= 1
    assert stored.store.recent(ops)[0] == old
