"""One POST per name, whoever else is at it, and whenever a run dies."""

from __future__ import annotations

import base64
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import psycopg
import pytest
import requests

from tests.support.back_ends import new_ledger
from tests.support.playbooks import Playbooks, kill_all
from tests.support.postgresql import Postgresql
from tests.support.programs import RUN_LIMIT, output_of
from tests.support.replay import Replay, misbehaving
from tests.support.tenants import Tenant

KEY = base64.b64encode(bytes(32)).decode()  # of the ledgers that controllers share
GENERATE = {
    "onetimesecret.ots.ots_generate": {"name": "db/alice", "ttl": "1h", "return_content": True},
    "register": "made",
}
ALL_VALUES = "ansible_play_hosts | map('extract', hostvars) | map(attribute='made.value') | unique"


@pytest.fixture
def back_end(request: pytest.FixtureRequest, playbooks: Playbooks, tmp_path: Path) -> str:
    """The name of the back end that the playbooks' ledger is in."""
    url = new_ledger(request.param, tmp_path, lambda: request.getfixturevalue("postgresql_server"))
    playbooks.environment |= {"OTS_LEDGER": url, "OTS_LEDGER_KEY": KEY}
    return str(request.param)


def use_postgresql(playbooks: Playbooks, server: Postgresql) -> str:
    """Have the playbooks keep their ledger in a new database; return its URL."""
    url = server.new_database()
    playbooks.environment |= {"OTS_LEDGER": url, "OTS_LEDGER_KEY": KEY}
    return url


def unread_links(stack: Tenant) -> int:
    """How many links can be read at the server now."""
    of_account = """
        SELECT count(*) FROM secret JOIN receipt ON receipt.secret_key_hash = secret.key_hash
        JOIN account ON account.id = receipt.account_id WHERE secret.expires > ? AND account.email = ?"""
    with sqlite3.connect(stack.database) as db:
        return int(db.execute(of_account, [time.time(), stack.username]).fetchone()[0])


def test_fifty_forks_on_one_name_make_one_post(stack: Tenant, playbooks: Playbooks) -> None:
    playbooks.hosts = 50
    run = playbooks.run([GENERATE, playbooks.save(ALL_VALUES)], "--forks", "50")

    assert (run.exit_code, run.changed) == (0, 1)
    assert stack.links_sent() == 1
    assert len(playbooks.registered()) == 1


def test_twenty_forks_on_one_lookup_make_one_post(stack: Tenant, playbooks: Playbooks) -> None:
    playbooks.hosts = 20
    look_up = {"ansible.builtin.set_fact": {"made": {"value": "{{ lookup('onetimesecret.ots.ots_generate', 'a') }}"}}}
    run = playbooks.run([look_up | {"no_log": True}, playbooks.save(ALL_VALUES)], "--forks", "20")

    assert run.exit_code == 0
    assert stack.links_sent() == 1
    assert len(playbooks.registered()) == 1


def test_forks_on_names_of_their_own_get_their_own_replies(stack: Tenant, playbooks: Playbooks) -> None:
    playbooks.hosts = 20
    own = {
        "onetimesecret.ots.ots_share": {
            "name": "{{ inventory_hostname }}",
            "secret": "of {{ inventory_hostname }}",
            "return_content": True,
        }
    }
    pairs = "dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars) | map(attribute='made.secret_key')))"
    playbooks.run([own | {"register": "made"}, playbooks.save(pairs)], "--forks", "20")

    assert len(playbooks.registered()) == playbooks.hosts
    for host, secret_key in playbooks.registered().items():
        reply = requests.post(f"{stack.url}/api/v1/secret/{secret_key}", timeout=30)
        assert reply.json()["value"] == f"of {host}"


def run_at_once(playbooks: Playbooks, folder: Path, number: int) -> None:
    """Run the playbook that many times at once, each with a home of its own; all must get the same value by one change."""
    all_of_them = []
    for index in range(number):
        home = folder / f"home{index}"
        home.mkdir()
        all_of_them.append(Playbooks(home, playbooks.collections_path, playbooks.environment))
    processes = [one.start([GENERATE, one.save("made")]) for one in all_of_them]
    for process in processes:
        output = output_of(process)
        assert process.returncode == 0, output
    made = [one.registered() for one in all_of_them]
    assert len({(one["value"], one["link"]) for one in made}) == 1
    assert sorted(one["action"] for one in made) == ["created", *["kept"] * (number - 1)]


@pytest.mark.long
def test_eight_processes_with_one_file_make_one_post(stack: Tenant, playbooks: Playbooks, tmp_path: Path) -> None:
    run_at_once(playbooks, tmp_path, 8)

    assert stack.links_sent() == 1


