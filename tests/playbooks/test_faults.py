"""What goes wrong is told in one message: the option, the problem and the fix, and never the secret."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local_stack import LocalStack
from support.playbooks import Playbooks
from support.replay import Answer, replaying

SECRET = "s3cret-that-must-not-be-shown"

BAD_INPUT = [
    ({"secret": ""}, "secret: is empty"),
    ({"secret": "x" * 10_001}, "secret: "),
    ({"secret": "{{ SECRET ~ '\0' }}"}, "secret: has a NUL character"),
    ({"secret": 123}, "secret: is a number, not text; put it in quotes, or add | string"),
    ({"secret": {"a": SECRET}}, "secret: is a mapping, not text"),
    ({"secret": None}, "secret: is missing; give the text to share"),
    ({"ttl": "0"}, "ttl: "),
    ({"ttl": "-5"}, "ttl: "),
    ({"ttl": "soon"}, "ttl: "),
    ({"ttl": "1.5h"}, "ttl: "),
    ({"recipient": "alice@example.com,bob@example.com"}, "recipient: "),
    ({"recipient": ["alice@example.com"]}, "recipient: is a list, not text"),
    ({"recipient": "not an address"}, "recipient: "),
    ({"share_domain": "https://secrets.example.com"}, "share_domain: is a URL"),
    ({"passphrase": "p" * 129}, "passphrase: "),
    ({"name": ""}, "name: is empty"),
    ({"name": "x\ny"}, "name: holds control characters"),
    ({"reissue_on": ["lost"]}, "reissue_on must be one or more of: expired, burned, received, unknown"),
    ({"url": "ftp://x"}, "url: is no web address"),
    ({"url": "http://127.0.0.1:99999"}, "url: has a port"),
    ({"url": "https://user:pass@ots.example.com"}, "url: holds credentials"),
    ({"username": "ops@example.com", "api_token": ""}, "api_token: is missing; give both username and api_token"),
    ({"timeout": 0}, "timeout: is not a positive number of seconds"),
    ({"ledger": "ledger.db"}, "ledger is no URL of a known kind; give sqlite:///ABSOLUTE/PATH"),
    ({"ledger_key": "short"}, "ledger_key is not 32 bytes in base64; make one with: openssl rand -base64 32"),
    ({"tll": "7d"}, "tll. Supported parameters include: api_token"),
]


def share(**options: object) -> dict[str, Any]:
    return {"onetimesecret.ots.ots_share": {"name": "db/alice", "secret": SECRET, **options}}


def test_bad_input_is_refused_before_anything_is_sent(stack: LocalStack, playbooks: Playbooks) -> None:
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


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"OTS_API_TOKEN": "wrong-token"}, "refused the credentials, or wants some"),
        ({"OTS_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"OTS_URL": "", "OTS_REGION": ""}, "url: give either the URL of the service or a region (us, eu, ca, nz, uk)"),
        ({"OTS_URL": "", "OTS_REGION": "mars"}, "Valid values are: us, eu, ca, nz, uk"),
    ],
)
def test_a_server_that_cannot_be_used_is_named(playbooks: Playbooks, environment: dict[str, str], message: str) -> None:
    run = playbooks.run([share()], **environment)

    assert run.exit_code == 2
    assert message in run.one_line
    assert "wrong-token" not in run.output
    assert "Traceback" not in run.output


def test_a_server_that_answers_404_to_everything_is_no_reason_to_send_again(
    stack: LocalStack, playbooks: Playbooks
) -> None:
    assert playbooks.run([share()]).exit_code == 0
    for body in (b'{"error": "Not Found"}', b'{"message": "Not Found"}', b"<html>404</html>", b""):
        with replaying(*[Answer(404, body=body, headers={"Content-Type": "application/json"})] * 4) as liar:
            # Reached by a proxy, so that it stands in for the same server as far as the ledger knows.
            run = playbooks.run([share()], OTS_PROXY=liar.url)
            assert run.exit_code == 2, run.output
            assert stack.url in run.one_line
            assert {received.method for received in liar.received} == {"GET"}
    assert playbooks.run([share()]).changed == 0
    assert stack.links_sent() == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root: run as root, or in a user namespace")
def test_a_full_disk_is_told_before_anything_is_sent(stack: LocalStack, playbooks: Playbooks, tmp_path: Path) -> None:
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
