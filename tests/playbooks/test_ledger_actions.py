"""The ledger from a playbook: what is in it, and under which key. In a file and in PostgreSQL."""

from __future__ import annotations

import base64
import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import CHECKOUT
from tests.support.back_ends import new_ledger, sql
from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant

KEYS = [base64.b64encode(bytes([number] * 32)).decode() for number in range(2)]
MAKE: list[dict[str, Any]] = [
    {
        "onetimesecret.ots.ots_generate": {
            "name": "db/alice",
            "recipient": "alice@example.com",
            "ttl": "1h",
            "return_content": True,
        },
        "register": "alice",
    },
    {
        "onetimesecret.ots.ots_share": {"name": "key/bob", "secret": "of bob's", "ttl": "1h", "return_content": True},
        "register": "bob",
    },
]
INFO = {"onetimesecret.ots.ots_ledger_info": {"refresh": True}, "register": "ledger"}
SHOW = {"ansible.builtin.debug": {"var": "ledger"}}
SECRETS = "[alice.value, alice.link, alice.secret_key, alice.metadata_key, bob.secret_key, bob.metadata_key]"


# What differs between back ends, tests/unit holds; here PostgreSQL has its turn in `make long`.
ONCE_EACH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]


@pytest.fixture(params=ONCE_EACH)
def ledger(request: pytest.FixtureRequest, playbooks: Playbooks, tmp_path: Path) -> str:
    """The URL of a ledger that the playbooks use, in each back end; its key is the first one."""
    url = new_ledger(request.param, tmp_path, lambda: request.getfixturevalue("postgresql_server"))
    playbooks.environment |= {"OTS_LEDGER": url, "OTS_LEDGER_KEY": KEYS[0]}
    return url


@pytest.mark.usefixtures("ledger")
def test_it_is_told_in_one_request_and_without_a_secret(
    stack: Tenant, playbooks: Playbooks, pytestconfig: pytest.Config
) -> None:
    playbooks.run([*MAKE, playbooks.save(SECRETS)])
    before = stack.requests()
    run = playbooks.run([INFO, SHOW, playbooks.save("ledger", "ledger")], "-vvvv")

    assert (run.exit_code, run.changed) == (0, 0), run.output
    if pytestconfig.getoption("--release") not in ("v0.22", "v0.23"):
        assert stack.requests() == before + 1
    for secret in (*playbooks.registered(), KEYS[0], stack.environment["OTS_API_TOKEN"]):
        assert secret not in run.output
    told = playbooks.registered("ledger")
    assert [(link["name"], link["recipient"], link["due"]) for link in told["links"]] == [
        ("db/alice", "alice@example.com", "kept"),
        ("key/bob", None, "kept"),
    ]
    assert told["table"][0].split() == ["name", "recipient", "state", "created_at", "expires_at", "due"]


@pytest.mark.usefixtures("ledger")
def test_a_new_key_changes_no_link(stack: Tenant, playbooks: Playbooks) -> None:
    change = {"onetimesecret.ots.ots_ledger": {"new_ledger_key": KEYS[1]}}
    changes = [
        change | {"register": name, "check_mode": name == "checked"} for name in ("checked", "first", "second")
    ]  # fmt: skip
    with_old_key = MAKE[0] | {"register": "refused", "ignore_errors": True}
    with_new_key = [task | {"vars": {"ots_ledger_key": KEYS[1]}} for task in MAKE]
    value, changed = playbooks.save("alice.value"), "[checked, first, second, alice, bob] | map(attribute='changed')"
    run = playbooks.run(
        [
            *MAKE,
            value,
            *changes,
            with_old_key,
            playbooks.save("refused.msg", "refused"),
            *with_new_key,
            playbooks.save("alice.value", "again"),
            playbooks.save(f"{changed} | list", "changed"),
        ],
        "-vvvv",
        "--diff",
    )

    assert run.exit_code == 0, run.output
    assert playbooks.registered("changed") == [True, True, False, False, False]
    assert not any(key in run.output for key in KEYS)
    refused = "is encrypted with another key; give the right ledger_key or ledger_key_file"
    assert refused in playbooks.registered("refused")
    assert playbooks.registered("again") == playbooks.registered()
    assert stack.links_sent() == 2


def test_a_key_file_is_given_a_new_key(stack: Tenant, playbooks: Playbooks) -> None:
    playbooks.run(MAKE)
    key_file = stack.folder / "ledger.sqlite3.key"
    old = key_file.read_text()

    assert playbooks.run([{"onetimesecret.ots.ots_ledger": {}}]).changed == 1
    assert key_file.read_text() != old
    assert playbooks.run(MAKE).changed == 0


