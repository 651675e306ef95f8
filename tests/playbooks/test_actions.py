"""The actions as a playbook uses them."""

from __future__ import annotations

from textwrap import indent

import pytest
import requests

from tests.support.ledgers import records
from tests.support.playbooks import Playbooks
from tests.support.replay import Answer, replaying
from tests.support.tenants import Tenant
from tests.support.vault import vaulted

GENERATE = {
    "onetimesecret.ots.ots_generate": {"name": "db/alice", "ttl": "1h", "return_content": True},
    "register": "made",
}


def share(**options: object) -> dict[str, object]:
    return {"onetimesecret.ots.ots_share": {"name": "db/alice", "secret": "s3cret", **options}, "register": "made"}


def test_the_registered_result_is_whole_and_its_output_hidden(stack: Tenant, playbooks: Playbooks) -> None:
    # A passphrase that is part of the link must not be cut out of it.
    run = playbooks.run(
        [
            share(passphrase="127.0.0.1", recipient="alice@example.com", ttl="2d", return_content=True),
            playbooks.save("made"),
        ],
        "-vvvv",
    )
    made = playbooks.registered()

    assert run.exit_code == 0, run.output
    assert (made["changed"], made["action"], made["state"]) == (True, "created", "new")
    assert made["link"] == f"{stack.url}/secret/{made['secret_key']}"
    assert (made["name"], made["recipient"], made["ttl"]) == ("db/alice", "alice@example.com", 172_800)
    assert made["passphrase_required"] is True
    assert made["expires_at"].endswith("Z")
    assert made["metadata_key"]
    for hidden in ("s3cret", made["link"], made["secret_key"], made["metadata_key"], stack.api_token):
        assert hidden not in run.output
    reply = requests.post(
        f"{stack.url}/api/v1/secret/{made['secret_key']}", data={"passphrase": "127.0.0.1"}, timeout=30
    )
    assert reply.json()["value"] == "s3cret"


def test_without_content_everything_may_be_shown(stack: Tenant, playbooks: Playbooks) -> None:
    task = share(recipient="alice@example.com", secret="a-secret-of-{{ item }}", name="db/{{ item }}")
    task |= {"loop": ["alice", "bob"], "loop_control": {"label": "{{ item }}"}}
    debug = {"ansible.builtin.debug": {"var": "made"}}
    run = playbooks.run([task, debug], "-vv", "--diff")

    assert run.exit_code == 0, run.output
    assert "(item=alice)" in run.output
    assert "--- before: db/alice (created)" in run.output
    assert '"expires_at": "' in run.output
    for name in ("db/alice", "db/bob"):
        record = records(stack)[name]
        for secret in (record.secret_key, record.metadata_key, "a-secret-of"):
            assert secret not in run.output


def test_two_items_of_a_loop_with_one_name_are_warned_of(playbooks: Playbooks) -> None:
    loop = {"loop": ["alice", "bob"]}
    one_name, own_names = (
        share(secret="a-secret-of-{{ item }}"),
        share(secret="a-secret-of-{{ item }}", name="of/{{ item }}"),
    )
    run = playbooks.run([one_name | loop, own_names | loop])

    warning = "An earlier item of this loop also made a link under the name 'db/alice', and this one has replaced it."
    assert run.exit_code == 0, run.output
    assert run.one_line.count(warning) == run.one_line.count("An earlier item") == 1


@pytest.mark.long
def test_a_rotation_looks_like_one(playbooks: Playbooks) -> None:
    playbooks.run([GENERATE])
    rotate = {"onetimesecret.ots.ots_generate": {"name": "db/alice", "rotate_after": "1s"}}
    run = playbooks.run([{"ansible.builtin.wait_for": {"timeout": 1}}, rotate], "--check", "--diff")

    assert "--- before: db/alice (rotated)" in run.output
    assert '+    "value_created_at": "when the link is created"' in run.output


def test_a_second_run_changes_nothing_and_sends_nothing(stack: Tenant, playbooks: Playbooks) -> None:
    tasks = [GENERATE, {"onetimesecret.ots.ots_share": {"secret": "unnamed"}}]
    assert playbooks.run(tasks).changed == 2
    assert stack.links_sent() == 2

    run = playbooks.run(tasks)
    assert (run.exit_code, run.changed, stack.links_sent()) == (0, 0, 2)


