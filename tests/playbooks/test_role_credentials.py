"""The role credentials, and the action ots_deliver that it hands things over with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demanding_mailbox import LOGIN, demanding_mailbox
from local_stack import LocalStack, Mailbox
from support.playbooks import Playbooks, Run
from support.replay import Answer, Replay, replaying

PASSPHRASE = "correct-horse-battery"
PEOPLE: list[dict[str, Any]] = [
    {"name": "alice", "email": "alice@example.com", "holds": [{"name": "db/prod", "length": 24, "ttl": "1h"}]},
    {
        "name": "bob",
        "email": "bob@example.com",
        "holds": [{"name": "deploy_key", "secret": "-----KEY-----", "passphrase": PASSPHRASE, "ttl": "1h"}],
    },
]


@pytest.fixture
def chat() -> Iterator[Replay]:
    with replaying(Answer(200, body=b"ok")) as server:
        yield server


@pytest.fixture
def post(tmp_path: Path) -> Iterator[tuple[Mailbox, Path]]:
    (tmp_path / "post").mkdir()
    with demanding_mailbox(tmp_path / "post") as running:
        yield running


def hand_over(playbooks: Playbooks, *arguments: str, people: list[dict[str, Any]] = PEOPLE, **variables: Any) -> Run:
    role = {
        "ansible.builtin.include_role": {"name": "onetimesecret.ots.credentials"},
        "vars": {"credentials_people": people, **{f"credentials_{name}": value for name, value in variables.items()}},
    }
    return playbooks.run([role, playbooks.save("credentials_report")], *arguments)


def text_of(mailbox: Mailbox) -> list[str]:
    return [f"{mail['To']} {mail.get_content()}" for mail in mailbox.mails()]


def test_the_server_mails_each_link_once(stack: LocalStack, playbooks: Playbooks) -> None:
    checked = hand_over(playbooks, "--check", "-vvvv", "--diff")
    assert (checked.exit_code, stack.links_sent()) == (0, 0), checked.output
    first = hand_over(playbooks, "-vvvv", "--diff")
    report = playbooks.registered()
    second = hand_over(playbooks, "-vvvv")

    assert (first.exit_code, first.changed) == (0, 2), first.output
    assert (second.exit_code, second.changed) == (0, 0), second.output
    assert [(line["name"], line["action"]) for line in report] == [
        ("db/prod/alice", "created"),
        ("deploy_key/bob", "created"),
    ]
    assert sorted(mail["To"] for mail in stack.mailbox.mails()) == ["alice@example.com", "bob@example.com"]
    links = re.findall(r"/secret/(\w+)", "".join(text_of(stack.mailbox)))
    for hidden in (PASSPHRASE, "-----KEY-----", *links):
        assert all(hidden not in run.output for run in (checked, first, second))


def test_mail_by_starttls_with_a_password_and_the_passphrase_by_chat(
    stack: LocalStack, playbooks: Playbooks, post: tuple[Mailbox, Path], chat: Replay
) -> None:
    mailbox, certificate = post
    settings: dict[str, Any] = {
        "delivery": "mail",
        "passphrase_delivery": "webhook",
        "text": "Hello! It is behind $link until $expires_at; it costs $$1.",
        "smtp_host": "127.0.0.1",
        "smtp_port": mailbox.port,
        "smtp_username": LOGIN[0],
        "smtp_password": LOGIN[1],
        "smtp_sender": "ops@example.com",
        "webhook_url": f"{chat.url}/hooks/T0ken",
    }
    playbooks.environment["OTS_CA_BUNDLE"] = str(certificate)
    first, second = hand_over(playbooks, "-vvvv", **settings), hand_over(playbooks, "-vvvv", **settings)

    assert (first.exit_code, first.changed) == (0, 2 + 2 + 1), first.output
    assert (second.exit_code, second.changed) == (0, 0), second.output
    assert stack.mailbox.mails() == []
    mails = text_of(mailbox)
    assert [mail.split()[0] for mail in mails] == ["alice@example.com", "bob@example.com"]
    assert re.search(rf"behind {stack.url}/secret/\w+ until 20\S+Z; it costs \$1\.", mails[0])
    (message,) = chat.received
    assert PASSPHRASE in json.loads(message.body)["text"]
    assert "/secret/" not in message.body.decode()
    hidden = (PASSPHRASE, LOGIN[1], "T0ken", *re.findall(r"/secret/(\w+)", "".join(mails)))
    leftovers = [
        path for path in playbooks.folder.rglob("*") if path.is_file() and path.suffix not in (".yml", ".json")
    ]
    for secret in hidden:
        assert secret not in first.output + second.output
        assert all(secret.encode() not in path.read_bytes() for path in leftovers)


@pytest.mark.parametrize("shape", ["slack", "mattermost", "teams"])
def test_a_link_goes_to_a_chat_in_its_own_form(playbooks: Playbooks, chat: Replay, shape: str) -> None:
    alice = [{**PEOPLE[0], "delivery": "webhook", "webhook_url": f"{chat.url}/hooks/alice"}]
    assert hand_over(playbooks, people=alice, webhook_shape=shape).exit_code == 0

    (message,) = chat.received
    body = json.loads(message.body)
    card = body["attachments"][0]["content"] if shape == "teams" else None
    text = card["body"][0]["text"] if card else body["text"]
    assert "/secret/" in text
    assert shape != "slack" or body["unfurl_links"] is False


def test_a_link_and_its_passphrase_do_not_go_the_same_way(stack: LocalStack, playbooks: Playbooks) -> None:
    mail = {
        "smtp_host": "127.0.0.1",
        "smtp_port": stack.mailbox.port,
        "smtp_security": "none",
        "smtp_sender": "o@example.com",
    }
    refused = hand_over(playbooks, passphrase_delivery="mail", **mail)
    assert "and its passphrase would both go by mail; send one of them another way" in refused.one_line
    assert PASSPHRASE not in "".join(text_of(stack.mailbox))

    allowed = hand_over(playbooks, passphrase_delivery="mail", same_channel=True, **mail)
    assert allowed.exit_code == 0, allowed.output
    assert PASSPHRASE in text_of(stack.mailbox)[-1]


def test_another_link_is_delivered_again_and_a_leaver_gets_none(playbooks: Playbooks, chat: Replay) -> None:
    def alice(**holds: str) -> list[dict[str, Any]]:
        return [{"name": "alice", "delivery": "webhook", "holds": [{"name": "db", "ttl": "1h", **holds}]}]

    url = {"webhook_url": f"{chat.url}/hooks/x"}
    for people in (
        alice(secret="a"),
        alice(secret="a"),
        alice(secret="b"),
        alice(state="absent"),
        alice(state="absent"),
    ):
        assert hand_over(playbooks, people=people, **url).exit_code == 0

    assert len(chat.received) == 2
    assert playbooks.registered()[0]["action"] == "absent"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [(Answer(403), "answered with HTTP status 403"), (Answer(302, headers={"Location": "/x"}), "302")],
)
def test_what_could_not_be_delivered_is_delivered_by_the_next_run(
    playbooks: Playbooks, answer: Answer, problem: str
) -> None:
    alice = [{**PEOPLE[0], "delivery": "webhook"}]
    with replaying(answer, Answer(200)) as chat:
        failed = hand_over(playbooks, people=alice, webhook_url=f"{chat.url}/hooks/T0ken")
        again = hand_over(playbooks, people=alice, webhook_url=f"{chat.url}/hooks/T0ken")

    assert (failed.exit_code, again.exit_code, again.changed) == (2, 0, 1), again.output
    assert problem in failed.one_line
    assert "T0ken" not in failed.output
    assert len(chat.received) == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"channel": "mail", "to": "a@example.com", "smtp_sender": "o@example.com"},
            "smtp_host: is missing; mail needs it",
        ),
        (
            {
                "channel": "mail",
                "to": "a@example.com",
                "smtp_sender": "o@example.com",
                "smtp_host": "mail.example.com",
                "smtp_security": "none",
            },
            "smtp_security: none is for a server on this very machine; use starttls or tls",
        ),
        ({"channel": "webhook"}, "webhook_url: is missing; a webhook needs it"),
        ({"channel": "webhook", "webhook_url": "http://chat.example.com/hooks/T0ken"}, "does not begin with https:"),
        (
            {"channel": "webhook", "webhook_url": "https://127.0.0.1:1/T0ken", "text": "$lnk"},
            "it has $expires_at, $link, $name",
        ),
        ({"channel": "webhook", "webhook_url": "https://127.0.0.1:1/T0ken", "part": "passphrase"}, "has no passphrase"),
        (
            {"channel": "webhook", "webhook_url": "https://127.0.0.1:1/T0ken"},
            "the webhook at 127.0.0.1:1 cannot be reached",
        ),
    ],
)
def test_what_is_wrong_is_told_without_a_secret(playbooks: Playbooks, options: dict[str, str], problem: str) -> None:
    make = {"onetimesecret.ots.ots_share": {"name": "a", "secret": "{{ 's3' ~ 'cret' }}", "ttl": "1h"}}
    run = playbooks.run([make, {"onetimesecret.ots.ots_deliver": {"name": "a", **options}}])

    assert problem in run.one_line
    assert not re.search(r"T0ken|s3cret|Traceback", run.output)