def test_it_is_told_without_an_account(playbooks: Playbooks) -> None:
    for name in ("OTS_USERNAME", "OTS_API_TOKEN"):
        del playbooks.environment[name]
    make = [{"onetimesecret.ots.ots_generate": {"name": name, "ttl": "1h"}} for name in ("a", "b")]
    burn = {"onetimesecret.ots.ots_burn": {"name": "b"}}
    run = playbooks.run([*make, burn, INFO, playbooks.save("ledger", "ledger")])

    assert run.exit_code == 0, run.output
    links = playbooks.registered("ledger")["links"]
    assert [(link["name"], link["state"], link["due"]) for link in links] == [("a", "new", "kept")]


def test_the_defaults_of_the_action_group_suit_every_action(playbooks: Playbooks) -> None:
    defaults = {
        name: playbooks.environment.pop(f"OTS_{name.upper()}") for name in ("url", "username", "api_token", "ledger")
    }
    tasks = [
        *MAKE,
        INFO,
        {"onetimesecret.ots.ots_burn": {"name": "db/alice"}},
        {"onetimesecret.ots.ots_ledger": {}},
    ]
    run = playbooks.run([{"block": tasks, "module_defaults": {"group/onetimesecret.ots.ots": defaults}}])

    assert run.exit_code == 0, run.output


AUDIT = CHECKOUT / "playbooks" / "audit.yml"
LIFE = [
    *MAKE,
    {
        "onetimesecret.ots.ots_generate": {"name": "db/alice", "passphrase": "correct-horse", "return_content": True},
        "register": "new",
    },
    {"onetimesecret.ots.ots_reveal": {"name": "vendor", "link": "{{ bob.link }}"}, "register": "read"},
    {"onetimesecret.ots.ots_burn": {"name": "db/alice"}},
    {
        "onetimesecret.ots.ots_share": {"name": "key/bob", "secret": "of bob's", "ttl": "1h"},
        "ignore_errors": True,
    },
]


@pytest.mark.usefixtures("ledger")
def test_the_trail_tells_all_and_no_secret_whatever_way_it_leaves(
    stack: Tenant, playbooks: Playbooks, tmp_path: Path
) -> None:
    secrets = f"{SECRETS} + ['correct-horse', new.value, new.link, new.secret_key, new.metadata_key, read.value]"
    assert playbooks.run([*LIFE, playbooks.save(secrets)]).exit_code == 0
    before = stack.requests()
    ask = {"history": True, "verify": True}
    tasks = [
        {"onetimesecret.ots.ots_ledger_info": ask, "register": "trail"},
        playbooks.save("trail", "trail"),
    ]
    told = playbooks.run(tasks, "-vvvv")
    files = {"audit_csv": tmp_path / "audit.csv", "audit_json_lines": tmp_path / "audit.jsonl"}
    extra = json.dumps({name: str(path) for name, path in files.items()} | {"awx_job_id": 17, "awx_user_name": "alice"})
    audited = playbooks.run(AUDIT, "-vvvv", "-e", extra)

    assert (told.exit_code, audited.exit_code) == (0, 0), told.output + audited.output
    assert stack.requests() == before
    trail = playbooks.registered("trail")
    assert [(event["name"], event["action"]) for event in trail["events"]] == [
        ("db/alice", "made"),
        ("key/bob", "made"),
        ("db/alice", "replaced"),
        ("db/alice", "burned"),
        ("vendor", "revealed"),
        ("db/alice", "forgotten"),
        ("db/alice", "burned"),
        ("key/bob", "read"),
    ]
    assert trail["trail"] == {"intact": True, "events": 8, "problems": []}
    with files["audit_csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in files["audit_json_lines"].read_text().splitlines()]
    assert lines == trail["events"]
    assert [row["action"] for row in rows] == [event["action"] for event in lines]
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}
    shown = [told.output, audited.output, *(path.read_text() for path in files.values())]
    for secret in (*playbooks.registered(), KEYS[0], stack.environment["OTS_API_TOKEN"]):
        assert not [text for text in shown if secret in text]


@pytest.mark.usefixtures("ledger")
def test_the_audits_files_are_written_where_the_shell_is(playbooks: Playbooks, tmp_path: Path) -> None:
    extra = {"audit_csv": "audit.csv", "audit_json_lines": "~/audit.jsonl"}
    run = playbooks.run(AUDIT, "-e", json.dumps(extra), PWD=str(tmp_path), HOME=str(tmp_path))

    assert run.exit_code == 0, run.output
    assert (tmp_path / "audit.csv").exists()
    assert (tmp_path / "audit.jsonl").exists()
    assert not (AUDIT.parent / "audit.csv").exists(), "in the collection, nobody looks for it"