def test_check_mode_shows_the_diff_and_does_nothing(stack: Tenant, playbooks: Playbooks) -> None:
    run = playbooks.run([share(ttl="1h"), playbooks.save("made")], "--check", "--diff")
    assert run.changed == 1
    assert '+    "state": "new"' in run.output
    assert stack.requests() == 0
    assert not (stack.folder / "ledger.sqlite3").exists()

    run = playbooks.run([share(ttl="1h"), share(secret="other") | {"check_mode": True}])
    assert run.changed == 2
    assert stack.links_sent() == 1


def test_check_mode_burns_and_delivers_nothing_and_writes_no_ledger(stack: Tenant, playbooks: Playbooks) -> None:
    account = (stack.username, stack.api_token)
    made = requests.post(f"{stack.url}/api/v1/share", data={"secret": "theirs"}, auth=account, timeout=30).json()
    burn = {"onetimesecret.ots.ots_burn": {"metadata_key": made["metadata_key"]}}
    with replaying(Answer(200, body=b"ok")) as chat:
        to_chat = {"name": "db/alice", "channel": "webhook", "webhook_url": f"{chat.url}/hooks/alice", "part": "link"}
        deliver = {"onetimesecret.ots.ots_deliver": to_chat}
        assert playbooks.run([GENERATE, deliver, burn], "--check").changed == 3
        assert not list(stack.folder.glob("ledger.sqlite3*"))

        playbooks.run([GENERATE])
        before = (stack.folder / "ledger.sqlite3").read_bytes()
        assert playbooks.run([GENERATE, deliver, burn], "--check").changed == 2
        assert (stack.folder / "ledger.sqlite3").read_bytes() == before
        assert chat.received == []

        assert stack.requests("POST /api/v1/private/{key}/burn") == 0
        assert playbooks.run([deliver, burn]).changed == 2
        assert len(chat.received) == 1


def test_absent_and_burn(stack: Tenant, playbooks: Playbooks) -> None:
    burn = {"onetimesecret.ots.ots_burn": {"name": "db/bob"}, "register": "burned"}
    make_bob = {"onetimesecret.ots.ots_generate": {"name": "db/bob", "recipient": "bob@example.com"}}
    run = playbooks.run([share(), make_bob, share(state="absent"), burn, playbooks.save("[made, burned]")], "--diff")
    made, burned = playbooks.registered()
    assert run.changed == 4
    assert (made["action"], made["state"]) == ("burned", "burned")
    assert (burned["action"], burned["name"], burned["recipient"]) == ("burned", "db/bob", "bob@example.com")
    assert '-    "recipient": "bob@example.com"' in run.output
    assert "link" not in burned

    assert playbooks.run([share(state="absent"), burn]).changed == 0
    assert stack.requests("POST /api/v1/private/{key}/burn") == 2


def test_burn_by_metadata_key_and_no_link_for_who_must_not_have_one(playbooks: Playbooks) -> None:
    burn = {"onetimesecret.ots.ots_burn": {"metadata_key": "{{ made.metadata_key }}"}}
    run = playbooks.run([GENERATE, burn, burn, share(name="db/carol", state="absent"), playbooks.save("made")])

    assert (run.exit_code, run.changed) == (0, 2)
    assert playbooks.registered()["action"] == "absent"


def test_module_defaults_of_the_group_reach_every_action_that_has_use_for_them(
    stack: Tenant, playbooks: Playbooks
) -> None:
    defaults = {
        "url": stack.url,
        "ttl": "30m",
        "recipient": "alice@example.com",
        "reissue_on": ["burned"],
        "length": 20,
    }
    arguments: dict[str, dict[str, str]] = {
        "ots_generate": {"name": "db/alice"},
        "ots_burn": {"name": "a"},
        "ots_metadata_info": {"name": "a"},
        "ots_ledger_info": {},
        "ots_status_info": {},
        "ots_recent_info": {},
    }
    tasks = [
        {
            f"onetimesecret.ots.{name}": given,
            "module_defaults": {"group/onetimesecret.ots.ots": defaults},
            "register": name,
        }
        for name, given in arguments.items()
    ]
    run = playbooks.run([*tasks, playbooks.save("ots_generate")], OTS_URL="")

    assert run.exit_code == 0, run.output
    made = playbooks.registered()
    assert (made["ttl"], made["recipient"]) == (1800, "alice@example.com")


