"""The quickstart as `make demo` runs it, and a search for secrets in everything that it leaves behind."""

from __future__ import annotations

import json
import re
import shlex
import stat
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Record
from local_stack import LocalStack
from support.ledgers import ledger_of
from support.playbooks import Playbooks, Run

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
PEOPLE_ON_SERVERS = 6
APPLICATIONS = 2
KEY_AND_PASSPHRASE = 2


@pytest.fixture
def servers(tmp_path: Path) -> Path:
    return tmp_path / "servers"


def quickstart(playbooks: Playbooks, servers: Path, *arguments: str) -> Run:
    inventory = ["-i", str(PLAYBOOKS / "quickstart_files" / "inventory.yml")]
    return playbooks.run(PLAYBOOKS / "quickstart.yml", *inventory, "-e", f"quickstart_folder={servers}", *arguments)


def records(stack: LocalStack) -> dict[str, Record]:
    """What the ledger holds, opened with its key."""
    with ledger_of(stack) as ledger:
        return {name: entry.record for name, entry in ledger.entries().items() if entry.record}


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return body.get_content() if body else ""


def test_it_hands_out_once_and_then_changes_nothing(stack: LocalStack, playbooks: Playbooks, servers: Path) -> None:
    first = quickstart(playbooks, servers)
    assert first.exit_code == 0, first.output
    assert stack.links_sent() == PEOPLE_ON_SERVERS + APPLICATIONS + KEY_AND_PASSPHRASE
    mails = stack.mailbox.mails()
    assert len(mails) == stack.links_sent() - 1  # the passphrase of Bob's key goes another way

    second = quickstart(playbooks, servers)
    assert (second.exit_code, second.changed) == (0, 0)
    assert stack.links_sent() == len(mails) + 1
    assert len(stack.mailbox.mails()) == len(mails)

    third = quickstart(playbooks, servers, "-e", '{"leavers": ["carol"]}')
    assert (third.exit_code, third.changed) == (0, 2)
    assert re.search(r"web1/carol +carol@example.com +burned", third.output)
    assert re.search(r"web1/bob +bob@example.com +(new|viewed) +20\d\d-", third.output)


def test_the_mailed_link_is_the_one_in_the_ledger(stack: LocalStack, playbooks: Playbooks, servers: Path) -> None:
    quickstart(playbooks, servers)
    links = {f"{stack.url}/secret/{record.secret_key}" for record in records(stack).values() if record.recipient}

    assert {re.search(r"http\S+", text_of(mail))[0] for mail in stack.mailbox.mails()} == links  # type: ignore[index]
    password = records(stack)["db1/app"].value
    assert password
    assert f"DB_PASSWORD={shlex.quote(password)}\n" in (servers / "db1" / "app.env").read_text()


def test_no_secret_is_found_in_output_or_files(stack: LocalStack, playbooks: Playbooks, servers: Path) -> None:
    output = "".join(
        quickstart(playbooks, servers, *arguments).output
        for arguments in (
            ["-vvvv", "--diff"],
            ["-vvvv", "--diff"],
            ["-vvvv", "--check", "--diff", "-e", '{"leavers": ["bob"]}'],
        )
    )
    known = records(stack).values()
    key = (servers / "web1" / "deploy_key").read_text()
    links = [secret for record in known for secret in (record.secret_key, record.metadata_key)]
    values = [secret for record in known for secret in (record.value, record.passphrase) if secret]
    secrets = [stack.api_token, *values, key.splitlines()[2], *links]
    assert len(secrets) > 3 * len(known)

    places = {"the output": output.encode(), **dict(written(stack, playbooks))}
    mails = {name: content for name, content in places.items() if name.endswith(".eml")}
    assert len(mails) == len(stack.mailbox.mails())
    for place, content in places.items():
        belongs = [record.secret_key for record in known] if place in mails else []
        found = [
            secret for secret in secrets if secret not in belongs and any(form in content for form in forms(secret))
        ]
        assert not found, f"{len(found)} secrets in {place}"


def test_what_belongs_on_a_server_is_readable_by_its_owner_alone(playbooks: Playbooks, servers: Path) -> None:
    quickstart(playbooks, servers)

    private = [path for path in servers.rglob("*") if path.is_file() and path.suffix != ".pub"]
    assert {path.name for path in private} == {"app.env", "deploy_key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def forms(secret: str) -> list[bytes]:
    """The secret as it is, as JSON and in quotes for a shell, for those that hold quotes and backslashes."""
    return [form.encode() for form in (secret, json.dumps(secret)[1:-1], shlex.quote(secret))]


def written(stack: LocalStack, playbooks: Playbooks) -> Iterator[tuple[str, bytes]]:
    """Every file that a run has written, but for what it put onto the servers, where it belongs."""
    for folder in (stack.folder, playbooks.folder):
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()