@pytest.mark.usefixtures("ledger")
def test_a_run_that_changes_nothing_writes_nothing_and_meddling_fails_the_audit(playbooks: Playbooks) -> None:
    playbooks.run(MAKE)
    url = playbooks.environment["OTS_LEDGER"]
    before = sql(url, "SELECT * FROM event"), sql(url, "SELECT * FROM head")
    assert playbooks.run([*MAKE, INFO]).changed == 0
    assert (sql(url, "SELECT * FROM event"), sql(url, "SELECT * FROM head")) == before

    sql(url, "DELETE FROM event WHERE number = 1")
    run = playbooks.run(AUDIT, "-e", "audit_names=key/")
    assert run.exit_code != 0
    assert "row 1 is missing" in run.one_line
    assert "key/bob" in run.output
    assert "db/alice" not in run.output


def test_a_link_is_adopted_once_and_exported_for_terraform_and_no_key_is_shown(
    stack: Tenant, playbooks: Playbooks, tmp_path: Path
) -> None:
    share = {"name": "key/bob", "secret": "of bob's", "passphrase": "correct-horse"}
    elsewhere = {"onetimesecret.ots.ots_share": {**share, "return_content": True}, "register": "bob"}
    playbooks.run([elsewhere, playbooks.save("[bob.metadata_key, bob.secret_key, bob.link]")])
    secrets = [*playbooks.registered(), "of bob's", "correct-horse"]
    playbooks.environment["OTS_LEDGER"] = f"sqlite://{tmp_path}/other.sqlite3"
    given = {"metadata_key": secrets[0], "secret": share["secret"], "passphrase": share["passphrase"]}
    adopt = {"onetimesecret.ots.ots_ledger": {"adopt": "key/bob", **given}}
    tasks = [
        adopt,
        {"onetimesecret.ots.ots_share": share},
        {"onetimesecret.ots.ots_ledger_info": {"return_content": True}, "register": "exported"},
        SHOW | {"ansible.builtin.debug": {"var": "exported.changed"}},
        playbooks.save("exported.imports_tf", "imports"),
        {"onetimesecret.ots.ots_ledger": {"adopt": "another", **given}, "ignore_errors": True},
    ]
    checked, first, second = playbooks.run([adopt], "--check"), *(playbooks.run(tasks, "-vvvv", "--diff") for _ in "12")

    assert (checked.changed, first.changed, second.changed) == (1, 1, 0), first.output + second.output
    assert first.exit_code == 0
    assert "is in the ledger already, as 'key/bob'; use that name" in first.one_line
    assert f'id = "{secrets[0]}"' in playbooks.registered("imports")
    assert stack.links_sent() == 1
    assert not [secret for secret in secrets if secret in checked.output + first.output + second.output]


def test_a_link_adopted_with_a_wrong_passphrase_is_burned_with_the_right_one(
    playbooks: Playbooks, tmp_path: Path
) -> None:
    keys = {"key/bob": "bob", "key/carol": "carol"}
    shared = [
        {"onetimesecret.ots.ots_share": {**share, "return_content": True}, "register": keys[share["name"]]}
        for share in ({"name": name, "secret": f"of {name}", "passphrase": "correct-horse"} for name in keys)
    ]
    playbooks.run([*shared, playbooks.save("[bob.metadata_key, carol.metadata_key]")])
    bob, carol = playbooks.registered()
    playbooks.environment["OTS_LEDGER"] = f"sqlite://{tmp_path}/other.sqlite3"
    adopted = {
        "secret": "of key/bob",
        "passphrase": "{{ lookup('env', 'WRONG') }}",
    }  # core shows the lines of a playbook
    adopt = {"onetimesecret.ots.ots_ledger": {"adopt": "key/bob", "metadata_key": bob, **adopted}}
    burn = {"onetimesecret.ots.ots_burn": {"name": "key/bob"}}
    right = {"onetimesecret.ots.ots_burn": {"name": "key/bob", "passphrase": "correct-horse"}}
    by_key = {"onetimesecret.ots.ots_burn": {"metadata_key": carol}}
    right_by_key = {"onetimesecret.ots.ots_burn": {"metadata_key": carol, "passphrase": "correct-horse"}}
    refused = [{**task, "ignore_errors": True} for task in (burn, burn, by_key)]
    run = playbooks.run([adopt, *refused, right, right, right_by_key, right_by_key], "-vvvv", WRONG="wr0ng-horse")

    assert run.exit_code == 0, run.output
    assert (run.changed, run.output.count("...ignoring")) == (3, 3), run.output
    assert not [secret for secret in (bob, carol, "correct-horse", "wr0ng-horse") if secret in run.output]
