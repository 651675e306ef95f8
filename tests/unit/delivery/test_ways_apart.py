"""A link and its passphrase go apart: by two services, and to two hosts."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import (
    Delivery,
    DeliveryError,
    Message,
    deliver,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import HANDED_OVER, Part
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger
from tests.support.earlier_ledgers import earlier_ledger
from tests.support.messenger import Messenger
from tests.support.rows import ATTEMPT, RECORD, complete
from tests.support.world import KEY

ADDRESS = Address.of("https://ots.example.com")
NOT_MAILED = replace(RECORD, options={"passphrase": "passphrase of älice", "ttl": 7200})


MAIL = Messenger("mail", "mail", "alice@example.com")
WEBHOOK = Messenger("webhook", "webhook", "chat.example.com")
NTFY = Messenger("notify", "ntfy", "push.example.com")
GOTIFY = Messenger("notify", "gotify", "gotify.example.com")
NTFY_ELSEWHERE = replace(NTFY, destination="push.example.org")
GOTIFY_THERE = replace(GOTIFY, destination=NTFY.destination)
CHAT_BY_NOTIFY = Messenger("notify", "webhook", "other-chat.example.com")
PUSH_AT_THE_CHAT = replace(NTFY, destination=WEBHOOK.destination)


def hand_over(
    folder: Path, link: Messenger, passphrase: Messenger, *, same: bool = False, mailed: bool = False
) -> None:
    ledger = SqliteLedger(folder / "ledger.sqlite3", "scope", [bytes(32)], wait=5)
    complete(ledger, "db/alice", ATTEMPT, RECORD if mailed else NOT_MAILED, None)
    for part, way in ((Part.LINK, link), (Part.PASSPHRASE, passphrase)):
        if not (mailed and part is Part.LINK):
            message = Message(part, "A credential", None, by_the_same_channel=same)
            sent = replace(way, sent=[])
            made = deliver(ledger, "db/alice", message, sent, ADDRESS, clock=lambda: RECORD.recorded_at, check=False)
            assert made == Delivery(part, way.channel, way.destination, RECORD.recorded_at, way.service)
            assert len(sent.sent) == 1
            again = deliver(ledger, "db/alice", message, sent, ADDRESS, clock=lambda: RECORD.recorded_at, check=False)
            assert (again, len(sent.sent)) == (None, 1)
            assert made in ledger.read("db/alice").deliveries


@pytest.mark.parametrize(
    ("link", "passphrase"), [(MAIL, NTFY), (NTFY, MAIL), (WEBHOOK, NTFY), (NTFY, GOTIFY), (MAIL, WEBHOOK)]
)
def test_two_services_at_two_places_are_apart(tmp_path: Path, link: Messenger, passphrase: Messenger) -> None:
    hand_over(tmp_path, link, passphrase)


@pytest.mark.parametrize(
    ("link", "passphrase", "way"),
    [
        (NTFY, NTFY, "by ntfy"),
        (NTFY, NTFY_ELSEWHERE, "by ntfy"),
        (NTFY, GOTIFY_THERE, r"to push\.example\.com"),
        (WEBHOOK, CHAT_BY_NOTIFY, "by webhook"),
        (CHAT_BY_NOTIFY, WEBHOOK, "by webhook"),
        (WEBHOOK, PUSH_AT_THE_CHAT, r"to chat\.example\.com"),
        (WEBHOOK, replace(WEBHOOK, destination="chat.example.org"), "by webhook"),
        (MAIL, replace(MAIL, destination="bob@example.com"), "by mail"),
    ],
)
def test_one_service_or_one_place_is_one_way(tmp_path: Path, link: Messenger, passphrase: Messenger, way: str) -> None:
    with pytest.raises(InvalidInput, match=f"^channel: the link of 'db/alice' .* would both be sent {way}; send one"):
        hand_over(tmp_path, link, passphrase)
    (tmp_path / "same").mkdir()
    hand_over(tmp_path / "same", link, passphrase, same=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("push.example.com", "push.example.com:8443"),
        ("push.example.com:81", "push.example.com:82"),
        ("push.example.com", "push.example.com."),
        ("127.0.0.1:80", "localhost:8080"),
        ("[::1]", "127.0.0.1"),
        ("127.1", "ntfy.localhost"),
        ("0.0.0.0", "localhost."),
        ("192.0.2.7", "[::ffff:192.0.2.7]"),
        ("192.0.2.7", "3221225991"),
        ("[2001:db8::1]", "[2001:db8:0::1]:8443"),
    ],
)
def test_a_host_is_one_place_however_it_is_written(tmp_path: Path, one: str, other: str) -> None:
    with pytest.raises(InvalidInput, match=f"would both be sent to {re.escape(other)}; send one"):
        hand_over(tmp_path, replace(NTFY, destination=one), replace(GOTIFY, destination=other))
    (tmp_path / "elsewhere").mkdir()
    hand_over(tmp_path / "elsewhere", replace(NTFY, destination=one), GOTIFY)


def test_a_link_that_the_server_has_mailed_has_gone_by_mail(tmp_path: Path) -> None:
    hand_over(tmp_path, MAIL, NTFY, mailed=True)
    (tmp_path / "again").mkdir()
    with pytest.raises(InvalidInput, match="would both be sent by mail"):
        hand_over(tmp_path / "again", MAIL, MAIL, mailed=True)


def test_a_delivery_of_an_earlier_version_has_gone_by_its_channel(tmp_path: Path) -> None:
    earlier_ledger("0.3.0", f"sqlite://{tmp_path}/ledger/ledger.sqlite3")  # which has sent the passphrase by a webhook
    scope, key = "http://server ops@example.com", base64.b64decode(KEY)
    ledger = SqliteLedger(tmp_path / "ledger" / "ledger.sqlite3", scope, [key], wait=5)
    message = Message(Part.LINK, "A credential", None, by_the_same_channel=False)
    for way, found in ((CHAT_BY_NOTIFY, "by webhook"), (PUSH_AT_THE_CHAT, r"to chat\.example\.com")):
        with pytest.raises(InvalidInput, match=f"would both be sent {found}"):
            deliver(ledger, "db/prod/alice", message, way, ADDRESS, clock=lambda: RECORD.recorded_at, check=False)
    assert deliver(ledger, "db/prod/alice", message, NTFY, ADDRESS, clock=lambda: RECORD.recorded_at, check=False)


def failing(error: BaseException) -> Messenger:
    """A webhook whose answer is lost, or that cannot be reached."""

    def fail() -> None:
        raise error

    return replace(WEBHOOK, sent=[], meanwhile=fail)


@pytest.mark.parametrize("part", HANDED_OVER)
@pytest.mark.parametrize(
    ("error", "may_have_arrived"),
    [
        (DeliveryError("broke off"), True),
        (KeyboardInterrupt(), True),
        (DeliveryError("cannot be reached", may_have_taken_effect=False), False),
        (InvalidInput("would be changed", field="text"), False),
    ],
)
def test_what_may_have_arrived_went_that_way(
    tmp_path: Path, part: Part, error: BaseException, *, may_have_arrived: bool
) -> None:
    """Who changes the ways because one of them fails must not join what goes apart."""
    ledger = SqliteLedger(tmp_path / "ledger.sqlite3", "scope", [bytes(32)], wait=5)
    complete(ledger, "db/alice", ATTEMPT, NOT_MAILED, None)
    other = next(each for each in HANDED_OVER if each is not part)

    def send(which: Part, way: Messenger) -> Delivery | None:
        message = Message(which, "A credential", None, by_the_same_channel=False)
        return deliver(ledger, "db/alice", message, way, ADDRESS, clock=lambda: RECORD.recorded_at, check=False)

    with pytest.raises(type(error)):
        send(part, failing(error))
    if may_have_arrived:
        with pytest.raises(InvalidInput, match="would both be sent by webhook"):
            send(other, WEBHOOK)
    else:
        assert send(other, WEBHOOK)
    assert send(part, NTFY)


def test_what_went_once_is_not_forgotten_by_a_later_failure(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.sqlite3", "scope", [bytes(32)], wait=5)
    complete(ledger, "db/alice", ATTEMPT, NOT_MAILED, None)
    lost, unreachable = DeliveryError("broke off"), DeliveryError("no way", may_have_taken_effect=False)
    message = Message(Part.PASSPHRASE, "A credential", None, by_the_same_channel=False)
    for error in (lost, unreachable):
        with pytest.raises(DeliveryError):
            deliver(ledger, "db/alice", message, failing(error), ADDRESS, clock=lambda: RECORD.recorded_at, check=False)
    assert len(ledger.read("db/alice").told) == 1


@pytest.mark.parametrize(
    ("part", "text", "holds"),
    [
        (Part.LINK, "$link, to be opened with: passphrase of älice", "passphrase"),
        (Part.PASSPHRASE, f"$passphrase opens https://ots.example.com/secret/{RECORD.secret_key}", "link"),
    ],
)
def test_a_text_holds_one_of_both(tmp_path: Path, part: Part, text: str, holds: str) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.sqlite3", "scope", [bytes(32)], wait=5)
    complete(ledger, "db/alice", ATTEMPT, NOT_MAILED, None)
    way = replace(NTFY, sent=[])
    for same in (False, True):
        message = Message(part, "A credential", text, by_the_same_channel=same)
        if not same:
            with pytest.raises(InvalidInput, match=f"^text: holds the {holds} as well; send that by another channel"):
                deliver(ledger, "db/alice", message, way, ADDRESS, clock=lambda: RECORD.recorded_at, check=False)
        else:
            assert deliver(ledger, "db/alice", message, way, ADDRESS, clock=lambda: RECORD.recorded_at, check=False)
    assert len(way.sent) == 1
