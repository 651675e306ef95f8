"""E-mails that wait outlive whatever happens; none is lost, and none is sent twice knowingly."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from onetime_server.database import Database
from onetime_server.mail import Mailer
from onetime_server.notice import Notice
from onetime_server.outbox import LEASE, Outbox
from onetime_server.settings import Smtp
from onetime_server.vault import Vault
from tests.support.live_server import Clock
from tests.support.mail_sink import Sink
from tests.support.server_command import run

LINK = "https://secrets.example.com/secret/kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
HOUR, DAY = 3_600, 86_400
NOWHERE = Smtp("127.0.0.1", 1, "secrets@example.com")
VAULT = Vault(bytes(32))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(tmp_path: Path, clock: Clock) -> Iterator[Outbox]:
    database = Database(tmp_path / "database", VAULT)
    yield Outbox(database, VAULT, clock)
    database.close()


def notice(clock: Clock, number: int = 0) -> Notice:
    return Notice("alice@example.com", f"bob{number}@example.org", LINK, clock.now, clock.now + DAY, False, "en")


def run_mailer(smtp: Smtp, outbox: Outbox, *notices: Notice) -> None:
    mailer = Mailer(smtp, outbox)
    for each in notices:
        mailer.send(each)
    mailer.close()


def states(outbox: Outbox) -> list[str]:
    return [mail.state for mail in outbox.all()]


def test_a_mail_server_that_is_down_for_an_hour_loses_nothing(outbox: Outbox, clock: Clock) -> None:
    for number in range(2):
        run_mailer(NOWHERE, outbox, notice(clock, number))
    assert states(outbox) == ["waiting", "waiting"]
    with Sink() as sink:
        run_mailer(sink.smtp, outbox)
        assert sink.envelopes == [], "not before its time"
        clock.advance(HOUR)
        run_mailer(sink.smtp, outbox)
        run_mailer(sink.smtp, outbox)

    assert [each.rcpt_tos for each in sink.envelopes] == [["bob0@example.org"], ["bob1@example.org"]]
    assert outbox.all() == []


def test_it_is_tried_ever_less_often_until_its_link_expires(outbox: Outbox, clock: Clock) -> None:
    run_mailer(NOWHERE, outbox, notice(clock))
    pauses = []
    while waiting := outbox.all():
        pauses.append(waiting[0].due - clock.now)
        clock.now = waiting[0].due
        run_mailer(NOWHERE, outbox)

    assert pauses[:8] == [30, 60, 120, 240, 480, 960, 1_920, 3_600]
    assert set(pauses[8:]) == {3_600}
    assert DAY - HOUR <= sum(pauses) <= DAY + HOUR


def test_what_is_refused_for_good_waits_for_the_operator(outbox: Outbox, clock: Clock) -> None:
    with Sink() as sink:
        sink.refusal = "no such person"
        run_mailer(sink.smtp, outbox, notice(clock))
        clock.advance(HOUR)
        run_mailer(sink.smtp, outbox)
        assert states(outbox) == ["failed"]
        assert (outbox.all()[0].attempts, outbox.all()[0].problem) == (1, "SMTPDataError 554")

        sink.refusal = ""
        assert outbox.retry(None) == 1
        run_mailer(sink.smtp, outbox)
        assert len(sink.envelopes) == 1


def test_what_the_mail_server_did_not_confirm_is_not_sent_again(outbox: Outbox, clock: Clock) -> None:
    with Sink() as sink:
        sink.hangs_up = True
        run_mailer(sink.smtp, outbox, notice(clock))
        sink.hangs_up = False
        clock.advance(HOUR)
        run_mailer(sink.smtp, outbox)

    assert states(outbox) == ["unknown"]
    assert sink.envelopes == []


def test_nor_is_one_whose_process_died_while_it_sent(outbox: Outbox, clock: Clock) -> None:
    outbox.add(notice(clock))
    assert outbox.take() is not None
    clock.advance(LEASE - 1)
    assert (states(outbox), outbox.take()) == (["sending"], None)
    clock.advance(1)
    assert (outbox.take(), states(outbox)) == (None, ["unknown"])


def test_one_that_cannot_be_opened_does_not_hold_up_the_others(
    outbox: Outbox, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.add(notice(clock))
    with closing(sqlite3.connect(tmp_path / "database")) as connection, connection:
        connection.execute("UPDATE mail SET sealed = zeroblob(60)")
    with Sink() as sink:
        mailer = Mailer(sink.smtp, outbox)
        mailer.send(notice(clock, 1))
        assert sink.arrived.wait(30)
        mailer.close()

    assert [each.rcpt_tos for each in sink.envelopes] == [["bob1@example.org"]]
    assert "An e-mail was not sent: InvalidTag." in caplog.text


def test_who_stops_the_server_waits_for_no_more_than_one_that_fails(outbox: Outbox, clock: Clock) -> None:
    for number in range(3):
        outbox.add(notice(clock, number))
    with Sink() as sink:
        sink.open.clear()
        sink.refusal = "no such person"
        mailer = Mailer(sink.smtp, outbox)
        assert sink.asked.wait(30)
        closing_it = threading.Thread(target=mailer.close)
        closing_it.start()
        while not mailer.is_closing:
            time.sleep(0.001)
        sink.open.set()
        closing_it.join()

    assert [(mail.state, mail.attempts) for mail in outbox.all()] == [("failed", 1), ("waiting", 0), ("waiting", 0)]


def test_several_processes_share_it(outbox: Outbox, clock: Clock, tmp_path: Path) -> None:
    others = [Outbox(Database(tmp_path / "database", VAULT), VAULT, clock) for _ in range(3)]
    for number in range(40):
        outbox.add(notice(clock, number))

    def all_of(one: Outbox) -> list[str]:
        taken = []
        while mail := one.take():
            taken.append(mail.notice.recipient)
        return taken

    with ThreadPoolExecutor() as pool:
        taken = [recipient for each in pool.map(all_of, others) for recipient in each]
    assert sorted(taken) == sorted(f"bob{number}@example.org" for number in range(40))


def test_nothing_of_it_can_be_read_in_the_files_or_in_a_repr(outbox: Outbox, clock: Clock, tmp_path: Path) -> None:
    outbox.add(notice(clock))
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    shown = repr(outbox.all())
    for secret in (LINK, LINK.rpartition("/")[2], "bob0@example.org"):
        assert secret.encode() not in kept
        assert secret not in shown


def test_the_operator_sees_it_without_the_link(tmp_path: Path) -> None:
    data = tmp_path / "data"
    run("account", "add", "alice@example.com", "--data", str(data))
    vault = Vault(bytes.fromhex((data / "server.key").read_text()))
    database = Database(data / "onetime.sqlite3", vault)
    clock = Clock(4_000_000_000)
    outbox = Outbox(database, vault, clock)
    outbox.add(notice(clock))
    mail = outbox.take()
    assert mail is not None
    outbox.give_up(mail, "failed", "SMTPDataError 554")
    database.close()

    assert run("mail", "list", "--data", str(data)).stdout == "1 failed 1 - bob0@example.org SMTPDataError 554\n"
    assert run("mail", "retry", "1", "--data", str(data)).stdout == "1 to be sent by the running server\n"
    refused = run("mail", "retry", "7", "--data", str(data))
    assert refused.returncode == 1
    assert "Nothing waits or failed under the number 7" in refused.stderr
