"""Links move from Ansible's ledger into Terraform's state and back, and none is sent again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.results import listing_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.adopt import Foundling, adopt
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import survey
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger
from tests.support.tenants import Tenant
from tests.support.terraform.workspace import Workspace
from tests.support.world import KEY

ODD = 'db/"${path.root}" %{ if } \\ ü'


@contextmanager
def ansible(stack: Tenant, folder: Path) -> Iterator[tuple[Ledger, Client]]:
    """What a run of Ansible works with."""
    settings = {
        "ledger": f"sqlite://{folder}/ledger.sqlite3",
        "ledger_key": KEY,
        "ledger_key_file": None,
        "ledger_wait": 30,
    }
    credentials = Credentials.of(stack.username, stack.api_token)
    with (
        open_ledger(settings, f"{stack.url} {stack.username}") as ledger,
        Client(Address.of(stack.url), credentials) as client,
    ):
        yield ledger, client


def test_terraform_takes_over_what_the_ledger_has(workspace: Workspace, stack: Tenant, tmp_path: Path) -> None:
    with ansible(stack, tmp_path) as (ledger, client):
        engine = Engine(ledger, lambda: client, anonymous=False)
        for desired in (
            Desired("db/alice", secret="s3cret").but(recipient="alice@example.com"),
            Desired(ODD, secret="s3cret"),
            Desired("db/app"),
        ):
            engine.present(desired)
        engine.present(Desired("db/gone", secret="s3cret"))
        record = ledger.read("db/gone").record
        assert record
        client.reveal(record.secret_key)
        engine.present(Desired("db/gone", secret="s3cret"))  # which sees that it was read
        imports = listing_of(survey(ledger.entries(), Policy(), None), content=True)["imports_tf"]
        sent = stack.links_sent()

    workspace.write(imports)
    workspace.init()
    assert "3 imported, 0 added, 3 changed, 0 destroyed" in workspace.apply()  # their names are noted
    assert workspace.plans_nothing()
    assert stack.links_sent() == sent
    assert "db/gone" not in imports


def test_ansible_takes_over_what_terraform_has(workspace: Workspace, stack: Tenant, tmp_path: Path) -> None:
    workspace.write(
        'resource "onetimesecret_link" "alice" {\n  secret = "s3cret"\n  recipient = "alice@example.com"\n}\n'
        'output "key" {\n  value = onetimesecret_link.alice.metadata_key\n  sensitive = true\n}\n'
    )
    workspace.init()
    workspace.apply()
    key = workspace.output("key")
    sent = stack.links_sent()
    with ansible(stack, tmp_path) as (ledger, client):
        assert adopt(ledger, lambda: client, Foundling("db/alice", key, "s3cret", None, "alice@example.com"))
        desired = Desired("db/alice", secret="s3cret").but(recipient="alice@example.com")
        assert Engine(ledger, lambda: client, anonymous=False).present(desired).action is Action.KEPT

    assert stack.links_sent() == sent
    assert "Removed" in workspace.done("state", "rm", "onetimesecret_link.alice")
