"""ots_deliver and the role credentials with channel notify: once, apart, and with nothing secret in what a run leaves."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import pytest

from tests.support.playbooks import Playbooks, Run, kill_all
from tests.support.replay import Answer, misbehaving, replaying
from tests.support.tenants import Tenant

PASSPHRASE = "passphrase-that-must-not-be-shown"
TOKENS = ("tk_T0ken0that0must0not0be0shown", "AT0kenNotShown0")
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LOG_ALL = "import logging\nlogging.basicConfig(filename={!r}, level=1, format='%(name)s %(message)s')\n"


@pytest.fixture
def watched(playbooks: Playbooks, tmp_path: Path) -> Iterator[Playbooks]:
    """Playbooks whose Python writes every log at its lowest level, in all processes, and Ansible's own log with them."""
    folder = tmp_path / "python"
    folder.mkdir()
    log = playbooks.folder / "python.log"
    (folder / "sitecustomize.py").write_text(LOG_ALL.format(str(log)))
    playbooks.environment |= {"PYTHONPATH": str(folder), "ANSIBLE_LOG_PATH": str(playbooks.folder / "ansible.log")}
    with TemporaryDirectory() as short:
        playbooks.environment["TMPDIR"] = short
        yield playbooks


def share(**more: str) -> dict[str, Any]:
    return {"onetimesecret.ots.ots_share": {"name": "db", "secret": "value", "ttl": "1h", **more}}


def deliver(url: str, **more: Any) -> dict[str, Any]:
    return {"onetimesecret.ots.ots_deliver": {"name": "db", "channel": "notify", "notify_url": url, **more}}


def run_with(playbooks: Playbooks, tmp_path: Path, tasks: list[dict[str, Any]], *more: str, **given: str) -> Run:
    """Run tasks with variables that are in a file of their own."""
    variables = tmp_path / "given.json"
    variables.write_text(json.dumps(given))
    return playbooks.run(tasks, "-vvvvv", "-e", f"@{variables}", *more)


def left_by(playbooks: Playbooks, stack: Tenant) -> dict[str, str]:
    """All that runs have left, by place."""
    folders = (playbooks.folder, stack.folder, Path(playbooks.environment["TMPDIR"]))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found = {path.name: path.read_bytes().decode(errors="replace") for path in files}
    assert "ledger.sqlite3" in found
    assert "urllib3.connectionpool" in found["python.log"]  # of the collection's own client, whose keys are masked
    assert "TASK [" in found["python.log"]
    return found


def test_link_and_passphrase_go_by_two_services_and_once(stack: Tenant, watched: Playbooks, tmp_path: Path) -> None:
    info = {"onetimesecret.ots.ots_ledger_info": {}, "register": "held"}
    tasks = [
        share(passphrase="{{ passphrase }}"),
        deliver("{{ link_url }}"),
        deliver("{{ word_url }}", part="passphrase", same_channel=True),  # one machine is one host, whatever the ports
    ]
    tasks += [info, watched.save("held.links | map(attribute='delivered') | list | first | default([])")]
    with replaying(Answer(200, json={})) as ntfy, replaying(Answer(200, json={})) as gotify:
        given = {
            "passphrase": PASSPHRASE,
            "link_url": f"ntfy://{TOKENS[0]}@{ntfy.url.partition('://')[2]}/alice",
            "word_url": f"gotify://{gotify.url.partition('://')[2]}/{TOKENS[1]}",
        }
        checked = run_with(watched, tmp_path, tasks, "--check", **given)
        assert (ntfy.received, gotify.received) == ([], [])
        first, second = (run_with(watched, tmp_path, tasks, **given) for _ in range(2))

    assert (checked.exit_code, first.exit_code, second.exit_code) == (0, 0, 0), checked.output + first.output
    assert (checked.changed, first.changed, second.changed) == (3, 3, 0)
    (link,), (word,) = ntfy.received, gotify.received
    message = json.loads(link.body)
    keys = re.findall(rf"{stack.url}/secret/(\w+)", message["message"])
    assert len(keys) == 1
    assert (message["topic"], message["title"]) == ("alice", "A credential for you")
    assert link.headers["authorization"] == f"Bearer {TOKENS[0]}"
    assert PASSPHRASE in json.loads(word.body)["message"]
    assert "/secret/" not in word.body.decode()
    sent = [(each["part"], each["channel"], each["service"]) for each in watched.registered()]
    assert sent == [("link", "notify", "ntfy"), ("passphrase", "notify", "gotify")]

    outputs = {"checked": checked.output, "first": first.output, "second": second.output}
    places = {**outputs, **left_by(watched, stack)}
    hidden = (PASSPHRASE, *TOKENS, *keys)
    assert [(place, secret) for place, content in places.items() for secret in hidden if secret in content] == []


def test_one_service_for_both_is_refused(playbooks: Playbooks, tmp_path: Path) -> None:
    with replaying(Answer(200)) as one, replaying(Answer(200)) as other:
        urls = [f"ntfy://{server.url.partition('://')[2]}/alice" for server in (one, other)]
        tasks = [share(passphrase=PASSPHRASE), deliver(urls[0]), deliver(urls[1], part="passphrase")]
        run = run_with(playbooks, tmp_path, tasks)
        assert run.exit_code == 2
        assert "the link of 'db' and its passphrase would both be sent by ntfy" in run.one_line
        assert (len(one.received), len(other.received)) == (1, 0)


