"""States that earlier releases wrote: what the schema has gained since counts as not given, and nothing is planned."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from terraform_provider_onetimesecret import link_schema
from terraform_provider_onetimesecret.lifecycle import Lifecycle
from terraform_provider_onetimesecret.link import RESOURCES
from terraform_provider_onetimesecret.onetime.options import Option
from terraform_provider_onetimesecret.protocol import tfplugin6_pb2 as pb
from terraform_provider_onetimesecret.protocol.values import Values
from terraform_provider_onetimesecret.provider import Provider

from tests.support.terraform.core import Core

STATES = sorted((Path(__file__).parents[1] / "states").glob("*.tfstate"))
KINDS = ("onetimesecret_link", "onetimesecret_generated_link")


def of_release(state: Path) -> tuple[str, int, Values]:
    """Return what a state file tells of its one resource: type, version of the schema, attributes."""
    [resource] = json.loads(state.read_text())["resources"]
    [instance] = resource["instances"]
    return resource["type"], instance["schema_version"], instance["attributes"]


def given(attributes: Values) -> Values:
    """The configuration by which they were made."""
    config = {
        name: attributes[name]
        for name in (
            "length",
            "passphrase",
            "secret_wo_version",
            "ttl",
            "recipient",
            "reissue_on",
            "rotate_when_changed",
        )
        if attributes.get(name) is not None
    }
    return {**config, "secret_wo": "s3cret"} if "secret_wo_version" in config else config


def with_dummy(monkeypatch: pytest.MonkeyPatch, kind: str) -> Lifecycle:
    """Add an option to the table of a resource."""
    today = RESOURCES[kind].lifecycle
    monkeypatch.setitem(link_schema.DESCRIPTIONS, "dummy", "An option of the next release.")
    table = (*today.options, Option("dummy", content=True))
    tomorrow = link_schema.lifecycle(today.schema.summary, table, origin=today.origin)
    results = [each for each in today.schema if each.name not in tomorrow.schema.names]
    tomorrow = replace(tomorrow, schema=replace(tomorrow.schema, attributes=(*tomorrow.schema.attributes, *results)))
    monkeypatch.setattr(RESOURCES[kind], "lifecycle", tomorrow)
    return tomorrow


def test_there_is_a_state_of_each_resource() -> None:
    assert {(state.name.partition("_")[0], of_release(state)[0]) for state in STATES} >= {
        ("0.2.0", kind) for kind in KINDS
    }


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.stem)
def test_an_old_state_plans_no_change(state: Path) -> None:
    kind, version, attributes = of_release(state)
    core = Core(Provider(environ={}))
    upgraded = core.upgrade(kind, attributes, version)
    assert attributes.items() <= upgraded.items()
    planned = core.plan(kind, given(attributes), upgraded)
    assert (planned.replaced_by, planned.state) == ([], upgraded)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.stem)
def test_an_option_that_is_new_changes_nothing_unless_it_is_given(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    kind, version, attributes = of_release(state)
    with_dummy(monkeypatch, kind)
    core = Core(Provider(environ={}))
    upgraded = core.upgrade(kind, attributes, version)
    assert upgraded["dummy"] is None
    planned = core.plan(kind, given(attributes), upgraded)
    assert (planned.replaced_by, planned.state) == ([], upgraded)
    assert core.plan(kind, {**given(attributes), "dummy": "given"}, upgraded).replaced_by == ["dummy"]


def appended(word: str) -> Callable[[Values], Values]:
    return lambda state: {**state, "ttl": f"{state['ttl']} {word}"}


@pytest.mark.parametrize(("version", "ttl"), [(0, "1h one two"), (1, "1h two"), (2, "1h")])
@pytest.mark.parametrize("kind", KINDS)
def test_a_state_is_upgraded_from_its_version_on(
    monkeypatch: pytest.MonkeyPatch, kind: str, version: int, ttl: str
) -> None:
    today = RESOURCES[kind].lifecycle
    monkeypatch.setattr(RESOURCES[kind], "lifecycle", replace(today, upgrades=(appended("one"), appended("two"))))
    provider = Provider(environ={})
    schema: Any = provider.GetProviderSchema(pb.GetProviderSchema.Request())
    assert schema.resource_schemas[kind].version == 2
    assert Core(provider).upgrade(kind, {"ttl": "1h"}, version)["ttl"] == ttl


def test_what_a_newer_state_has_besides_is_left_out() -> None:
    assert "gone" not in Core(Provider(environ={})).upgrade(KINDS[0], {"gone": "value"})
