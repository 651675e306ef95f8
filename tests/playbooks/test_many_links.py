"""Many links in one task: what the play sees of them, and what it must not see."""

from __future__ import annotations

import re
from typing import Any

from tests.support.ledgers import records
from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant

SECRET = "s3cret-that-must-not-be-shown"
PASSPHRASE = "passphrase-that-must-not-be-shown"


def many(*links: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"onetimesecret.ots.ots_links": {"links": list(links), "ttl": "1h", **options}, "register": "many"}


ALICE = {"name": "db/alice", "recipient": "alice@example.com", "chars": ["ascii_letters", "digits"], "length": 24}
BOB = {"name": "key/bob", "secret": SECRET, "passphrase": PASSPHRASE, "ttl": "2h"}
CAROL = {"name": "file/carol", "src": "carol.txt", "recipient": "{{ omit }}"}


def test_they_are_made_once_and_nothing_secret_is_shown(stack: Tenant, playbooks: Playbooks) -> None:
    (playbooks.folder / "files").mkdir()
    (playbooks.folder / "files" / "carol.txt").write_text(f"of carol {SECRET}")
    show = {"ansible.builtin.debug": {"var": "many"}}
    checked = playbooks.run([many(ALICE, BOB, CAROL)], "-vvvv", "--check", "--diff")
    assert (checked.exit_code, checked.changed, stack.links_sent()) == (0, 1, 0), checked.output

    first = playbooks.run([many(ALICE, BOB, CAROL), show, playbooks.save("many")], "-vvvv", "--diff")
    made = playbooks.registered()
    second = playbooks.run(
        [
            many(ALICE, BOB, CAROL, return_content=True),
            playbooks.save("many", "again"),
            {"fail": {}, "when": "many.changed"},
        ],
        "-vvvv",
    )
    assert (first.exit_code, first.changed) == (0, 1), first.output
    assert (second.exit_code, second.changed) == (0, 0), second.output
    assert stack.links_sent() == len(stack.mailbox.mails()) + 2 == 3
    assert {name: link["action"] for name, link in made["links"].items()} == dict.fromkeys(
        ["db/alice", "key/bob", "file/carol"], "created"
    )
    assert made["table"][0].split() == ["name", "recipient", "action", "state", "expires_at"]
    assert re.search(r"db/alice +alice@example.com +created +new", first.output)
    assert "3 of 3 links" in first.output

    known = records(stack)
    content = playbooks.registered("again")["links"]
    assert re.fullmatch(r"[0-9A-Za-z]{24}", content["db/alice"]["value"])
    assert {name: link["secret_key"] for name, link in content.items()} == {
        name: record.secret_key for name, record in known.items()
    }
    secrets = [SECRET, PASSPHRASE, stack.api_token]
    secrets += [
        part for record in known.values() for part in (record.secret_key, record.metadata_key, record.value) if part
    ]
    for run in (checked, first, second):
        assert not [secret for secret in secrets if secret in run.output]


def test_what_fails_is_a_table_and_the_rest_is_done(stack: Tenant, playbooks: Playbooks) -> None:
    given = {"onetimesecret.ots.ots_share": {"name": "key/bob", "secret": "of bob", "ttl": "1h"}}
    wrong = {"name": "key/bob", "length": 20}
    loop = many({**ALICE, "name": "db/{{ item.name }}", "passphrase": "{{ item.passphrase }}"}, wrong)
    loop |= {"loop": [{"name": "dave", "passphrase": PASSPHRASE}], "ignore_errors": True}
    playbook = [given, many(ALICE, wrong) | {"ignore_errors": True}, playbooks.save("many"), loop]
    run = playbooks.run(playbook, "-vvv")

    assert run.exit_code == 0, run.output
    failed = playbooks.registered()
    assert failed["msg"].splitlines()[0] == "1 of 2 links failed:"
    assert re.search(r"key/bob +name: 'key/bob' is already the name of a value", failed["msg"])
    assert failed["links"]["db/alice"]["action"] == "created"
    assert set(records(stack)) == {"db/alice", "db/dave", "key/bob"}
    assert PASSPHRASE not in run.output


def test_an_entry_that_is_wrong_sends_nothing(stack: Tenant, playbooks: Playbooks) -> None:
    attempts: list[tuple[list[dict[str, Any]], dict[str, Any], str]] = [
        ([ALICE, {**BOB, "name": "db/alice"}], {}, "'db/alice' is there more than once"),
        ([ALICE, {**BOB, "ttl": "soon"}, {**CAROL, "src": "none"}], {}, "links[1] (key/bob): ttl: "),
        ([ALICE, {**BOB, "ttl": "soon"}, {**CAROL, "src": "none"}], {}, "links[2] (file/carol): src: cannot be read"),
        ([{**BOB, "secret": {"a": SECRET}}], {}, "links[0].secret: is a mapping, not text"),
        ([{**BOB, "pass": PASSPHRASE}], {}, "links[0].pass: is not an option of each of links"),
        ([{**BOB, "length": 9}], {}, "links[0] (key/bob): length: is for a value that is generated"),
        ([{**BOB, "src": "x"}], {}, "links[0] (key/bob): secret: and src are both given"),
        ([ALICE, {**BOB, "secret": None}], {}, "links[1].secret: is null; give it, or leave it out"),
        ([{**BOB, "passphrase": None}], {}, "links[0].passphrase: is null; give it, or leave it out"),
        ([{**CAROL, "src": None}], {}, "links[0].src: is null; give it, or leave it out"),
        ([{**ALICE, "state": "gone"}], {}, "links[0].state: is not one of present, absent"),
        ([{"secret": SECRET}], {}, "links[0].name: is missing; give each of them one"),
        ([ALICE], {"concurrency": 0}, "concurrency: is below 1"),
        (["db/alice"], {}, "links: has an element that is text, not a mapping"),  # type: ignore[list-item]
    ]
    tasks = [
        many(*links, **options) | {"register": f"attempt_{number}", "ignore_errors": True}
        for number, (links, options, _) in enumerate(attempts)
    ]
    said = "[" + ", ".join(f"attempt_{number}.msg" for number in range(len(attempts))) + "]"
    run = playbooks.run([*tasks, playbooks.save(said)], "-v")

    assert run.exit_code == 0, run.output
    for message, (_, _, problem) in zip(playbooks.registered(), attempts, strict=True):
        assert problem in message
        assert SECRET not in message
        assert PASSPHRASE not in message
    assert stack.requests() == 0
