"""The rulebooks, on the real ansible-rulebook: what they do, once, whatever is killed, and without a secret in what they say."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from local_stack import text_of
from tests.support.playbooks import Playbooks
from tests.support.rulebooks import missing, rulebook
from tests.support.tenants import Tenant

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
]
SOON = "1s"  # between two looks


@pytest.fixture
def surroundings(stack: Tenant, playbooks: Playbooks) -> dict[str, Any]:
    """The environment and the variables of a rulebook."""
    mail = {"mail_host": "127.0.0.1", "mail_port": stack.mailbox.port, "mail_security": "none"}
    return {
        "environment": {"ANSIBLE_COLLECTIONS_PATH": playbooks.collections_path, **playbooks.environment},
        "interval": SOON,
        "mail_sender": "ops@example.com",
        **mail,
    }


def made(playbooks: Playbooks, name: str, **options: Any) -> dict[str, str]:
    """Make a link; return it, its keys and its value."""
    make = {"name": name, "ttl": "1h", "return_content": True, **options}
    task = {"onetimesecret.ots.ots_generate": make, "register": "made"}
    run = playbooks.run([task, playbooks.save("made")])
    assert run.exit_code == 0, run.output
    return {key: playbooks.registered()[key] for key in ("link", "secret_key", "metadata_key", "value")}


def read(playbooks: Playbooks, link: str) -> None:
    run = playbooks.run([{"onetimesecret.ots.ots_reveal": {"link": link}}])
    assert run.exit_code == 0, run.output


def subjects(stack: Tenant) -> list[tuple[str, str]]:
    return [(str(mail["To"]), str(mail["Subject"])) for mail in stack.mailbox.mails()]


def test_a_recipient_is_reminded_once_however_often_it_is_killed(
    stack: Tenant, playbooks: Playbooks, surroundings: dict[str, Any], tmp_path: Path
) -> None:
    secrets = made(playbooks, "db/alice", recipient="alice@example.com")
    made(playbooks, "db/late", recipient="late@example.com", ttl="2d")
    made(playbooks, "db/nobody")
    stack_mails = len(stack.mailbox.mails())
    folder = tmp_path / "eda"

    def reminders() -> list[str]:
        return [text_of(mail) for mail in stack.mailbox.mails()[stack_mails:]]

    with rulebook("onetimesecret.ots.remind", folder, **surroundings) as first:
        first.wait_for(lambda: bool(reminders()), "reminder")
        first.kill()
    made(playbooks, "db/bob", recipient="bob@example.com")
    with rulebook("onetimesecret.ots.remind", folder, **surroundings) as second:
        second.wait_for(lambda: "db/bob" in "".join(reminders()), "reminder of Bob")
    assert [line.splitlines()[0] for line in reminders() if "still waiting" in line] == [
        "A credential is still waiting for you: db/alice",
        "A credential is still waiting for you: db/bob",
    ]
    found = "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
    assert "db/alice" in found
    for secret in (*secrets.values(), stack.api_token):
        assert secret not in found


def test_another_link_is_sent_for_what_expired_and_the_sender_is_told(
    stack: Tenant, playbooks: Playbooks, surroundings: dict[str, Any], tmp_path: Path
) -> None:
    former = made(playbooks, "db/alice", recipient="alice@example.com", ttl="60s")
    with rulebook(
        "onetimesecret.ots.reissue", tmp_path / "eda", **surroundings, reissue_sender="boss@example.com"
    ) as running:
        running.wait_for(lambda: ("boss@example.com", "A link was not read") in subjects(stack), "notice")
    again = made(playbooks, "db/alice", recipient="alice@example.com", ttl="60s")

    assert again["value"] == former["value"]
    assert again["link"] != former["link"]
    assert [to for to, _subject in subjects(stack)] == ["alice@example.com", "alice@example.com", "boss@example.com"]


def test_a_token_that_was_read_is_revoked_after_a_while(
    playbooks: Playbooks, surroundings: dict[str, Any], tmp_path: Path
) -> None:
    token, other = made(playbooks, "token/ci"), made(playbooks, "db/alice")
    revoked = tmp_path / "revoked"
    note = {"ansible.builtin.copy": {"content": "{{ revoke_name }}", "dest": str(revoked)}}
    forget = {"onetimesecret.ots.ots_burn": {"name": "{{ revoke_name }}"}}
    revoke = tmp_path / "revoke_token.yml"
    revoke.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [note, forget]}]))

    def start(folder: str) -> Any:
        return rulebook(
            "onetimesecret.ots.revoke",
            tmp_path / folder,
            **surroundings,
            revoke_playbook=str(revoke),
            revoke_after="3s",
        )

    for link in (token, other):
        read(playbooks, link["link"])
    begun = time.monotonic()
    with start("eda") as running:
        running.wait_for(revoked.exists, "revocation")
    assert time.monotonic() - begun >= 2  # to the second of the server's clock
    assert revoked.read_text() == "token/ci"
    assert token["value"] not in (tmp_path / "eda" / "log").read_text()


@pytest.mark.parametrize("option", ["api_token", "ledger_key"])
def test_a_secret_in_a_rulebook_is_refused(surroundings: dict[str, Any], tmp_path: Path, option: str) -> None:
    folder = tmp_path / "eda"
    folder.mkdir()
    rules = [{"name": "r", "condition": "event.x is defined", "action": {"debug": None}}]
    source = {"onetimesecret.ots.links": {option: "{{ s3cret }}"}}
    text = json.dumps([{"name": "wrong", "hosts": "localhost", "sources": [source], "rules": rules}])
    (folder / "wrong.yml").write_text(text)
    surroundings["environment"]["PYTHONUNBUFFERED"] = "1"
    with rulebook(str(folder / "wrong.yml"), folder, **surroundings, s3cret="x" * 40) as running:
        running.process.wait(60)
    assert f"{option}: is shown in the log of ansible-rulebook; set OTS_{option.upper()}" in running.log.read_text()
