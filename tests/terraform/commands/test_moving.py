"""Links move from Ansible's ledger into Terraform's state and back, and none is sent again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant
from tests.support.terraform.workspace import Workspace

ODD = 'db/"${path.root}" %{ \\ ü'
LINKS: list[dict[str, Any]] = [
    {"name": "db/alice", "secret": "s3cret", "recipient": "alice@example.com"},
    {"name": "db/app"},
    {"name": "db/gone", "state": "absent"},
]
BY_TERRAFORM = """
resource "onetimesecret_link" "bob" {
  secret    = "of bob"
  recipient = "bob@example.com"
}

output "key" {
  value     = onetimesecret_link.bob.metadata_key
  sensitive = true
}
"""


@pytest.mark.long
def test_links_move_from_ansible_to_terraform_and_back(
    workspace: Workspace, stack: Tenant, tmp_path: Path, collections_path: str
) -> None:
    playbooks = Playbooks(tmp_path / "controller", collections_path, stack.environment)
    playbooks.folder.mkdir()
    odd = {"onetimesecret.ots.ots_share": {"name": ODD, "secret": "s3cret"}}
    made = playbooks.run(
        [
            {"onetimesecret.ots.ots_links": {"links": LINKS}},
            odd,
            {"onetimesecret.ots.ots_ledger_info": {"return_content": True}, "register": "exported"},
            playbooks.save("exported.imports_tf"),
        ]
    )
    assert made.exit_code == 0, made.output

    workspace.write(playbooks.registered() + BY_TERRAFORM)
    workspace.init()
    assert "3 imported, 1 added, 3 changed, 0 destroyed" in workspace.apply()  # the names are noted
    assert workspace.plans_nothing()
    assert stack.links_sent() == 4

    bob = {"secret": "of bob", "recipient": "bob@example.com"}
    adopt = {"adopt": "db/bob", "metadata_key": workspace.output("key"), **bob}
    taken = playbooks.run(
        [
            {"onetimesecret.ots.ots_ledger": adopt},
            {"onetimesecret.ots.ots_share": {"name": "db/bob", **bob}},
        ]
    )
    assert (taken.exit_code, taken.changed) == (0, 1), taken.output
    assert stack.links_sent() == 4
