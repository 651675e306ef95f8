"""The role credentials, and the action ots_deliver that it hands things over with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from demanding_mailbox import LOGIN, demanding_mailbox
from local_stack import Mailbox, text_of
from tests.support.ledgers import age, records
from tests.support.playbooks import Playbooks, Run
from tests.support.replay import Answer, Replay, replaying
from tests.support.tenants import Tenant

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


def role(people: list[dict[str, Any]], **variables: Any) -> list[dict[str, Any]]:
    given = {"credentials_people": people, **{f"credentials_{name}": value for name, value in variables.items()}}
    return [{"ansible.builtin.include_role": {"name": "onetimesecret.ots.credentials"}, "vars": given}]


def hand_over(playbooks: Playbooks, *arguments: str, people: list[dict[str, Any]] = PEOPLE, **variables: Any) -> Run:
    return playbooks.run([*role(people, **variables), playbooks.save("credentials_report.links")], *arguments)


def actions(playbooks: Playbooks) -> dict[str, str]:
    """What the last run did about each link."""
    return {name: link["action"] for name, link in playbooks.registered().items()}


def texts_of(mailbox: Mailbox) -> list[str]:
    return [f"{mail['To']} {text_of(mail)}" for mail in mailbox.mails()]


def test_the_server_mails_each_link_once(stack: Tenant, playbooks: Playbooks) -> None:
    checked = hand_over(playbooks, "--check", "-vvvv", "--diff")
    assert (checked.exit_code, stack.links_sent()) == (0, 0), checked.output
    first = hand_over(playbooks, "-vvvv", "--diff")
    made = actions(playbooks)
    requests_of_first = stack.requests()
    second = hand_over(playbooks, "-vvvv", "--diff")

    assert (checked.exit_code, first.exit_code, second.exit_code) == (0, 0, 0), first.output
    assert (checked.changed, first.changed, second.changed) == (1, 1, 0), second.output
    assert made == {"db/prod/alice": "created", "deploy_key/bob": "created"}
    assert actions(playbooks) == {"db/prod/alice": "kept", "deploy_key/bob": "kept"}
    assert stack.requests() == requests_of_first + 1
    assert re.search(r"\"db/prod/alice +alice@example.com +created +new", first.output)
    assert first.output.count("TASK [onetimesecret.ots.credentials") <= 5 + 1  # and core's validation of the arguments
    assert sorted(mail["To"] for mail in stack.mailbox.mails()) == ["alice@example.com", "bob@example.com"]
    links = re.findall(r"/secret/(\w+)", "".join(texts_of(stack.mailbox)))
    assert len(links) == 2
    for hidden in (PASSPHRASE, "-----KEY-----", *links):
        assert all(hidden not in run.output for run in (checked, first, second))


def test_mail_by_starttls_with_a_password_and_the_passphrase_by_chat(
    stack: Tenant, playbooks: Playbooks, post: tuple[Mailbox, Path], chat: Replay
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
    log = playbooks.folder / "ansible.log"
    playbooks.environment |= {"OTS_CA_BUNDLE": str(certificate), "ANSIBLE_LOG_PATH": str(log)}
    first, second = hand_over(playbooks, "-vvvv", **settings), hand_over(playbooks, "-vvvv", **settings)

    assert (first.exit_code, first.changed) == (0, 2), first.output
    sent = re.findall(r"changed: .*item=(\w+ of \S+ by \w+)", first.output)
    assert sent == [
        "link of db/prod/alice by mail",
        "link of deploy_key/bob by mail",
        "passphrase of deploy_key/bob by webhook",
    ]
    assert (second.exit_code, second.changed) == (0, 0), second.output
    assert stack.mailbox.mails() == []
    mails = texts_of(mailbox)
    assert [mail.split()[0] for mail in mails] == ["alice@example.com", "bob@example.com"]
    assert re.search(rf"behind {stack.url}/secret/\w+ until 20\S+Z; it costs \$1\.", mails[0])
    (message,) = chat.received
    assert PASSPHRASE in json.loads(message.body)["text"]
    assert "/secret/" not in message.body.decode()
    hidden = (PASSPHRASE, LOGIN[1], "T0ken", *re.findall(r"/secret/(\w+)", "".join(mails)))
    leftovers = [
        path for path in playbooks.folder.rglob("*") if path.is_file() and path.suffix not in (".yml", ".json")
    ]
    assert log in leftovers
    for secret in hidden:
        assert secret not in first.output + second.output
        assert all(secret.encode() not in path.read_bytes() for path in leftovers)


@pytest.mark.parametrize(
    "shape", ["slack", *(pytest.param(shape, marks=pytest.mark.long) for shape in ("mattermost", "teams"))]
)
def test_a_link_goes_to_a_chat_in_its_own_form(playbooks: Playbooks, chat: Replay, shape: str) -> None:
    alice = [{**PEOPLE[0], "delivery": "webhook", "webhook_url": f"{chat.url}/hooks/alice"}]
    assert hand_over(playbooks, people=alice, webhook_shape=shape).exit_code == 0

    (message,) = chat.received
    body = json.loads(message.body)
    card = body["attachments"][0]["content"] if shape == "teams" else None
    text = card["body"][0]["text"] if card else body["text"]
    assert "/secret/" in text
    assert shape != "slack" or body["unfurl_links"] is False


def test_a_link_and_its_passphrase_do_not_go_the_same_way(stack: Tenant, playbooks: Playbooks) -> None:
    mail = {
        "smtp_host": "127.0.0.1",
        "smtp_port": stack.mailbox.port,
        "smtp_security": "none",
        "smtp_sender": "o@example.com",
    }
    refused = {
        "block": role(PEOPLE, passphrase_delivery="mail", **mail),
        "rescue": [playbooks.save("ansible_failed_result.msg", "said")],
    }
    allowed = role(PEOPLE, passphrase_delivery="mail", same_channel=True, **mail)
    run = playbooks.run([refused, *allowed])

    assert run.exit_code == 0, run.output
    problem = ": its link and its passphrase would both go by mail; give another delivery or passphrase_delivery"
    assert problem in playbooks.registered("said")
    assert [PASSPHRASE in text for text in texts_of(stack.mailbox)] == [False, False, True]


def test_another_link_is_delivered_again_and_a_leaver_gets_none(playbooks: Playbooks, chat: Replay) -> None:
    def alice(**holds: str) -> list[dict[str, Any]]:
        return [{"name": "alice", "delivery": "webhook", "holds": [{"name": "db", "ttl": "1h", **holds}]}]

    turns = [{"secret": "a"}, {"secret": "a"}, {"secret": "b"}, {"state": "absent"}, {"state": "absent"}]
    tasks = []
    for number, turn in enumerate(turns):
        tasks += role(people=alice(**turn), webhook_url=f"{chat.url}/hooks/x")
        tasks.append(
            playbooks.save("credentials_report.links | dict2items | map(attribute='value.action')", str(number))
        )
    run = playbooks.run(tasks)

    assert run.exit_code == 0, run.output
    done = [action for number in range(len(turns)) for action in playbooks.registered(str(number))]
    assert done == ["created", "kept", "replaced", "burned", "absent"]
    assert len(chat.received) == 2


@pytest.mark.long
def test_what_is_sent_again_and_what_is_rotated_is_said_for_each_credential(
    stack: Tenant, playbooks: Playbooks
) -> None:
    again = {"reissue_on": ["received"]}
    holds = [
        {"name": "generated", **again},
        {"name": "shared", "secret": "s3cret", **again},
        {"name": "rotated", "rotate_after": "1d", "length": 20},
        {"name": "read", "rotate_after": "3d"},
    ]
    alice = [{"name": "alice", "holds": [{"ttl": "1h", **credential} for credential in holds]}]
    assert hand_over(playbooks, people=alice, delivery="none").exit_code == 0
    assert set(actions(playbooks).values()) == {"created"}
    before = records(stack)
    assert {record.ttl for record in before.values()} == {3600}
    for record in before.values():
        requests.post(f"{stack.url}/api/v1/secret/{record.secret_key}", timeout=30).raise_for_status()
    for name in ("rotated/alice", "read/alice"):
        age(stack, name, 2 * 86_400)
    run = hand_over(playbooks, people=alice, delivery="none")

    assert run.exit_code == 0, run.output
    assert actions(playbooks) == {
        "generated/alice": "reissued",
        "shared/alice": "reissued",
        "rotated/alice": "rotated",
        "read/alice": "kept",
    }
    after = records(stack)
    values = {name: (before[name].value, record.value) for name, record in after.items()}
    assert values["generated/alice"][0] == values["generated/alice"][1]
    assert values["rotated/alice"][0] != values["rotated/alice"][1]
    assert [len(value or "") for value in values["rotated/alice"]] == [20, 20]


def test_each_person_gets_passphrases_in_a_way_of_their_own(stack: Tenant, playbooks: Playbooks, chat: Replay) -> None:
    def person(name: str, **ways: str) -> dict[str, Any]:
        key = {"name": "key", "secret": "s3cret", "passphrase": f"passphrase-of-{name}", "ttl": "1h"}
        return {"name": name, "email": f"{name}@example.com", "delivery": "none", "holds": [key], **ways}

    people = [
        person("alice"),
        person("bob", passphrase_delivery="none"),
        person("carol", passphrase_delivery="mail"),
        person("erin", delivery="webhook", passphrase_delivery="mail", webhook_url=f"{chat.url}/hooks/erin"),
    ]
    mail = {
        "smtp_host": "127.0.0.1",
        "smtp_port": stack.mailbox.port,
        "smtp_security": "none",
        "smtp_sender": "o@example.com",
    }
    chats = {"passphrase_delivery": "webhook", "webhook_url": f"{chat.url}/hooks/all"}
    run = hand_over(playbooks, people=people, **mail, **chats)

    assert run.exit_code == 0, run.output
    posted = [(message.path.rpartition("/")[2], json.loads(message.body)["text"]) for message in chat.received]
    told = [(place, re.findall(r"passphrase-of-\w+|/secret/", text)) for place, text in posted]
    assert told == [("erin", ["/secret/"]), ("all", ["passphrase-of-alice"])]
    mailed = [(mail["To"], re.findall(r"passphrase-of-\w+|/secret/", text_of(mail))) for mail in stack.mailbox.mails()]
    assert mailed == [("carol@example.com", ["passphrase-of-carol"]), ("erin@example.com", ["passphrase-of-erin"])]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(403), "answered with HTTP status 403"),
        pytest.param(Answer(302, headers={"Location": "/x"}), "302", marks=pytest.mark.long),
    ],
)
def test_what_could_not_be_delivered_is_delivered_by_the_next_run(
    playbooks: Playbooks, answer: Answer, problem: str
) -> None:
    alice = [{**PEOPLE[0], "delivery": "webhook"}]
    with replaying(answer, Answer(200)) as chat:
        failed = hand_over(playbooks, people=alice, webhook_url=f"{chat.url}/hooks/T0ken")
        checked = hand_over(playbooks, "--check", people=alice, webhook_url=f"{chat.url}/hooks/T0ken")
        assert (checked.exit_code, checked.changed, len(chat.received)) == (0, 1, 1), checked.output
        again = hand_over(playbooks, people=alice, webhook_url=f"{chat.url}/hooks/T0ken")

    assert (failed.exit_code, again.exit_code, again.changed) == (2, 0, 1), again.output
    assert problem in failed.one_line
    assert "T0ken" not in failed.output
    assert len(chat.received) == 2


def test_validating_the_role_s_arguments_makes_nothing(stack: Tenant, playbooks: Playbooks) -> None:
    value = "{{ lookup('onetimesecret.ots.ots_generate', 'made/by/validation') }}"
    people = [{"name": "alice", "holds": [{"name": "db", "secret": value}]}]
    role = {
        "ansible.builtin.import_role": {"name": "onetimesecret.ots.credentials"},
        "vars": {"credentials_people": people},
    }
    run = playbooks.run([role], "--tags", "nothing")

    assert run.exit_code == 0, run.output
    assert "Validating arguments" in run.output
    assert stack.requests() == 0


# -- groups, and who leaves ---------------------------------------------------------------------------------------------------

TEAM = {"alice": "alice@example.com", "bob": "bob@example.com", "carol": "carol@example.com"}
SHARED = {"name": "db", "shared": True, "rotate_on_leave": True, "chars": ["ascii_letters"], "length": 24, "ttl": "1h"}
DEPLOY_KEY = {"name": "key", "secret": "-----KEY-----", "passphrase": "generate", "ttl": "1h"}


def team(*leavers: str) -> list[dict[str, Any]]:
    people: list[dict[str, Any]] = [
        {"name": name, "state": "absent"} if name in leavers else {"name": name, "email": email}
        for name, email in TEAM.items()
    ]
    return [*people, {"group": "dba", "holds": [SHARED]}, {"group": "keepers", "holds": [DEPLOY_KEY]}]


def values_behind(stack: Tenant, *names: str) -> list[str]:
    """Read the links, as their recipients do."""
    found = []
    for name in names:
        record = records(stack)[name]
        reply = requests.post(
            f"{stack.url}/api/v1/secret/{record.secret_key}", {"passphrase": record.passphrase or ""}, timeout=30
        )
        found.append(reply.json()["value"])
    return found


def test_members_share_a_value_and_who_leaves_has_it_rotated_and_all_that_was_theirs_burned(
    stack: Tenant, playbooks: Playbooks, chat: Replay
) -> None:
    groups = {"dba": "{{ administrators }}", "keepers": ["bob", "carol"]}

    def turn(name: str, *leavers: str, check: bool = False) -> list[dict[str, Any]]:
        role = {"name": "onetimesecret.ots.credentials", "apply": {"check_mode": check}}
        variables = {
            "credentials_people": team(*leavers),
            "credentials_groups": groups,
            "credentials_passphrase_delivery": "webhook",
            "credentials_webhook_url": f"{chat.url}/hooks/x",
        }
        include = {"ansible.builtin.include_role": role, "vars": variables}
        return [include, playbooks.save("credentials_report.links", name)]

    def done(name: str) -> dict[str, str]:
        return {link: it["action"] for link, it in playbooks.registered(name).items()}

    members = {"db/alice", "db/bob", "db/carol", "key/bob", "key/carol"}
    inventory = playbooks.folder / "group_vars" / "all.yml"
    inventory.parent.mkdir()
    inventory.write_text(json.dumps({"administrators": list(TEAM)}))
    first = playbooks.run([*turn("foretold", check=True), *turn("made"), *turn("kept")], "-vvvv", "--diff")
    assert first.exit_code == 0, first.output
    assert done("foretold") == done("made") == dict.fromkeys(members, "created")
    assert done("kept") == dict.fromkeys(members, "kept")
    before = records(stack)
    assert set(before) == {*members, "db", "key/bob/passphrase", "key/carol/passphrase"}
    assert sorted(mail["To"] for mail in stack.mailbox.mails()) == sorted([*TEAM.values(), TEAM["bob"], TEAM["carol"]])
    assert values_behind(stack, "db/alice", "key/bob") == [before["db"].value, "-----KEY-----"]
    told = [json.loads(message.body)["text"] for message in chat.received]
    assert len(told) == 2
    assert before["key/bob/passphrase"].value in told[0]

    after_leaving = {**dict.fromkeys(["db/alice", "db/bob"], "created"), "key/bob": "kept"}
    after_leaving |= {"db/bob": "replaced"} | dict.fromkeys(["db/carol", "key/carol", "key/carol/passphrase"], "burned")
    second = playbooks.run(
        [*turn("foretold", "carol", check=True), *turn("left", "carol"), *turn("kept", "carol")], "-vvvv", "--diff"
    )
    assert second.exit_code == 0, second.output
    assert done("foretold") == done("left") == after_leaving
    assert done("kept") == dict.fromkeys(["db/alice", "db/bob", "key/bob"], "kept")
    after = records(stack)
    assert set(after) == {"db", "db/alice", "db/bob", "key/bob", "key/bob/passphrase"}
    assert values_behind(stack, "db/alice", "db/bob") == [after["db"].value] * 2
    assert after["db"].value != before["db"].value
    for name in ("db/carol", "key/carol", "key/carol/passphrase"):
        gone = requests.post(f"{stack.url}/api/v1/secret/{before[name].secret_key}", timeout=30)
        assert gone.status_code == 404
    assert len(chat.received) == 2
    secrets = ["-----KEY-----", *(record.secret_key for record in (*before.values(), *after.values()))]
    secrets += [record.value for record in (*before.values(), *after.values()) if record.value]
    assert not [secret for secret in secrets if secret in first.output + second.output]


def test_what_is_of_a_wrong_kind_in_the_role_s_variables_is_named_and_never_shown(
    stack: Tenant, playbooks: Playbooks
) -> None:
    hidden = "s3cret-that-must-not-be-shown"
    wrong: list[tuple[Any, dict[str, Any], str]] = [
        ({"passphrase": {"a": hidden}}, {}, "credentials_people: bob, key: passphrase: is a mapping, not text"),
        ({"secret": [hidden]}, {}, "credentials_people: bob, key: secret: is a list, not text"),
        ({"lenght": hidden}, {}, "credentials_people: bob, key: lenght: is not an option of a credential"),
        ({"length": hidden}, {}, "credentials_people: bob, key: length: is text, not a number"),
        ({}, {"webhook_url": [hidden]}, "credentials_webhook_url: is a list, not text"),
        ({}, {"smtp_password": {"a": hidden}}, "credentials_smtp_password: is a mapping, not text"),
        ({}, {"text": {"a": hidden}}, "credentials_text: is a mapping, not text"),
        ({}, {"groups": {"dba": {"a": hidden}}}, "credentials_groups: dba: is a mapping, not a list"),
    ]
    tasks = []
    for number, (credential, settings, _) in enumerate(wrong):
        bob = {"name": "bob", "email": "bob@example.com", "delivery": "mail", "holds": [{"name": "key", **credential}]}
        role = {
            "ansible.builtin.include_role": {"name": "onetimesecret.ots.credentials", "apply": {"check_mode": True}},
            "vars": {"credentials_people": [bob]} | {f"credentials_{name}": value for name, value in settings.items()},
        }
        rescue = [playbooks.save("ansible_failed_result.msg", f"said_{number}")]
        tasks.append({"block": [role, {"ansible.builtin.fail": {"msg": "nothing is wrong"}}], "rescue": rescue})
    run = playbooks.run(tasks, "-vvvv", "--diff")

    assert run.exit_code == 0, run.output
    for number, (_, _, problem) in enumerate(wrong):
        assert problem in playbooks.registered(f"said_{number}")
    assert hidden not in run.output
    assert stack.links_sent() == 0
