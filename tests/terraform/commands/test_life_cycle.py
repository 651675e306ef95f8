"""Every resource from init to destroy, by the real Terraform and the installed provider."""

from __future__ import annotations

import json
import time
from urllib.request import urlopen

import pytest

from tests.support.tenants import Tenant
from tests.support.terraform.workspace import Workspace, terraform_version

VERSION = terraform_version()

LINK = """
variable "secret" {
  type      = string
  ephemeral = true
  default   = "s3cret-of-alice"
}

variable "version_of_secret" {
  default = 1
}

resource "onetimesecret_link" "alice" {
  secret_wo         = var.secret
  secret_wo_version = var.version_of_secret
  ttl               = "1h"
  recipient         = "alice@example.com"
}
"""

GENERATED = """
resource "onetimesecret_generated_link" "bob" {
  length = 20
  ttl    = "1h"
}
"""


def read(stack: Tenant, link: dict[str, str]) -> str:
    """Read a link as its recipient."""
    with urlopen(f"{stack.url}/api/v1/secret/{link['secret_key']}", b"passphrase=") as reply:
        return str(json.loads(reply.read())["value"])


def test_the_life_of_a_link(workspace: Workspace, stack: Tenant) -> None:
    mails = len(stack.mailbox.mails())
    sent = stack.links_sent()
    workspace.write(LINK)
    workspace.init()
    workspace.done("validate")
    workspace.done("plan", "-no-color")
    assert stack.links_sent() == sent

    workspace.apply()
    assert stack.links_sent() == sent + 1
    first = workspace.state()["onetimesecret_link.alice"]
    assert first["url"] == f"{stack.url}/secret/{first['secret_key']}"
    assert workspace.plans_nothing()

    assert "1 added, 0 changed, 1 destroyed" in workspace.apply("-var", "version_of_secret=2", "-var", "secret=new")
    second = workspace.state()["onetimesecret_link.alice"]
    assert read(stack, second) == "new"
    workspace.apply("-refresh-only", "-var", "version_of_secret=2")
    assert workspace.state()["onetimesecret_link.alice"]["state"] == "received"

    assert "1 destroyed" in workspace.done("destroy", "-auto-approve", "-no-color")
    assert workspace.state() == {}
    subjects = [mail["To"] for mail in stack.mailbox.mails()[mails:]]
    assert subjects == ["alice@example.com"] * 2


@pytest.mark.long
def test_a_generated_link(workspace: Workspace, stack: Tenant) -> None:
    workspace.write(GENERATED)
    workspace.init()
    workspace.apply()
    link = workspace.state()["onetimesecret_generated_link.bob"]
    assert len(link["value"]) == 20
    assert workspace.plans_nothing()
    assert read(stack, link) == link["value"]
    workspace.done("destroy", "-auto-approve")


@pytest.mark.long
def test_create_before_destroy_makes_the_new_link_first(workspace: Workspace, stack: Tenant) -> None:
    lifecycle = "lifecycle {\n create_before_destroy = true\n }\n}"
    resource = 'resource "onetimesecret_link" "x" {\n secret = "SECRET"\n' + lifecycle
    workspace.write(resource.replace("SECRET", "one"))
    workspace.init()
    workspace.apply()
    workspace.write(resource.replace("SECRET", "two"))
    already = len(stack.log.read_text().splitlines())
    workspace.apply()
    end = time.monotonic() + 10
    while "/burn" not in "".join(calls := stack.log.read_text().splitlines()[already:]):
        assert time.monotonic() < end, calls
        time.sleep(0.05)  # the server logs a call after it has answered
    made, burned = (next(number for number, line in enumerate(calls) if word in line) for word in ("/share", "/burn"))
    assert made < burned
    workspace.done("destroy", "-auto-approve")


@pytest.mark.long
def test_a_link_is_imported_by_command_and_by_block(workspace: Workspace) -> None:
    workspace.write(GENERATED + LINK)
    workspace.init()
    workspace.apply()
    key = workspace.state()["onetimesecret_link.alice"]["metadata_key"]
    workspace.done("state", "rm", "onetimesecret_link.alice")
    workspace.done("import", "onetimesecret_link.alice", key)
    assert workspace.state()["onetimesecret_link.alice"]["metadata_key"] == key
    assert "0 added, 1 changed, 0 destroyed" in workspace.apply()  # the configuration is taken for the link's own
    assert workspace.plans_nothing()

    workspace.done("state", "rm", "onetimesecret_link.alice")
    workspace.write(GENERATED)
    block = f'import {{\n to = onetimesecret_link.imported\n id = "{key}"\n}}\n'
    (workspace.folder / "import.tf").write_text(block)
    workspace.done("plan", "-generate-config-out=generated.tf")
    assert "1 imported, 0 added, 0 changed, 0 destroyed" in workspace.apply()
    assert workspace.plans_nothing()
    workspace.done("destroy", "-auto-approve")


@pytest.mark.long
@pytest.mark.skipif(
    VERSION < (1, 12), reason="identities came with Terraform 1.12; make terraform-test runs this with 1.15"
)
def test_a_link_is_imported_by_its_identity(workspace: Workspace) -> None:
    workspace.write(LINK)
    workspace.init()
    workspace.apply()
    key = workspace.state()["onetimesecret_link.alice"]["metadata_key"]
    workspace.done("state", "rm", "onetimesecret_link.alice")
    block = f'import {{\n to = onetimesecret_link.alice\n identity = {{ metadata_key = "{key}" }}\n}}\n'
    (workspace.folder / "import.tf").write_text(block)
    assert "1 imported" in workspace.apply()
    assert workspace.state()["onetimesecret_link.alice"]["metadata_key"] == key
    workspace.done("destroy", "-auto-approve")


@pytest.mark.long
def test_data_sources_and_functions(workspace: Workspace, stack: Tenant) -> None:
    workspace.write(
        LINK
        + """
data "onetimesecret_status" "service" {}

data "onetimesecret_metadata" "alice" {
  metadata_key = onetimesecret_link.alice.metadata_key
}

output "status" { value = data.onetimesecret_status.service.status }
output "metadata" { value = data.onetimesecret_metadata.alice.recipient_obfuscated }
output "key" { value = nonsensitive(provider::onetimesecret::parse_link(onetimesecret_link.alice.url)) }
output "link" { value = provider::onetimesecret::link("k3y") }
output "eu" { value = provider::onetimesecret::link("k3y", "eu") }
"""
    )
    workspace.init()
    workspace.apply()
    assert workspace.output("status") == "nominal"
    assert workspace.output("metadata").startswith("al***")
    assert workspace.output("key") == workspace.state()["onetimesecret_link.alice"]["secret_key"]
    assert workspace.output("link") == f"{stack.url}/secret/k3y"
    assert workspace.output("eu") == "https://eu.onetimesecret.com/secret/k3y"
    assert workspace.plans_nothing()
    workspace.done("destroy", "-auto-approve")
