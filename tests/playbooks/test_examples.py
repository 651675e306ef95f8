"""Every example of every plugin and role runs as it is documented, but for what only its reader has: hosts, addresses, paths."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, lookup_loader, module_loader, test_loader

from demanding_mailbox import LOGIN, demanding_mailbox
from local_stack import Mailbox
from tests.support import CHECKOUT
from tests.support.playbooks import Playbooks, Run
from tests.support.replay import Answer, Replay, replaying
from tests.support.tenants import Tenant

ROLES = sorted(path.name for path in (CHECKOUT / "roles").iterdir())
PLUGINS = {
    kind: sorted({path.stem for path in (CHECKOUT / "plugins" / folder).glob("*.*") if path.suffix in (".py", ".yml")})
    for kind, folder in {"module": "modules", "lookup": "lookup", "filter": "filter", "test": "test"}.items()
}
KEYS = ["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
VARIABLES: dict[str, Any] = {
    "people": [{"name": "alice", "email": "alice@example.com"}, {"name": "bob", "email": "bob@example.com"}],
    "deploy_key": "-----KEY-----",
    "alice_passphrase": "correct-horse",
    "vault_vpn_password": "s3cret-vpn",
    "vault_old_ledger_key": KEYS[0],
    "vault_ledger_key": KEYS[1],
    "vault_mail_password": LOGIN[1],
    "vault_ntfy_token": "tk_T0ken",
}
FILES = {
    "people.csv": "name,email\ncarol,carol@example.com\ndave,dave@example.com\n",
    "web1.key": "-----KEY OF WEB1-----",
    "bob.key": "-----KEY OF BOB-----",
    "app.env.j2": "DB_PASSWORD={{ db_password | quote }}\n",
    "welcome.txt.j2": "Your first password is behind {{ link }}, once and until Friday.\n",
}


def task(action: str, /, **options: Any) -> dict[str, Any]:
    return {f"onetimesecret.ots.{action}": options}


def strangers_link(variable: str) -> list[dict[str, Any]]:
    """Tasks that have a stranger share a secret, and keep what the server says of it."""
    form = {"secret": "LICENCE-1", "ttl": 3600}
    ask = {"url": "{{ ots_url }}/api/v1/share", "method": "POST", "body_format": "form-urlencoded", "body": form}
    return [{"ansible.builtin.uri": ask, "register": variable}]


LICENCE = [
    *strangers_link("stranger"),
    {"ansible.builtin.set_fact": {"vault_licence_link": "{{ ots_url }}/secret/{{ stranger.json.secret_key }}"}},
]
# A link of the account's own, as another tool has made it.
SHARE = {"secret": "s3cret-db", "ttl": 3600, "recipient": "alice@example.com"}
ACCOUNT = {"url_username": "{{ lookup('env', 'OTS_USERNAME') }}", "url_password": "{{ vault_ots_api_token }}"}
ASK = {"url": "{{ ots_url }}/api/v1/share", "method": "POST", "body_format": "form-urlencoded", "body": SHARE}
BY_TERRAFORM: list[dict[str, Any]] = [
    {"ansible.builtin.uri": {**ASK, **ACCOUNT, "force_basic_auth": True}, "register": "shared"},
    {
        "ansible.builtin.set_fact": {
            "terraform": {"outputs": {"metadata_key": {"value": "{{ shared.json.metadata_key }}"}}},
            "vault_db_password": SHARE["secret"],
        }
    },
]
READ = task("ots_generate", name="db/prod/alice", return_content=True) | {"register": "made"}
# What is there before the examples of a plugin begin.
BEFORE: dict[str, list[dict[str, Any]]] = {
    "module ots_burn": [
        task("ots_generate", name="db/prod/carol"),
        *strangers_link("leaked"),
        {"ansible.builtin.set_fact": {"leaked_metadata_key": "{{ leaked.json.metadata_key }}"}},
    ],
    "module ots_deliver": [task("ots_generate", name="db/prod/alice", passphrase="correct-horse", ttl="1h")],
    "module ots_metadata_info": [READ, task("ots_reveal", link="{{ made.link }}")],
    "module ots_recent_info": [task("ots_generate", name="to/nobody")],
    "module ots_reveal": LICENCE,
    "module ots_ledger": [
        *BY_TERRAFORM,
        task("ots_generate", name="x", ledger="{{ team_ledger }}", ledger_key=KEYS[0]),
        task("ots_generate", name="x"),
    ],
    "lookup ots_reveal": LICENCE,
    "lookup ots_metadata": [task("ots_generate", name="db/prod/alice"), task("ots_generate", name="db/prod/bob")],
    "filter ots_secret_key": [{"ansible.builtin.set_fact": {"link": "{{ ots_url }}/secret/abc"}}],
    "test ots_unread": [
        task("ots_generate", name="x") | {"register": "shared"},
        task("ots_ledger_info") | {"register": "ledger"},
    ],
}

# What is tidied up behind them: the list of recent links is that of the account, and only its ledger knows a passphrase.
AFTER = {"module ots_deliver": [task("ots_burn", name="db/prod/alice")]}


@dataclass(frozen=True)
class Places:
    """What stands in for the hosts, addresses and paths of the examples."""

    stack: Tenant
    folder: Path
    post: Mailbox

    def put_into(self, text: str) -> str:
        for theirs, ours in {
            "region: eu": f"url: {self.stack.url}",
            "https://ots.example.com": self.stack.url,
            "username: ops@example.com": f"username: {self.stack.username}",
            f"smtp_username: {self.stack.username}": f"smtp_username: {LOGIN[0]}",
            "postgresql://ots@db.example.com/ots?sslmode=verify-full": f"sqlite://{self.folder}/team.sqlite3",
            "/usr/local/bin/set-db-password": f"{self.folder}/set-db-password",
            "/etc/app/": f"{self.folder}/etc-app-",
            "/srv/mail/outgoing/": f"{self.folder}/outgoing-",
            "/srv/letters/": f"{self.folder}/letters-",
            "delay: 60": "delay: 0",
        }.items():
            text = text.replace(theirs, ours)
        return re.sub(
            r"( *)smtp_host: mail.example.com", rf"\1smtp_host: 127.0.0.1\n\1smtp_port: {self.post.port}", text
        )


def documented(kind: str, name: str) -> str:
    """Return the examples of a plugin, as ansible-doc shows them."""
    loaders = {"module": module_loader, "lookup": lookup_loader, "filter": filter_loader, "test": test_loader}
    found = loaders[kind].find_plugin_with_context(f"onetimesecret.ots.{name}").plugin_resolved_path
    assert found
    sidecar = Path(found).with_name(f"{name}.yml")
    if sidecar.exists():
        return str(DataLoader().load_from_file(str(sidecar))["EXAMPLES"])
    match = re.search(r'^EXAMPLES = r"""\n(.*?)^"""', Path(found).read_text(), re.DOTALL | re.MULTILINE)
    assert match, found
    return match[1]


def play(kind: str, name: str, places: Places, *, examples: str | None = None) -> dict[str, Any]:
    """The examples of a plugin as a play, on a ledger of its own."""
    text = places.put_into(examples or documented(kind, name))
    tasks = yaml.safe_load(text)
    if isinstance(tasks, dict):
        tasks = [{"ansible.builtin.set_fact": tasks}]
    plugin = f"{kind} {name}"
    ledger = f"sqlite://{places.folder}/{plugin.replace(' ', '-')}.sqlite3"
    return {
        "name": f"Examples of the {plugin}",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ots_ledger": ledger},
        "tasks": [*BEFORE.get(plugin, []), *tasks, *AFTER.get(plugin, [])],
    }


@pytest.fixture
def post(tmp_path: Path) -> Iterator[tuple[Mailbox, Path]]:
    (tmp_path / "post").mkdir()
    with demanding_mailbox(tmp_path / "post") as running:
        yield running


@pytest.fixture
def chat() -> Iterator[Replay]:
    with replaying(Answer(200, body=b"ok")) as server:
        yield server


def run(playbooks: Playbooks, plays: list[dict[str, Any]], places: Places, *arguments: str, **more: Any) -> Run:
    account = {"url": places.stack.url, "username": places.stack.username, "api_token": places.stack.api_token}
    variables = {
        **VARIABLES,
        "vault_ots_api_token": places.stack.api_token,
        "vault_servers": [account],
        "ots_url": places.stack.url,
        "team_ledger": f"sqlite://{places.folder}/team.sqlite3",
        **more,
    }
    (playbooks.folder / "variables.json").write_text(json.dumps(variables))
    playbook = playbooks.folder / "examples.yml"
    playbook.write_text(yaml.safe_dump(plays, sort_keys=False))
    return playbooks.run(playbook, "-e", f"@{playbooks.folder}/variables.json", *arguments, OTS_URL="", OTS_LEDGER="")


@pytest.mark.long
@pytest.mark.newcomer
def test_the_examples_of_all_plugins_run(
    stack: Tenant, playbooks: Playbooks, post: tuple[Mailbox, Path], chat: Replay
) -> None:
    mailbox, certificate = post
    places = Places(stack, playbooks.folder, mailbox)
    for name, content in FILES.items():
        (playbooks.folder / name).write_text(content)
    (playbooks.folder / "terraform").mkdir()
    setter = playbooks.folder / "set-db-password"
    setter.write_text(f'#!/bin/sh\nprintf "%s %s\\n" "$1" "$(cat)" >> {playbooks.folder}/set-passwords\n')
    setter.chmod(0o700)
    rotated = documented("module", "ots_generate").replace("rotate_after: 90d", "rotate_after: 1s")
    plays = [
        *(play(kind, name, places) for kind, names in PLUGINS.items() for name in names),
        play("module", "ots_generate", places, examples=rotated),
    ]
    done = run(playbooks, plays, places, ots_ca_bundle=str(certificate), vault_alice_webhook=f"{chat.url}/hooks/alice")

    assert done.exit_code == 0, done.output
    assert len(plays) == len(re.findall(r"^PLAY \[", done.output, re.MULTILINE))
    passwords = [line.split(" ", 1) for line in (playbooks.folder / "set-passwords").read_text().splitlines()]
    assert [name for name, _ in passwords] == ["alice", "bob", "alice", "bob"]  # again after the rotation
    assert len({password for _, password in passwords}) == 4
    assert (playbooks.folder / "etc-app-licence").read_text() == "LICENCE-1"
    assert re.fullmatch(
        r"Your VPN password is behind http\S+/secret/\w+", (playbooks.folder / "letters-carol.txt").read_text()
    )
    (mail,) = mailbox.mails()
    assert "Hello Alice, it is behind http" in mail.get_content()
    assert "correct-horse" in chat.received[0].body.decode()


def test_every_plugin_has_an_example_of_what_it_can() -> None:
    everything = "".join(documented(kind, name) for kind, names in PLUGINS.items() for name in names)
    for shown in ("src:", "rotate_after:", "reissue_on:", "module_defaults:", "return_content:", ".csv", "servers"):
        assert shown in everything


# -- roles ------------------------------------------------------------------------------------------------------------------


def examples_of(role: str) -> str:
    specs = yaml.safe_load((CHECKOUT / "roles" / role / "meta" / "argument_specs.yml").read_text())
    return str(specs["argument_specs"]["main"]["examples"])


@pytest.mark.parametrize("role", ROLES)
def test_ansible_doc_shows_the_example_of_the_role_s_readme(role: str) -> None:
    readme = (CHECKOUT / "roles" / role / "README.md").read_text()
    assert re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)[0] == examples_of(role)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="the roles ask the host what only root may know: run as root")
def test_the_examples_of_all_roles_run_in_check_mode(stack: Tenant, playbooks: Playbooks) -> None:
    """What they do is shown on real hosts by make molecule, and for the role credentials by test_readme.py."""
    (playbooks.folder / "keys").mkdir()
    (playbooks.folder / "keys" / "alice.pub").write_text("ssh-ed25519 AAAA alice@example.com")
    (playbooks.folder / "files").mkdir()
    (playbooks.folder / "files" / "deploy_key").write_text("-----KEY-----")
    places = Places(stack, playbooks.folder, stack.server.mailbox)
    plays = [
        example | {"hosts": "localhost", "become": False, "connection": "local"}
        for role in ROLES
        for example in yaml.safe_load(places.put_into(examples_of(role)))
    ]
    done = run(playbooks, plays, places, "--check")

    assert done.exit_code == 0, done.output
    assert stack.links_sent() == 0
