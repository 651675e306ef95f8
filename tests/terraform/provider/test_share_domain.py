# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The custom domain of a link: of the resource, the provider block or the environment, and of no other service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from terraform_provider_onetimesecret.protocol.values import decode
from terraform_provider_onetimesecret.provider import Provider

from tests.support.live_server import TOKEN, LiveServer, live_server
from tests.support.terraform.core import Core, RunFailed

LINK, GENERATED = "onetimesecret_link", "onetimesecret_generated_link"
FIRST, SECOND = "secrets.example.com", "links.example.com"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server where the account has two domains."""
    with live_server(tmp_path) as running:
        running.account()
        for domain in (FIRST, SECOND):
            running.services.accounts.add_domain(domain, "alice@example.com")
        yield running


def core_of(server: LiveServer, environ: dict[str, str] | None = None, **config: Any) -> Core:
    provider = Provider(environ or {}, now=lambda: datetime.fromtimestamp(server.clock(), UTC))
    return Core(provider, url=server.url, username="alice@example.com", api_token=TOKEN, **config)


@pytest.mark.parametrize(("kind", "config"), [(LINK, {"secret": "one"}), (GENERATED, {})])
def test_the_link_is_on_its_domain(server: LiveServer, kind: str, config: dict[str, Any]) -> None:
    core, config = core_of(server), {**config, "share_domain": FIRST}
    state = core.create(kind, **config)

    assert state["url"] == f"https://{FIRST}/secret/{state['secret_key']}"
    assert core.refresh(kind, state) == state
    assert core.plan(kind, config, state).state == state
    told = core.read("onetimesecret_metadata", metadata_key=state["metadata_key"])
    assert told["share_domain"] == FIRST
    imported = core.import_(kind, state["metadata_key"])
    assert imported is not None
    assert imported["url"] == state["url"]
    assert core.plan(kind, {"share_domain": FIRST}, imported).replaced_by == []
    assert core.plan(kind, {"share_domain": SECOND}, imported).replaced_by == ["share_domain"]


@pytest.mark.parametrize("domain", [SECOND, None])
def test_another_domain_or_none_replaces_the_link(server: LiveServer, domain: str | None) -> None:
    core = core_of(server)
    first = core.create(LINK, secret="one", share_domain=FIRST)
    assert core.plan(LINK, {"secret": "one", "share_domain": domain}, first).replaced_by == ["share_domain"]
    second = core.apply(LINK, {"secret": "one", "share_domain": domain}, first)

    assert second is not None
    assert second["url"].startswith(f"https://{domain}/secret/" if domain else f"{server.url}/secret/")
    assert server.post(f"secret/{first['secret_key']}").status == 404


@pytest.mark.parametrize(
    ("environ", "config", "resource", "domain"),
    [
        ({"OTS_SHARE_DOMAIN": FIRST}, {}, {}, FIRST),
        ({"OTS_SHARE_DOMAIN": FIRST}, {"share_domain": SECOND}, {}, SECOND),
        ({}, {"share_domain": FIRST}, {}, FIRST),
        ({"OTS_SHARE_DOMAIN": FIRST}, {"share_domain": FIRST}, {"share_domain": SECOND}, SECOND),
    ],
)
def test_the_most_specific_domain_counts(
    server: LiveServer, environ: dict[str, str], config: dict[str, str], resource: dict[str, str], domain: str
) -> None:
    core = core_of(server, environ, **config)
    state = core.create(LINK, secret="one", ttl="1h", **resource)

    assert state["url"].startswith(f"https://{domain}/secret/")
    assert state["share_domain"] == resource.get("share_domain")
    assert core.refresh(LINK, state) == state
    assert core.plan(LINK, {"secret": "one", "ttl": "1h", **resource}, state).state == state
    # A link that the server has lost is told by where it leads.
    lost = {**state, "metadata_key": "x" * 31}
    assert core.refresh(LINK, lost) == lost
    assert len(core.warnings) == 1
    with pytest.raises(RunFailed, match="The link belongs to another server"):
        core_of(server, share_domain="third.example.com").refresh(LINK, {**lost, "share_domain": None})


def test_a_domain_that_is_not_granted_makes_no_link(server: LiveServer) -> None:
    with pytest.raises(RunFailed, match="The link was not made"):
        core_of(server).create(LINK, secret="one", share_domain="unknown.example.com")


def test_the_environment_s_domain_is_not_joined_to_another_service() -> None:
    environ = {"OTS_URL": "https://ots.example.com", "OTS_SHARE_DOMAIN": FIRST}
    for service, link in (
        ([], f"https://{FIRST}/secret/k3y"),
        (["https://other.example.com"], "https://other.example.com/secret/k3y"),
        (["eu"], "https://eu.onetimesecret.com/secret/k3y"),
    ):
        assert decode(Core(Provider(environ)).call("link", "k3y", *service).result) == link
