"""What Terraform plans and says over the time of a link, with the provider in this process and a clock to move."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from in_process import reattachable
from terraform_provider_onetimesecret.provider import Provider
from workspace import Workspace

from support.live_server import LiveServer, live_server

HOUR = 3600
LINK = """
resource "onetimesecret_link" "x" {
  secret = "s3cret"
  ttl    = "1h"
  MORE
}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path / "data") as running:
        running.account()
        yield running


@pytest.fixture
def workspace(server: LiveServer, tmp_path: Path) -> Iterator[Workspace]:
    username, token = "alice@example.com", "a" * 40
    environ = {"OTS_URL": server.url, "OTS_USERNAME": username, "OTS_API_TOKEN": token}
    provider = Provider(environ, now=lambda: datetime.fromtimestamp(server.clock(), UTC))
    folder = tmp_path / "workspace"
    folder.mkdir()
    with reattachable(provider, tmp_path) as environment:
        yield Workspace(folder, tmp_path, environment)


def write(workspace: Workspace, more: str = "") -> None:
    workspace.write(LINK.replace("MORE", more))


def state(workspace: Workspace) -> str:
    return str(workspace.state()["onetimesecret_link.x"]["state"])


def test_a_link_that_was_read_is_a_fact(workspace: Workspace, server: LiveServer) -> None:
    write(workspace)
    workspace.apply()
    link = workspace.state()["onetimesecret_link.x"]
    server.post(f"secret/{link['secret_key']}")
    assert workspace.plans_nothing()
    workspace.apply()
    assert state(workspace) == "received"
    server.clock.advance(10 * HOUR)
    assert workspace.plans_nothing()


def test_an_expired_link_is_sent_again_only_when_asked_for(workspace: Workspace, server: LiveServer) -> None:
    write(workspace)
    workspace.apply()
    first = workspace.state()["onetimesecret_link.x"]
    server.clock.advance(HOUR + 1)
    assert workspace.plans_nothing()
    write(workspace, 'reissue_on = ["expired"]')
    assert '~ state                = "expired" -> (known after apply) # forces replacement' in workspace.done(
        "plan", "-no-color"
    )
    assert "1 added, 0 changed, 1 destroyed" in workspace.apply()
    assert workspace.state()["onetimesecret_link.x"]["id"] != first["id"]
    assert state(workspace) == "new"


def test_a_link_that_is_lost_is_made_anew_with_a_warning(workspace: Workspace, server: LiveServer) -> None:
    write(workspace)
    workspace.apply()
    with sqlite3.connect(server.data / "onetime.sqlite3") as database:
        database.execute("DELETE FROM receipt")
    plan = workspace.run("plan", "-no-color")
    assert "The link is lost" in plan.output
    assert "1 to add" in plan.output


def test_a_link_nobody_knows_about_stays_with_a_warning(workspace: Workspace, server: LiveServer) -> None:
    write(workspace)
    workspace.apply()
    server.clock.advance(10 * HOUR)
    assert "Nobody knows what became of the link" in workspace.apply()
    assert state(workspace) == "unknown"
    assert "Nobody knows" not in workspace.apply()


def test_a_problem_is_shown_at_its_line(workspace: Workspace) -> None:
    write(workspace, 'recipient = "alice"')
    run = workspace.run("validate", "-no-color")
    assert run.exit_code == 1
    assert "Error: Invalid recipient" in run.output
    assert 'recipient = "alice"' in run.output


def test_a_write_only_passphrase_is_warned_of_before_destroying(workspace: Workspace) -> None:
    write(workspace, 'passphrase_wo = "correct horse"\n passphrase_wo_version = 1')
    workspace.apply()
    assert "The link cannot be burned" in workspace.done("plan", "-destroy", "-no-color")
    assert "Destroy complete" in workspace.done("destroy", "-auto-approve", "-no-color")


def test_secrets_that_are_known_only_at_apply(workspace: Workspace) -> None:
    (workspace.folder / "data.tf").write_text('resource "terraform_data" "password" {\n input = "later"\n}')
    workspace.write('resource "onetimesecret_link" "x" {\n secret = terraform_data.password.output\n}')
    workspace.apply()
    assert workspace.state()["onetimesecret_link.x"]["secret"] == "later"
    assert workspace.plans_nothing()
