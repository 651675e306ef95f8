"""Interrupts, kills, servers that are down, slow or limit the rate, wrong tokens, many links at once."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local_stack import LocalStack
from tests.support.programs import RUN_LIMIT, output_of
from tests.support.replay import misbehaving
from tests.support.tenants import Tenant
from tests.support.terraform.workspace import Run, Workspace

pytestmark = pytest.mark.long

LINK = """
resource "onetimesecret_link" "x" {
  secret = "s3cret"
}
"""

ISSUED = {
    "custid": "anon",
    "metadata_key": "m" * 31,
    "secret_key": "s" * 31,
    "ttl": 3600,
    "metadata_ttl": 7200,
    "secret_ttl": 3600,
    "state": "new",
    "updated": 1_800_000_000,
    "created": 1_800_000_000,
    "recipient": [],
    "passphrase_required": False,
}


@dataclass
class SlowServer:
    """Takes a request to share, and replies to it when told."""

    url: str = ""
    asked: threading.Event = field(default_factory=threading.Event)
    may_reply: threading.Event = field(default_factory=threading.Event)

    def reply(self, connection: socket.socket) -> None:
        self.asked.set()
        self.may_reply.wait(RUN_LIMIT)
        body = json.dumps(ISSUED).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with contextlib.suppress(OSError):
            connection.sendall(head.encode() + body)


@pytest.fixture
def slow() -> Iterator[SlowServer]:
    server = SlowServer()
    with misbehaving(server.reply) as running:
        server.url = running.url
        yield server
        server.may_reply.set()


@pytest.fixture
def slow_workspace(workspace: Workspace, slow: SlowServer) -> Workspace:
    workspace.environment = {"OTS_URL": slow.url}
    workspace.write(LINK)
    workspace.init()
    return workspace


def ended(process: subprocess.Popen[str]) -> Run:
    output = output_of(process)
    return Run(process.returncode, output)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl+C, which reaches Terraform and the provider, and wait until Terraform says that it has."""
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout is not None
    assert any("Gracefully shutting down" in line for line in process.stdout)


def providers_of(workspace: Workspace) -> list[int]:
    """Return the provider's processes that work in a workspace."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            works_here = (process / "cwd").readlink() == workspace.folder
            if works_here and b"\0serve\0" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


def none_left(workspace: Workspace) -> bool:
    """Whether all of the provider's processes end soon."""
    give_up = time.monotonic() + 20
    while providers_of(workspace) and time.monotonic() < give_up:
        time.sleep(0.05)
    return not providers_of(workspace)


def test_ctrl_c_lets_a_link_in_the_making_be_finished_and_kept(slow_workspace: Workspace, slow: SlowServer) -> None:
    apply = slow_workspace.start("apply", "-auto-approve", "-no-color")
    assert slow.asked.wait(RUN_LIMIT)
    interrupt(apply)
    slow.may_reply.set()
    ended(apply)
    assert slow_workspace.state()["onetimesecret_link.x"]["secret_key"] == ISSUED["secret_key"]
    assert none_left(slow_workspace)


def test_ctrl_c_twice_ends_at_once_and_leaves_a_sound_state(slow_workspace: Workspace, slow: SlowServer) -> None:
    apply = slow_workspace.start("apply", "-auto-approve", "-no-color")
    assert slow.asked.wait(RUN_LIMIT)
    interrupt(apply)
    os.killpg(apply.pid, signal.SIGINT)
    run = ended(apply)
    assert run.exit_code == 1
    assert none_left(slow_workspace)
    assert slow_workspace.state() == {}
    assert "1 to add" in slow_workspace.done("plan", "-no-color", "-lock=false")


def test_a_provider_that_crashes_leaves_a_sound_state_and_no_secret(
    slow_workspace: Workspace, slow: SlowServer
) -> None:
    log = slow_workspace.folder / "terraform.log"
    apply = slow_workspace.start("apply", "-auto-approve", "-no-color", TF_LOG="TRACE", TF_LOG_PATH=str(log))
    assert slow.asked.wait(RUN_LIMIT)
    for process in providers_of(slow_workspace):
        os.kill(process, signal.SIGABRT)
    run = ended(apply)
    assert run.exit_code == 1
    # Terraform's own words: which of them, depends on whether it sees the connection or the process end first.
    assert "Plugin did not respond" in run.output or "Request cancelled" in run.output
    assert "s3cret" not in run.output + log.read_text()
    assert slow_workspace.state() == {}
    slow.may_reply.set()
    slow_workspace.apply()


def test_a_reply_that_does_not_come_is_told_with_what_may_have_happened(slow_workspace: Workspace) -> None:
    run = slow_workspace.run("apply", "-auto-approve", "-no-color", OTS_TIMEOUT="1")
    assert run.exit_code == 1
    assert "no reply came within the timeout; the request may have taken effect" in run.one_line
    assert "An unrecorded link may exist until its ttl ends" in run.one_line
    assert slow_workspace.state() == {}


def test_a_server_that_is_down_changes_nothing(workspace: Workspace, stack: Tenant) -> None:
    workspace.write(LINK)
    workspace.init()
    workspace.apply()
    before = workspace.state()
    sent = stack.links_sent()
    down = {"OTS_URL": "http://127.0.0.1:9"}
    for command in (["plan"], ["apply", "-auto-approve"], ["destroy", "-auto-approve"]):
        run = workspace.run(*command, "-no-color", **down)
        assert run.exit_code == 1
        assert "No connection to http://127.0.0.1:9" in run.one_line
    assert "No changes" in workspace.done("plan", "-no-color", "-refresh=false", **down)
    assert workspace.state() == before
    assert stack.links_sent() == sent
    workspace.done("destroy", "-auto-approve")


def test_a_wrong_token_changes_nothing(workspace: Workspace) -> None:
    workspace.write(LINK)
    workspace.init()
    workspace.apply()
    before = workspace.state()
    run = workspace.run("apply", "-auto-approve", "-no-color", OTS_API_TOKEN="wr0ng-t0ken")
    assert run.exit_code == 1
    assert "check username, api_token, and url or region" in run.one_line
    assert "wr0ng-t0ken" not in run.output
    assert workspace.state() == before
    workspace.done("destroy", "-auto-approve")


def test_a_rate_limit_leaves_what_it_did_not_let_burn(workspace: Workspace, tmp_path: Path) -> None:
    """Releases up to 0.23 allow ten burns in twenty minutes."""
    with LocalStack(tmp_path / "old", release="v0.23") as old:
        workspace.environment = old.environment
        workspace.write('resource "onetimesecret_link" "x" {\n count = 25\n secret = "s3cret"\n}')
        workspace.init()
        workspace.apply()
        run = workspace.run("destroy", "-auto-approve", "-no-color")
        left = workspace.state()
        assert run.exit_code == 1
        assert 0 < len(left) <= 15
        assert run.one_line.count("It stays in the state, and can be read until") == len(left)
        for link in left.values():
            assert f"can be read until {link['expires_at']}" in run.one_line


def test_a_hundred_links_at_once(workspace: Workspace, stack: Tenant) -> None:
    mine = 'resource "onetimesecret_link" "x" {\n count = 100\n secret = "secret ${count.index}"\n}'
    workspace.write(mine)
    workspace.init()
    sent = stack.links_sent()
    workspace.apply("-parallelism=30")
    assert stack.links_sent() == sent + 100
    links = workspace.state()
    assert len({link["secret_key"] for link in links.values()}) == 100
    assert workspace.plans_nothing()
    workspace.done("destroy", "-auto-approve", "-parallelism=30")
    assert workspace.state() == {}
