"""The quickstart as `make demo` runs it, and a search for secrets in everything that it leaves behind."""

from __future__ import annotations

import json
import re
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Record
from local_stack import LocalStack, text_of
from tests.support import CHECKOUT
from tests.support.ledgers import records
from tests.support.playbooks import Playbooks, Run
from tests.support.tenants import Tenant

pytestmark = [pytest.mark.long, pytest.mark.newcomer]

PLAYBOOKS = CHECKOUT / "playbooks"
PEOPLE_ON_SERVERS = 6
APPLICATIONS = 2
KEY_AND_PASSPHRASE = 2


@dataclass(frozen=True)
class Handover:
    """The quickstart, run four times, and what it left behind."""

    stack: Tenant
    playbooks: Playbooks
    servers: Path
    first: Run
    second: Run
    checked: Run
    without_carol: Run
    links_sent: tuple[int, int]
    """After the first run, and after all."""
    mails: tuple[list[EmailMessage], list[EmailMessage]]
    records: dict[str, Record]
    """Before Carol left."""
    not_ours: frozenset[str]
    """Files in the mailbox that were there before."""

    @property
    def output(self) -> str:
        return "".join(run.output for run in (self.first, self.second, self.checked, self.without_carol))


@pytest.fixture(scope="module")
def handover(shared_server: LocalStack, tmp_path_factory: pytest.TempPathFactory, collections_path: str) -> Handover:
    folder = tmp_path_factory.mktemp("quickstart")
    stack, servers, controller = Tenant(shared_server, folder / "stack"), folder / "servers", folder / "controller"
    controller.mkdir()
    playbooks = Playbooks(controller, collections_path, stack.environment)

    def quickstart(*arguments: str) -> Run:
        return playbooks.run(PLAYBOOKS / "quickstart.yml", "-e", f"quickstart_folder={servers}", *arguments)

    not_ours = frozenset(map(str, stack.mailbox.folder.iterdir()))
    first = quickstart("-vvvv", "--diff")
    sent, mails = stack.links_sent(), stack.mailbox.mails()
    second, known = quickstart("-vvvv", "--diff"), records(stack)
    return Handover(
        stack,
        playbooks,
        servers,
        first,
        second,
        checked=quickstart("-vvvv", "--check", "--diff", "-e", '{"leavers": ["bob"]}'),
        without_carol=quickstart("-e", '{"leavers": ["carol"]}'),
        links_sent=(sent, stack.links_sent()),
        mails=(mails, stack.mailbox.mails()),
        records=known,
        not_ours=not_ours,
    )


def test_it_hands_out_once_and_then_changes_nothing(handover: Handover) -> None:
    assert handover.first.exit_code == 0, handover.first.output
    assert handover.links_sent[0] == PEOPLE_ON_SERVERS + APPLICATIONS + KEY_AND_PASSPHRASE
    assert len(handover.mails[0]) == handover.links_sent[0] - 1  # the passphrase of Bob's key goes another way

    assert (handover.second.exit_code, handover.second.changed) == (0, 0)
    assert handover.checked.exit_code == 0
    assert handover.links_sent[1] == handover.links_sent[0]
    assert len(handover.mails[1]) == len(handover.mails[0])


def test_a_leaver_s_link_is_burned(handover: Handover) -> None:
    assert (handover.without_carol.exit_code, handover.without_carol.changed) == (0, 2)
    assert re.search(r"web1/carol +carol@example.com +burned", handover.without_carol.output)
    assert re.search(r"web1/bob +bob@example.com +(new|viewed) +20\d\d-", handover.without_carol.output)


def test_the_mailed_link_is_the_one_in_the_ledger(handover: Handover) -> None:
    links = {
        f"{handover.stack.url}/secret/{record.secret_key}" for record in handover.records.values() if record.recipient
    }

    assert {re.search(r"http\S+", text_of(mail))[0] for mail in handover.mails[0]} == links  # type: ignore[index]
    password = handover.records["db1/app"].value
    assert password
    assert f"DB_PASSWORD={shlex.quote(password)}\n" in (handover.servers / "db1" / "app.env").read_text()


def test_no_secret_is_found_in_output_or_files(handover: Handover) -> None:
    known = handover.records.values()
    key = (handover.servers / "web1" / "deploy_key").read_text()
    links = [secret for record in known for secret in (record.secret_key, record.metadata_key)]
    values = [secret for record in known for secret in (record.value, record.passphrase) if secret]
    secrets = [handover.stack.api_token, *values, key.splitlines()[2], *links]
    assert len(secrets) > 3 * len(known)

    places = {"the output": handover.output.encode(), **dict(written(handover.stack, handover.playbooks))}
    mails = {
        name: content for name, content in places.items() if name.endswith(".eml") and name not in handover.not_ours
    }
    assert len(mails) >= len(handover.mails[1])
    for place, content in places.items():
        belongs = [record.secret_key for record in known] if place in mails else []
        found = [
            secret for secret in secrets if secret not in belongs and any(form in content for form in forms(secret))
        ]
        assert not found, f"{len(found)} secrets in {place}"


def test_what_belongs_on_a_server_is_readable_by_its_owner_alone(handover: Handover) -> None:
    private = [path for path in handover.servers.rglob("*") if path.is_file() and path.suffix != ".pub"]
    assert {path.name for path in private} == {"app.env", "deploy_key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def forms(secret: str) -> list[bytes]:
    """The secret as it is, as JSON and in quotes for a shell, for those that hold quotes and backslashes."""
    return [form.encode() for form in (secret, json.dumps(secret)[1:-1], shlex.quote(secret))]


def written(stack: Tenant, playbooks: Playbooks) -> Iterator[tuple[str, bytes]]:
    """Every file that a run has written, but for what it put onto the servers, where it belongs."""
    for folder in (stack.server.folder, stack.folder, playbooks.folder):
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()