@pytest.mark.long
def test_four_controllers_with_one_database_make_one_post(
    stack: Tenant, playbooks: Playbooks, tmp_path: Path, postgresql_server: Postgresql
) -> None:
    use_postgresql(playbooks, postgresql_server)
    run_at_once(playbooks, tmp_path, 4)

    assert stack.links_sent() == 1


@dataclass
class Way:
    """A proxy that holds the first request to make a link: before it is passed on, or when it was answered."""

    passes_on: bool
    proxy: Replay | None = None

    def __post_init__(self) -> None:
        self.is_held, self.released = threading.Event(), threading.Event()

    def go(self, connection: socket) -> None:
        assert self.proxy
        request = self.proxy.received[-1]
        is_first = not self.is_held.is_set()
        if is_first and not self.passes_on:
            self._hold()
            return
        reply = requests.request(
            request.method, request.path, headers=request.headers, data=request.body, timeout=30, proxies={"http": ""}
        )
        if is_first:
            self._hold()
        head = f"HTTP/1.1 {reply.status_code} OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        connection.sendall(f"{head}Content-Length: {len(reply.content)}\r\n\r\n".encode() + reply.content)

    def _hold(self) -> None:
        self.is_held.set()
        self.released.wait(RUN_LIMIT)


@contextmanager
def holding(*, passes_on: bool) -> Iterator[Way]:
    way = Way(passes_on)
    with misbehaving(way.go) as way.proxy:
        try:
            yield way
        finally:
            way.released.set()


@pytest.mark.parametrize(
    ("back_end", "reached_the_server"),
    [
        ("sqlite", True),
        pytest.param("postgresql", False, marks=pytest.mark.long),
        pytest.param("sqlite", False, marks=pytest.mark.long),
        pytest.param("postgresql", True, marks=pytest.mark.long),
    ],
    indirect=["back_end"],
)
def test_a_run_that_is_killed_holds_its_name_no_longer_and_leaves_the_ledger_whole(
    stack: Tenant, playbooks: Playbooks, back_end: str, reached_the_server: bool, pytestconfig: pytest.Config
) -> None:
    other = {"onetimesecret.ots.ots_generate": {"name": "db/other", "return_content": True}, "register": "other"}
    playbooks.run([other, playbooks.save("other.value")])
    before = playbooks.registered()
    with holding(passes_on=reached_the_server) as way:
        process = playbooks.start([GENERATE], OTS_PROXY=way.proxy.url)
        assert way.is_held.wait(RUN_LIMIT)
        waiting = playbooks.run([GENERATE], OTS_LEDGER_WAIT="0.2")
        kill_all(process, playbooks)

    holder = "process " if back_end == "sqlite" else "onetimesecret.ots on "
    assert waiting.exit_code != 0
    assert f"'db/alice' is held by {holder}" in waiting.one_line
    assert "for more than 0.2 seconds; check what that run waits for" in waiting.one_line

    run = playbooks.run([GENERATE, other, playbooks.save("other.value")])
    assert (run.exit_code, run.changed) == (0, 1)
    assert playbooks.registered() == before
    again = playbooks.run([GENERATE, other])
    assert again.changed == 0
    if pytestconfig.getoption("--release") not in ("v0.22", "v0.23"):
        assert ("had made was found on the server and burned" in run.one_line) == reached_the_server
        assert "[WARNING]" not in again.output
        assert unread_links(stack) == 2
    else:
        assert "It may have left a link that is not recorded and expires by" in run.one_line
        assert unread_links(stack) == 2 + reached_the_server


def test_a_connection_to_the_ledger_that_is_lost_leaves_no_second_link(
    stack: Tenant, playbooks: Playbooks, postgresql_server: Postgresql
) -> None:
    url = use_postgresql(playbooks, postgresql_server)
    with holding(passes_on=True) as way:
        process = playbooks.start([GENERATE], OTS_PROXY=way.proxy.url)
        assert way.is_held.wait(RUN_LIMIT)
        assert unread_links(stack) == 1
        with psycopg.connect(url) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        way.released.set()
        output = output_of(process)

    assert process.returncode != 0
    said = " ".join(output.split())
    assert "cannot be used" in said
    assert "check the database, the connection to it and the role's rights" in said
    assert "Traceback" not in said
    assert unread_links(stack) == 0

    run, again = playbooks.run([GENERATE, playbooks.save("made.action")]), playbooks.run([GENERATE])
    assert playbooks.registered() == "created"
    assert (run.exit_code, again.exit_code, again.changed) == (0, 0, 0)
    assert unread_links(stack) == 1
