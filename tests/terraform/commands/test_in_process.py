"""What Terraform plans and says over the time of a link, with the provider in this process and a clock to move."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from terraform_provider_onetimesecret.provider import Provider

from onetime_server.profile import V0_23
from tests.support import CHECKOUT
from tests.support.live_server import LiveServer, live_server
from tests.support.terraform.in_process import reattachable
from tests.support.terraform.workspace import Workspace

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
def attached(server: LiveServer, tmp_path: Path) -> Iterator[Workspace]:
    username, token = "alice@example.com", "a" * 40
    environ = {"OTS_URL": server.url, "OTS_USERNAME": username, "OTS_API_TOKEN": token}
    provider = Provider(environ, now=lambda: datetime.fromtimestamp(server.clock(), UTC))
    folder = tmp_path / "workspace"
    folder.mkdir()
    with reattachable(provider, tmp_path) as environment:
        yield Workspace(folder, tmp_path, environment)


def write(workspace: Workspace, more: str = "") -> None:
    workspace.write(LINK.replace("MORE", more))


def state(attached: Workspace) -> str:
    return str(attached.state()["onetimesecret_link.x"]["state"])


def test_a_link_that_was_read_is_a_fact(attached: Workspace, server: LiveServer) -> None:
    write(attached)
    attached.apply()
    link = attached.state()["onetimesecret_link.x"]
    server.post(f"secret/{link['secret_key']}")
    assert attached.plans_nothing()
    attached.apply()
    assert state(attached) == "received"
    server.clock.advance(10 * HOUR)
    assert attached.plans_nothing()


def test_an_expired_link_is_sent_again_only_when_asked_for(attached: Workspace, server: LiveServer) -> None:
    write(attached)
    attached.apply()
    first = attached.state()["onetimesecret_link.x"]
    server.clock.advance(HOUR + 1)
    assert attached.plans_nothing()
    write(attached, 'reissue_on = ["expired"]')
    assert '~ state                = "expired" -> (known after apply) # forces replacement' in attached.done(
        "plan", "-no-color"
    )
    assert "1 added, 0 changed, 1 destroyed" in attached.apply()
    assert attached.state()["onetimesecret_link.x"]["id"] != first["id"]
    assert state(attached) == "new"


def test_a_link_that_the_server_does_not_know_stays_with_a_warning(attached: Workspace, server: LiveServer) -> None:
    write(attached)
    attached.apply()
    with sqlite3.connect(server.data / "onetime.sqlite3") as database:
        database.execute("DELETE FROM receipt")
        database.execute("DELETE FROM secret")
    assert attached.plans_nothing()
    assert "Warning: The server does not know the link" in attached.done("plan", "-no-color")
    destroy = attached.run("destroy", "-auto-approve", "-no-color")
    assert destroy.exit_code == 1
    assert "it may still be read until" in destroy.one_line
    server.clock.advance(HOUR)
    assert "Destroy complete" in attached.done("destroy", "-auto-approve", "-no-color")


def test_a_refresh_is_no_drift_on_releases_that_call_it_viewed(tmp_path: Path) -> None:
    with live_server(tmp_path / "old", profile=V0_23) as old:
        folder = tmp_path / "workspace"
        folder.mkdir()
        with reattachable(Provider({"OTS_URL": old.url}), tmp_path) as environment:
            workspace = Workspace(folder, tmp_path, environment)
            write(workspace)
            with (workspace.folder / "main.tf").open("a") as file:
                file.write('output "state" {\n value = onetimesecret_link.x.state\n}\n')
            workspace.apply()
            assert workspace.plans_nothing()


def test_a_link_that_no_state_holds_is_found_and_burned_as_documented(attached: Workspace, server: LiveServer) -> None:
    page = (CHECKOUT / "terraform" / "docs" / "resources" / "link.md").read_text()
    section = page.partition("## Links that no state holds")[2].partition("\n## ")[0]
    blocks = re.findall(r"```terraform\n(.*?)```", section, re.DOTALL)
    [commands] = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    lost = server.post("share", auth=("alice@example.com", "a" * 40), secret="s3cret").json
    attached.write(
        "\n".join(['resource "onetimesecret_link" "alice" {\n secret = "one"\n}', *blocks]).replace(blocks[1], "")
    )
    attached.apply()
    assert attached.output("unclaimed") == [lost["metadata_key"]]
    with (attached.folder / "main.tf").open("a") as file:
        file.write(blocks[1])
    for command in commands.splitlines():
        words = command.removeprefix("$ terraform ").replace("METADATA_KEY", lost["metadata_key"]).split()
        attached.done(*words, *(["-auto-approve"] if words[0] == "destroy" else []))
    assert server.post(f"secret/{lost['secret_key']}").status == 404


def test_removing_one_of_several_links_does_not_give_it_to_another(attached: Workspace, server: LiveServer) -> None:
    """Addresses made by count move up; a name tells Terraform that another link is meant."""
    links = """
    locals {
      people = PEOPLE
    }
    resource "onetimesecret_link" "each" {
      count             = length(local.people)
      name              = local.people[count.index]
      secret_wo         = "password of ${local.people[count.index]}"
      secret_wo_version = 1
    }
    output "urls" {
      value     = { for index, person in local.people : person => onetimesecret_link.each[index].secret_key }
      sensitive = true
    }
    """
    for people in ('["alice", "bob", "carol"]', '["alice", "carol"]'):
        attached.write(links.replace("PEOPLE", people))
        attached.apply()
    urls = attached.output("urls")
    assert set(urls) == {"alice", "carol"}
    for person, key in urls.items():
        assert server.post(f"secret/{key}").json["value"] == f"password of {person}"


def test_a_link_nobody_knows_about_stays_with_a_warning(attached: Workspace, server: LiveServer) -> None:
    write(attached)
    attached.apply()
    server.clock.advance(10 * HOUR)
    assert "The state of the link is unknown" in attached.apply()
    assert state(attached) == "unknown"
    assert "Nobody knows" not in attached.apply()


def test_a_problem_is_shown_at_its_line(attached: Workspace) -> None:
    write(attached, 'recipient = "alice"')
    run = attached.run("validate", "-no-color")
    assert run.exit_code == 1
    assert "Error: Invalid recipient" in run.output
    assert 'recipient = "alice"' in run.output


def test_a_write_only_passphrase_is_warned_of_before_destroying(attached: Workspace) -> None:
    write(attached, 'passphrase_wo = "correct horse"\n passphrase_wo_version = 1')
    attached.apply()
    assert "The link cannot be burned" in attached.done("plan", "-destroy", "-no-color")
    assert "Destroy complete" in attached.done("destroy", "-auto-approve", "-no-color")


def test_secrets_that_are_known_only_at_apply(attached: Workspace) -> None:
    (attached.folder / "data.tf").write_text('resource "terraform_data" "password" {\n input = "later"\n}')
    attached.write('resource "onetimesecret_link" "x" {\n secret = terraform_data.password.output\n}')
    attached.apply()
    assert attached.state()["onetimesecret_link.x"]["secret"] == "later"
    assert attached.plans_nothing()


def test_what_a_file_holds_is_shared(attached: Workspace, server: LiveServer) -> None:
    content = "-----KEY-----\n\nüñ\n"
    (attached.folder / "key.pem").write_text(content)
    attached.write('resource "onetimesecret_link" "x" {\n secret = file("${path.module}/key.pem")\n}')
    attached.apply()
    assert server.post(f"secret/{attached.state()['onetimesecret_link.x']['secret_key']}").json["value"] == content
    assert attached.plans_nothing()
