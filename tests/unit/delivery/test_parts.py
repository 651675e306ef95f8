"""What is sent of a link: each part once, what opens it apart, and nothing that opens it in a reminder or a notice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import Delivery, Message, deliver
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.mail import Mail
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Part
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sqlite import SqliteLedger
from local_stack import Mailbox, text_of
from tests.support.rows import ATTEMPT, RECORD, SEALED, complete

ADDRESS = Address.of("https://ots.example.com")


@pytest.fixture
def of_alice(tmp_path: Path) -> SqliteLedger:
    made = SqliteLedger(tmp_path / "ledger.sqlite3", "scope", [bytes(32)], wait=5)
    complete(made, "db/alice", ATTEMPT, RECORD, None)
    return made


def send(of_alice: SqliteLedger, mail: Mail, part: Part, text: str | None = None) -> Delivery | None:
    message = Message(part, "A credential", text, by_the_same_channel=False)
    return deliver(of_alice, "db/alice", message, mail, ADDRESS, clock=lambda: RECORD.recorded_at, check=False)


@pytest.mark.parametrize("part", [Part.REMINDER, Part.NOTICE])
def test_a_reminder_goes_once_and_opens_nothing(
    of_alice: SqliteLedger, mailbox: Mailbox, mail: Callable[..., Mail], part: Part
) -> None:
    sender = mail(mailbox.port)
    assert send(of_alice, sender, part)
    assert send(of_alice, sender, part) is None

    (sent,) = mailbox.mails()
    assert "db/alice" in text_of(sent)
    assert not any(secret in sent.as_string() for secret in SEALED)
    with pytest.raises(InvalidInput, match=r"it has \$expires_at, \$name"):
        send(of_alice, sender, next(other for other in (Part.REMINDER, Part.NOTICE) if other is not part), "$link")


def test_a_reminder_is_none_of_the_two_ways(
    of_alice: SqliteLedger, mailbox: Mailbox, mail: Callable[..., Mail]
) -> None:
    send(of_alice, mail(mailbox.port), Part.REMINDER)
    with pytest.raises(InvalidInput, match="would both be sent by mail"):  # the server has mailed the link
        send(of_alice, mail(mailbox.port), Part.PASSPHRASE)
