"""What goes wrong is told in one message: the option, the problem and the fix, and never the secret."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.playbooks import Playbooks
from tests.support.replay import Answer, replaying
from tests.support.tenants import Tenant

SECRET = "s3cret-that-must-not-be-shown"

BAD_INPUT = [
    ({"secret": ""}, "secret: is empty"),
    ({"secret": "x" * 10_001}, "secret: "),
    ({"secret": "{{ SECRET ~ '\0' }}"}, "secret: has a NUL character"),
    ({"secret": 123}, "secret: is a number, not text; put it in quotes, or add | string"),
    ({"secret": {"a": SECRET}}, "secret: is a mapping, not text"),
    ({"secret": None}, "secret: is null; give it, or leave it out"),
    ({"ttl": "0"}, "ttl: "),
    ({"ttl": "-5"}, "ttl: "),
    ({"ttl": "soon"}, "ttl: "),
    ({"ttl": "1.5h"}, "ttl: "),
    ({"recipient": "alice@example.com,bob@example.com"}, "recipient: "),
    (
        {"recipient": ["alice@example.com"]},
        "recipient: is a list, not text; give one address, and loop over the people",
    ),
    ({"recipient": "not an address"}, "recipient: "),
    ({"share_domain": "https://secrets.example.com"}, "share_domain: is a URL"),
    ({"passphrase": "p" * 129}, "passphrase: "),
    ({"name": ""}, "name: is empty"),
    ({"name": "x\ny"}, "name: has control characters"),
    ({"reissue_on": ["lost"]}, "reissue_on: has an element that is not one of expired, burned, received, unknown"),
    ({"url": "ftp://x"}, "url: is not a web address"),
    ({"url": "http://127.0.0.1:99999"}, "url: has a port"),
    ({"url": "http://ots.example.com"}, "url: is plain HTTP to another machine"),
    ({"url": "https://user:pass@ots.example.com"}, "url: contains credentials"),
    ({"username": "ops@example.com", "api_token": ""}, "api_token: is missing; give both username and api_token"),
    ({"timeout": 0}, "timeout: is not a number of seconds above 0"),
    ({"ledger": "ledger.db"}, "ledger is not a URL of a known kind; give sqlite:///ABSOLUTE/PATH"),
    ({"ledger_key": "short"}, "ledger_key is not 32 bytes in base64; make one with: openssl rand -base64 32"),
    ({"tll": "7d"}, "tll: is not an option of ots_share; its options are allow_plain_http, api_token"),
    ({"nam": "x"}, "did you mean name?"),
    ({"file": "x"}, "did you mean src?"),
    ({"passphrase": ""}, "passphrase: is empty"),
    ({"timeout": {"a": SECRET}}, "timeout: is a mapping, not a number"),
    ({"reissue_on": {"a": SECRET}}, "reissue_on: is a mapping, not a list"),
    ({"ledger_key": [SECRET]}, "ledger_key: is a list, not text"),
    ({"name": " x"}, "name: begins or ends with a blank"),
]


def share(**options: object) -> dict[str, Any]:
    return {"onetimesecret.ots.ots_share": {"name": "db/alice", "secret": SECRET, **options}}


def test_bad_input_is_refused_before_anything_is_sent(stack: Tenant, playbooks: Playbooks) -> None:
    tasks = [
        task
        for number, (options, _) in enumerate(BAD_INPUT)
        for task in (
            share(**options) | {"register": f"result_{number}", "ignore_errors": True, "vars": {"SECRET": SECRET}},
            playbooks.save(f"result_{number}.msg", f"message_{number}"),
        )
    ]
    run = playbooks.run(tasks, OTS_USERNAME="", OTS_API_TOKEN="")

    assert run.exit_code == 0, run.output
    for number, (_, message) in enumerate(BAD_INPUT):
        shown = playbooks.registered(f"message_{number}")
        assert message in shown.replace("onetimesecret.ots.ots_share ", "")
    assert SECRET not in run.output
    assert "Traceback" not in run.output
    assert stack.requests() == 0


def test_a_server_that_answers_404_to_everything_is_no_reason_to_send_again(
    stack: Tenant, playbooks: Playbooks
) -> None:
    bodies = (b'{"error": "Not Found"}', b'{"message": "Not Found"}', b"<html>404</html>", b"")
    with ExitStack() as liars:
        lying = [
            liars.enter_context(replaying(*[Answer(404, body=body, headers={"Content-Type": "application/json"})] * 4))
            for body in bodies
        ]
        # Reached by a proxy, so that each stands in for the same server as far as the ledger knows.
        lied_to = [
            task
            for number, liar in enumerate(lying)
            for task in (
                share(proxy=liar.url) | {"register": "told", "ignore_errors": True},
                playbooks.save("[told.failed, told.msg]", f"told_{number}"),
            )
        ]
        run = playbooks.run([share(), *lied_to, share() | {"register": "again"}, playbooks.save("again.changed")])

        assert run.exit_code == 0, run.output
        for number, liar in enumerate(lying):
            failed, message = playbooks.registered(f"told_{number}")
            assert failed
            assert stack.url in message
            assert {received.method for received in liar.received} == {"GET"}
    assert playbooks.registered() is False
    assert stack.links_sent() == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root: run as root, or in a user namespace")
def test_a_full_disk_is_told_before_anything_is_sent(stack: Tenant, playbooks: Playbooks, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)], check=True)
    try:
        run = playbooks.run([share()], OTS_LEDGER=f"sqlite://{disk}/ledger.sqlite3")
    finally:
        subprocess.run(["umount", str(disk)], check=True)

    assert run.exit_code == 2
    assert "that the disk has room" in run.one_line
    assert SECRET not in run.output
    assert stack.requests() == 0


def test_a_failure_in_a_loop_shows_no_item_that_holds_a_secret(playbooks: Playbooks) -> None:
    loop = [{"name": "alice", "password": SECRET}, {"name": "bob", "deep": [{"password": f"x{SECRET}y"}]}]
    secret = "{{ item.password | default('SECRET-OF-BOB') }}"
    task = share(name="db/{{ item.name }}", secret=secret, url="http://127.0.0.1:1") | {"loop": loop[:1]}
    run = playbooks.run([task], "-vvv")

    assert run.exit_code == 2
    assert "no connection to http://127.0.0.1:1" in run.one_line
    assert SECRET not in run.output


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_a_loop_shows_no_item_that_holds_a_secret(playbooks: Playbooks, check: tuple[str, ...]) -> None:
    looped = [
        share(name="db/{{ item.name }}", secret="{{ item.password }}", state=state)
        | {"loop": [{"name": "alice", "password": SECRET}]}
        for state in ("present", "absent")
    ]
    run = playbooks.run(looped, "-vvv", *check)

    assert run.exit_code == 0, run.output
    assert SECRET not in run.output


def test_a_failure_is_retried_rescued_and_judged_like_any_other(playbooks: Playbooks) -> None:
    refused = share(api_token="x" * 40)
    retried = refused | {
        "register": "retried",
        "until": "retried is success",
        "retries": 2,
        "delay": 0,
        "ignore_errors": True,
    }
    judged = refused | {"register": "judged", "failed_when": "'refused the credentials' not in judged.msg"}
    rescued = {"block": [refused], "rescue": [playbooks.save("ansible_failed_result.msg", "rescued")]}
    run = playbooks.run([retried, playbooks.save("retried.attempts", "attempts"), judged, rescued])

    assert run.exit_code == 0, run.output
    assert playbooks.registered("attempts") == 2
    assert "refused the credentials" in playbooks.registered("rescued")


def test_empty_variables_and_environment_count_as_unset(playbooks: Playbooks) -> None:
    empty = {"ots_region": "", "ots_ttl": "", "ots_proxy": "", "ots_ledger_key": "", "ots_timeout": ""}
    everything = (
        "REGION",
        "TIMEOUT",
        "LEDGER_KEY",
        "LEDGER_KEY_FILE",
        "CA_BUNDLE",
        "PROXY",
        "TTL",
        "SHARE_DOMAIN",
        "VALIDATE_CERTS",
    )
    playbooks.empty = tuple(f"OTS_{name}" for name in everything)
    run = playbooks.run([share() | {"vars": empty}])

    assert run.exit_code == 0, run.output


def test_only_the_variables_that_are_needed_are_evaluated(playbooks: Playbooks) -> None:
    run = playbooks.run([share(ttl="1h") | {"vars": {"ots_ttl": "{{ nobody_defines_this }}"}}])

    assert run.exit_code == 0, run.output
