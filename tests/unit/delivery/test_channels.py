"""The registry of channels, and whatever names them by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ansible_collections.onetimesecret.ots.plugins.modules import ots_deliver
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import DELIVER
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.channels import CHANNELS
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.chats import SHAPES
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import Messenger
from tests.support import CHECKOUT

ROLE = yaml.safe_load((CHECKOUT / "roles/credentials/meta/argument_specs.yml").read_text())
ROLE_OPTIONS = ROLE["argument_specs"]["main"]["options"]
PERSON = ROLE_OPTIONS["credentials_people"]["options"]
ROOM = CHECKOUT / "roles/credentials"
DEFAULTS = yaml.safe_load((ROOM / "defaults/main.yml").read_text())
FAILURE = yaml.safe_load((ROOM / "vars/main.yml").read_text())["credentials_failure"]
DELIVERY = next(
    task["onetimesecret.ots.ots_deliver"]
    for task in yaml.safe_load((ROOM / "tasks/main.yml").read_text())[0]["block"]
    if "onetimesecret.ots.ots_deliver" in task
)
DOCUMENTED = yaml.safe_load(ots_deliver.DOCUMENTATION)["options"]


def test_every_channel_is_documented() -> None:
    assert DOCUMENTED["channel"]["choices"] == list(CHANNELS), "plugins/modules/ots_deliver.py: its name"
    assert DOCUMENTED["webhook_shape"]["choices"] == list(SHAPES)


@pytest.mark.parametrize("kind", CHANNELS.values(), ids=list(CHANNELS))
def test_every_option_of_a_channel_is_documented_and_its_own(kind: Any) -> None:
    others = {name for other in CHANNELS.values() if other is not kind for name in other.ARGUMENTS}
    assert set(kind.ARGUMENTS) <= set(DOCUMENTED), "plugins/modules/ots_deliver.py: its options"
    assert not set(kind.ARGUMENTS) & (others | set(DELIVER))


@pytest.mark.parametrize("kind", CHANNELS.values(), ids=list(CHANNELS))
def test_every_channel_can_do_what_a_messenger_does(kind: Any) -> None:
    members = {name for name in vars(Messenger) if not name.startswith("_")} | {"of", "ARGUMENTS"}
    lacking = {name for name in members if not hasattr(kind, name)} - set(getattr(kind, "__annotations__", ()))
    assert lacking == set(), f"{kind.__module__}: {lacking}"


def test_the_role_offers_every_channel() -> None:
    ours = list(CHANNELS)
    for options, prefix in ((PERSON, ""), (ROLE_OPTIONS, "credentials_")):
        assert options[f"{prefix}delivery"]["choices"] == ["server", *ours, "none"]
        assert options[f"{prefix}passphrase_delivery"]["choices"] == [*ours, "none"]
    assert ROLE_OPTIONS["credentials_webhook_shape"]["choices"] == list(SHAPES)


@pytest.mark.parametrize("option", sorted({name for kind in CHANNELS.values() for name in kind.ARGUMENTS} - {"to"}))
def test_the_role_hands_on_every_option_of_every_channel(option: str) -> None:
    ours = f"credentials_{option}"
    assert ours in ROLE_OPTIONS, "roles/credentials/meta/argument_specs.yml"
    assert ours in DEFAULTS, "roles/credentials/defaults/main.yml: without it the variable is undefined"
    assert option in DELIVERY, "roles/credentials/tasks/main.yml: ots_deliver"
    named = [
        re.match(pattern, f"{option}: is wrong") for pattern in re.findall(r"regex_replace\('(\^\(.*?\))'", FAILURE)
    ]
    assert any(named), "roles/credentials/vars/main.yml: credentials_failure names the option without credentials_"
