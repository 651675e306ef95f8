"""Secrets are searched for wherever Terraform writes: state, plan file, logs, output, crashes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from terraform_provider_onetimesecret import link
from terraform_provider_onetimesecret.provider import Provider

from tests.support.tenants import Tenant
from tests.support.terraform.in_process import reattachable
from tests.support.terraform.workspace import Workspace

SECRET, PASSPHRASE = 'leak me "not" \\ <s3cret> &', "leak-me-not-passphrase"

LINKS = """
variable "secret" {
  type      = string
  ephemeral = true
}

variable "passphrase" {
  type      = string
  ephemeral = true
}

resource "onetimesecret_link" "protected" {
  secret_wo             = var.secret
  secret_wo_version     = 1
  passphrase_wo         = var.passphrase
  passphrase_wo_version = 1
  ttl                   = "1h"
}

resource "onetimesecret_link" "plain" {
  secret_wo         = var.secret
  secret_wo_version = 1
  recipient         = "alice@example.com"
}

resource "onetimesecret_generated_link" "generated" {}

data "onetimesecret_metadata" "plain" {
  metadata_key = onetimesecret_link.plain.metadata_key
}
"""


def forms(secret: str) -> set[str]:
    """The ways in which a text may be written down: as it is, and in quotes, of which Go has its own."""
    in_json = json.dumps(secret)[1:-1]
    in_go = in_json.translate({ord(character): f"\\u{ord(character):04x}" for character in "&<>"})
    return {secret, in_json, in_go, repr(secret)[1:-1], secret[:12]}


def files_with(folder: Path, secret: str) -> list[str]:
    """Return the names of files below FOLDER that hold SECRET, looking into plan files as well."""
    found = []
    for file in folder.rglob("*"):
        if file.is_symlink() or not file.is_file():
            continue
        contents = [file.read_bytes()]
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as plan:
                contents += [plan.read(name) for name in plan.namelist()]
        if any(form.encode() in content for form in forms(secret) for content in contents):
            found.append(file.name)
    return found


@pytest.fixture
def traced(workspace: Workspace) -> Workspace:
    """A workspace whose Terraform writes down all that it can."""
    logs = {"TF_LOG": "TRACE", "TF_LOG_PATH": str(workspace.folder / "terraform.log")}
    secrets = {"TF_VAR_secret": SECRET, "TF_VAR_passphrase": PASSPHRASE}
    workspace.environment = {**workspace.environment, **logs, **secrets}
    return workspace


def test_what_is_write_only_is_written_nowhere(traced: Workspace, stack: Tenant) -> None:
    traced.write(LINKS)
    traced.init()
    output = [traced.done("plan", "-out=plan.bin"), traced.done("show", "-json", "plan.bin")]
    output += [traced.done("apply", "plan.bin"), traced.done("apply", "-auto-approve"), traced.done("show", "-json")]
    output += [traced.done("state", "pull"), traced.done("destroy", "-auto-approve")]
    for secret in (SECRET, PASSPHRASE, stack.api_token):
        assert files_with(traced.folder, secret) == []
        assert not any(form in text for form in forms(secret) for text in output)


@pytest.mark.long
def test_a_generated_value_is_in_the_state_only(traced: Workspace) -> None:
    traced.write('resource "onetimesecret_generated_link" "x" {}')
    traced.init()
    output = traced.done("apply", "-auto-approve")
    value = traced.state()["onetimesecret_generated_link.x"]["value"]
    output += traced.done("plan", "-out=plan.bin") + traced.done("show", "plan.bin")
    assert not any(form in output for form in forms(value))
    assert set(files_with(traced.folder, value)) == {"terraform.tfstate", "plan.bin"}
    traced.done("destroy", "-auto-approve")
    (traced.folder / "plan.bin").unlink()
    assert set(files_with(traced.folder, value)) == {"terraform.tfstate.backup"}


@pytest.mark.long
def test_keys_and_links_are_in_state_and_plan_only(traced: Workspace) -> None:
    traced.write(LINKS)
    traced.init()
    output = traced.done("apply", "-auto-approve")
    link = traced.state()["onetimesecret_link.plain"]
    output += traced.done("plan") + traced.done("destroy", "-auto-approve")
    for key in (link["secret_key"], link["metadata_key"]):
        assert key not in output
        assert set(files_with(traced.folder, key)) == {"terraform.tfstate.backup"}


def test_a_defect_shows_no_secret(
    tmp_path: Path, home: Path, stack: Tenant, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(_self: object, _connection: object, asked: dict[str, str]) -> None:
        raise ValueError(f"defect with {asked['secret']}")

    monkeypatch.setattr(link.LinkResource, "_send", fail)
    with reattachable(Provider(stack.environment), tmp_path) as environment:
        secrets = {"TF_VAR_secret": SECRET, "TF_VAR_passphrase": PASSPHRASE}
        workspace = Workspace(tmp_path, home, {**environment, **secrets, "TF_LOG": "TRACE"})
        workspace.write(LINKS.split('resource "onetimesecret_generated')[0])
        run = workspace.run("apply", "-auto-approve", "-no-color")
    assert "The provider has a defect" in run.output
    assert "ValueError at test_leaks.py" in run.one_line
    assert not any(form in run.output + "".join(capfd.readouterr()) for form in forms(SECRET))