@pytest.mark.long
def test_a_message_that_may_have_arrived_is_sent_again_by_the_next_run_and_no_further(
    stack: Tenant, watched: Playbooks, tmp_path: Path
) -> None:
    answers = [b"", TAKEN]

    def answer(connection: socket.socket) -> None:
        connection.sendall(answers.pop(0))

    with misbehaving(answer) as server:
        url = f"ntfy://{TOKENS[0]}@{server.url.partition('://')[2]}/alice"
        tasks = [share(), deliver("{{ link_url }}")]
        failed, again, third = (run_with(watched, tmp_path, tasks, link_url=url) for _ in range(3))

    assert (failed.exit_code, again.exit_code, third.exit_code) == (2, 0, 0), again.output
    assert "broke off; whether the message was taken is not known" in failed.one_line
    assert (again.changed, third.changed) == (1, 0)
    assert len(server.received) == 2
    links = {re.search(r"/secret/(\w+)", request.body.decode()) for request in server.received}
    keys = {found[1] for found in links if found}
    assert len(keys) == 1
    places = {"output": failed.output + again.output + third.output, **left_by(watched, stack)}
    assert [place for place, content in places.items() for secret in (TOKENS[0], *keys) if secret in content] == []


def test_a_run_that_dies_while_it_sends_is_followed_by_one_that_sends_the_same_link(playbooks: Playbooks) -> None:
    arrived = Event()

    def hold_the_first(connection: socket.socket) -> None:
        if arrived.is_set():
            connection.sendall(TAKEN)
        arrived.set()
        connection.recv(1)  # until the other side hangs up

    with misbehaving(hold_the_first) as server:
        tasks = [share(), deliver(f"ntfy://{server.url.partition('://')[2]}/alice")]
        with playbooks.start(tasks) as process:
            assert arrived.wait(60)
            kill_all(process, playbooks)
        again, third = playbooks.run(tasks), playbooks.run(tasks)

    assert [(run.exit_code, run.changed) for run in (again, third)] == [(0, 1), (0, 0)], again.output
    first, second = (json.loads(request.body)["message"] for request in server.received)
    assert first == second


def test_the_library_is_asked_for_by_name(playbooks: Playbooks, tmp_path: Path) -> None:
    folder = tmp_path / "without"
    (folder / "apprise").mkdir(parents=True)
    (folder / "apprise/__init__.py").write_text("raise ImportError\n")
    playbooks.environment["PYTHONPATH"] = str(folder)
    run = playbooks.run([deliver(f"ntfys://ntfy.example.com/{TOKENS[0]}")], "--check")
    assert run.exit_code == 2
    assert "the Python package apprise is missing, or of a version that" in run.one_line
    assert "pip install 'apprise>=2.3'" in run.one_line
    assert TOKENS[0] not in run.output


def test_the_role_notifies_each_person_by_a_url_of_their_own(playbooks: Playbooks) -> None:
    def hand_over(people: list[dict[str, Any]], **more: str) -> dict[str, Any]:
        role = {"name": "onetimesecret.ots.credentials"}
        variables = {"credentials_people": people, "credentials_delivery": "notify", **more}
        return {"ansible.builtin.include_role": role, "vars": variables}

    def refused(name: str, role: dict[str, Any]) -> dict[str, Any]:
        return {
            "block": [role, {"ansible.builtin.fail": {"msg": "nothing is wrong"}}],
            "rescue": [playbooks.save("ansible_failed_result.msg", name)],
        }

    holds = [{"name": "vpn", "ttl": "1h"}]
    with replaying(Answer(200)) as server:
        host = server.url.partition("://")[2]
        people = [
            {"name": "alice", "notify_url": f"ntfy://{TOKENS[0]}@{host}/alice", "holds": holds},
            {"name": "bob", "holds": holds},
        ]
        carol = [{"name": "carol", "holds": holds}]
        wrong = hand_over(carol, credentials_notify_url=f"ntfy://{host}/{TOKENS[0]}/b")
        refusals = playbooks.run([refused("lacking", hand_over(people)), refused("wrong", wrong)])
        assert server.received == []
        good = [hand_over(people, credentials_notify_url=f"json://{host}/{TOKENS[1]}")]
        runs = playbooks.run(good), playbooks.run(good)

    assert refusals.exit_code == 0, refusals.output
    lacking = "bob has no notify_url, and delivery is notify; give email, webhook_url or notify_url"
    assert lacking in playbooks.registered("lacking")
    too_many = "credentials_people: carol, vpn: credentials_notify_url: would take more than one POST"
    assert too_many in playbooks.registered("wrong")
    assert [(run.exit_code, run.changed) for run in runs] == [(0, 2), (0, 0)], runs[0].output
    assert [request.path for request in server.received] == ["/", f"/{TOKENS[1]}"]
    assert not any(token in run.output for run in (refusals, *runs) for token in TOKENS)