@pytest.mark.long
def test_an_option_comes_from_the_most_specific_source(stack: Tenant, playbooks: Playbooks) -> None:
    config = playbooks.folder / "ansible.cfg"
    config.write_text(f"[onetimesecret_ots]\nttl = 5m\nurl = {stack.url}\n")
    make = {"onetimesecret.ots.ots_generate": {"name": "{{ name }}"}, "register": "made", "vars": {"name": "a"}}
    by_argument = {
        "onetimesecret.ots.ots_generate": {"name": "d", "ttl": "20m"},
        "register": "made",
        "vars": {"ots_ttl": "{{ 15 }}m"},
    }
    by_variable = make | {"vars": {"name": "c", "ots_ttl": "{{ 15 }}m", "ots_region": None}}

    playbooks.run([make, playbooks.save("made.ttl")], OTS_URL="")
    assert playbooks.registered() == 300
    playbooks.run(
        [make | {"vars": {"name": "b"}}, playbooks.save("made.ttl")], OTS_URL="", OTS_TTL="10m", OTS_REGION=""
    )
    assert playbooks.registered() == 600
    playbooks.run([by_variable, playbooks.save("made.ttl")], OTS_URL="", OTS_TTL="10m")
    assert playbooks.registered() == 900
    playbooks.run([by_argument, playbooks.save("made.ttl")], OTS_URL="", OTS_TTL="10m")
    assert playbooks.registered() == 1200


@pytest.mark.long
def test_a_url_in_the_play_is_not_contradicted_by_a_region_in_the_environment(
    stack: Tenant, playbooks: Playbooks
) -> None:
    by_variable = GENERATE | {"vars": {"ots_url": stack.url}}
    assert playbooks.run([by_variable], OTS_URL="", OTS_REGION="eu").exit_code == 0

    run = playbooks.run([GENERATE], OTS_REGION="eu")
    assert (
        "url by OTS_URL in the environment and region by OTS_REGION in the environment; keep one of them"
        in run.one_line
    )


def test_the_managed_host_is_never_reached(stack: Tenant, playbooks: Playbooks) -> None:
    nowhere = {
        "ansible_connection": "ssh",
        "ansible_host": "127.0.0.1",
        "ansible_port": 1,
        "ansible_python_interpreter": "/no",
    }
    run = playbooks.run([GENERATE | {"become": True, "vars": nowhere}])

    assert (run.exit_code, run.changed) == (0, 1)
    assert stack.links_sent() == 1


def test_vaulted_arguments_and_variables_are_understood(stack: Tenant, playbooks: Playbooks) -> None:
    password = playbooks.folder / "vault-password"
    password.write_text("correct horse")

    def in_vault(text: str) -> str:
        return "!vault |\n" + indent(vaulted(text.encode(), "correct horse"), " " * 10)

    playbook = playbooks.folder / "vaulted.yml"
    playbook.write_text(f"""
- hosts: all
  gather_facts: false
  vars:
    ots_api_token: {in_vault(stack.api_token)}
  tasks:
    - onetimesecret.ots.ots_share:
        name: vaulted
        secret: {in_vault("s3cret from the vault")}
        return_content: true
      register: made
    - ansible.builtin.copy:
        content: "{{{{ made.secret_key | to_json }}}}"
        dest: {playbooks.folder}/result.json
""")
    run = playbooks.run(playbook, "--vault-password-file", str(password), "-vvvv", OTS_API_TOKEN="")

    assert run.exit_code == 0, run.output
    assert "s3cret from the vault" not in run.output
    reply = requests.post(f"{stack.url}/api/v1/secret/{playbooks.registered()}", timeout=30)
    assert reply.json()["value"] == "s3cret from the vault"
