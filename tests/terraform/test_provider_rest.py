"""The provider apart from links: its settings, validation, data sources, functions, and what happens when it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terraform_core import Core, RunFailed, Said
from terraform_provider_onetimesecret import link
from terraform_provider_onetimesecret.protocol import tfplugin6_pb2 as pb
from terraform_provider_onetimesecret.protocol.values import UNKNOWN, decode, encode
from terraform_provider_onetimesecret.provider import RPCS, Provider

from onetime_server.profile import V0_23
from support.live_server import LiveServer, live_server

LINK = "onetimesecret_link"
URL = "https://ots.example.com"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path) as running:
        yield running


@pytest.fixture
def core(server: LiveServer) -> Core:
    username, token = server.account()
    return Core(Provider(environ={}), url=server.url, username=username, api_token=token)


def refused(failed: pytest.ExceptionInfo[RunFailed]) -> Said:
    [said] = failed.value.said
    return said


@pytest.mark.parametrize(
    ("config", "environ", "attribute"),
    [
        ({}, {}, "url"),
        ({"url": URL, "region": "eu"}, {}, "url"),
        ({"url": "ots.example.com"}, {}, "url"),
        ({"url": "https://me:pw@ots.example.com"}, {}, "url"),
        ({"region": "mars"}, {}, "region"),
        ({"url": URL, "username": "me@example.com"}, {}, "api_token"),
        ({"url": URL}, {"OTS_API_TOKEN": "t0ken"}, "username"),
        ({"url": URL, "timeout": 0}, {}, "timeout"),
        ({"url": URL}, {"OTS_TIMEOUT": "soon"}, "timeout"),
        ({"url": URL, "share_domain": "https://secrets.example.com"}, {}, "share_domain"),
        ({"url": URL, "ca_bundle": "/no/such/file"}, {}, "ca_bundle"),
    ],
)
def test_a_wrong_setting_is_told_at_its_attribute(
    config: dict[str, Any], environ: dict[str, str], attribute: str
) -> None:
    core = Core(Provider(environ=environ))
    with pytest.raises(RunFailed) as failed:
        core.configure(**config)
    assert refused(failed).attribute == attribute
    assert "t0ken" not in failed.value.text


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ({"region": "eu"}, {}),
        ({}, {"OTS_REGION": "eu"}),
        ({"region": "eu"}, {"OTS_URL": URL}),
        ({"url": URL, "username": "me@example.com"}, {"OTS_API_TOKEN": "t0ken"}),
        ({"url": UNKNOWN, "api_token": UNKNOWN}, {}),
        ({"url": URL, "timeout": 2.5}, {}),
    ],
)
def test_settings_come_from_the_block_and_the_environment(config: dict[str, Any], environ: dict[str, str]) -> None:
    core = Core(Provider(environ=environ))
    core.validate_provider(**config)
    core.configure(**config)


def test_what_the_environment_may_add_is_no_error_of_the_configuration() -> None:
    core = Core(Provider(environ={}))
    core.validate_provider()
    core.validate_provider(username="me@example.com")
    with pytest.raises(RunFailed, match="Invalid region"):
        core.validate_provider(region="mars")


def test_without_its_url_the_provider_can_plan_but_not_ask() -> None:
    core = Core(Provider(environ={}), url=UNKNOWN)
    core.plan(LINK, {"secret": "s3cret"})
    with pytest.raises(RunFailed, match="url will be known only after something else was applied"):
        core.create(LINK, secret="s3cret")


@pytest.mark.parametrize(
    ("config", "attribute"),
    [
        ({"secret": "a", "secret_wo": "b", "secret_wo_version": 1}, "secret_wo"),
        ({"secret_wo": "b"}, "secret_wo_version"),
        ({"secret": "a", "passphrase_wo": "b"}, "passphrase_wo_version"),
        ({"secret": ""}, "secret"),
        ({"secret": "x" * 10_001}, "secret"),
        ({"secret": "a", "ttl": "soon"}, "ttl"),
        ({"secret": "a", "recipient": "a@example.com,b@example.com"}, "recipient"),
        ({"secret": "a", "share_domain": "https://secrets.example.com"}, "share_domain"),
        ({"secret": "a", "reissue_on": ["viewed"]}, "reissue_on"),
    ],
)
def test_a_wrong_argument_is_told_at_its_attribute(config: dict[str, Any], attribute: str) -> None:
    with pytest.raises(RunFailed) as failed:
        Core(Provider(environ={})).validate(LINK, config)
    assert refused(failed).attribute == attribute


def test_what_is_not_known_yet_is_not_judged() -> None:
    core = Core(Provider(environ={}))
    config = {"secret_wo": UNKNOWN, "secret_wo_version": UNKNOWN, "ttl": UNKNOWN, "reissue_on": [UNKNOWN]}
    core.validate(LINK, config)
    assert core.plan(LINK, config).state is not None


def test_a_new_link_needs_a_secret_and_a_promised_passphrase() -> None:
    core = Core(Provider(environ={}))
    for config, attribute in (
        ({}, "secret_wo"),
        ({"secret": "a", "passphrase_wo_version": 1}, "passphrase_wo"),
        ({"secret_wo_version": 1}, "secret_wo"),
    ):
        core.validate(LINK, config)  # an existing link needs them no more
        with pytest.raises(RunFailed) as failed:
            core.plan(LINK, config)
        assert refused(failed).attribute == attribute


def test_a_secret_that_turns_out_wrong_at_apply_is_told_then(core: Core) -> None:
    planned = core.plan(LINK, {"secret_wo": UNKNOWN, "secret_wo_version": 1})
    for secret, attribute in (("", "secret_wo"), (None, "secret_wo")):
        config = dict.fromkeys(planned.state or {})
        response = core.provider.ApplyResourceChange(
            pb.ApplyResourceChange.Request(
                type_name=LINK,
                prior_state=encode(None),
                planned_state=encode(planned.state),
                config=encode({**config, "secret_wo": secret, "secret_wo_version": 1}),
            )
        )
        assert decode(response.new_state) is None
        assert response.diagnostics[0].attribute.steps[0].attribute_name == attribute


def test_terraform_before_1_11_is_told_why_it_is_not_enough() -> None:
    with pytest.raises(RunFailed, match=r"secret_wo needs Terraform 1\.11") as failed:
        old = pb.ClientCapabilities()
        Core(Provider(environ={})).validate(LINK, {"secret_wo": "s3cret", "secret_wo_version": 1}, old)
    assert refused(failed).attribute == "secret_wo"


def test_data_sources(core: Core, server: LiveServer) -> None:
    assert core.read("onetimesecret_status")["status"] == "nominal"
    state = core.create(LINK, secret="s3cret", ttl="1h", recipient="bob@example.com")
    told = core.read("onetimesecret_metadata", metadata_key=state["metadata_key"])
    for name in ("created_at", "expires_at", "ttl_granted", "passphrase_required", "recipient_obfuscated"):
        assert told[name] == state[name]
    [entry] = core.read("onetimesecret_recent")["links"]
    assert entry["metadata_key"] == state["metadata_key"]
    assert entry["state"] == "new"
    assert "s3cret" not in str((told, entry))
    assert state["secret_key"] not in str((told, entry))
    assert server.post(f"secret/{state['secret_key']}").json["value"] == "s3cret"


def test_a_data_source_that_cannot_be_read_is_an_error(core: Core, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="The link's state cannot be told"):
        core.read("onetimesecret_metadata", metadata_key="z" * 40)
    with pytest.raises(RunFailed, match="Invalid metadata_key"):
        core.read("onetimesecret_metadata", metadata_key="https://ots.example.com/private/abc")
    with live_server(tmp_path / "old", profile=V0_23) as old:
        username, token = old.account()
        with pytest.raises(RunFailed, match="cannot be listed"):
            Core(Provider(environ={}), url=old.url, username=username, api_token=token).read("onetimesecret_recent")


def test_wrong_credentials_are_told(server: LiveServer) -> None:
    core = Core(Provider(environ={}), url=server.url, username="me@example.com", api_token="wr0ng-t0ken")
    with pytest.raises(RunFailed, match="refused the credentials") as failed:
        core.create(LINK, secret="s3cret")
    assert "wr0ng-t0ken" not in failed.value.text


@pytest.mark.parametrize(
    ("environ", "arguments", "url"),
    [
        ({"OTS_URL": URL}, ["k3y"], f"{URL}/secret/k3y"),
        ({"OTS_REGION": "eu"}, ["k3y"], "https://eu.onetimesecret.com/secret/k3y"),
        ({"OTS_URL": URL, "OTS_SHARE_DOMAIN": "s.example.com"}, ["k3y"], "https://s.example.com/secret/k3y"),
        ({"OTS_URL": "https://other.example.com"}, ["k3y", URL], f"{URL}/secret/k3y"),
        ({}, ["k3y", "uk"], "https://uk.onetimesecret.com/secret/k3y"),
    ],
)
def test_a_link_is_made_of_a_key_and_taken_apart_again(environ: dict[str, str], arguments: list[str], url: str) -> None:
    core = Core(Provider(environ=environ))
    assert decode(core.call("link", *arguments).result) == url
    assert decode(core.call("parse_link", url).result) == "k3y"


@pytest.mark.parametrize(
    ("function", "arguments", "position"),
    [
        ("link", ["k3y"], 1),
        ("link", ["https://ots.example.com/secret/k3y", URL], 0),
        ("link", ["k3y", "mars"], 1),
        ("link", ["k3y", URL, URL], 1),
        ("parse_link", ["https://ots.example.com/k3y"], 0),
        ("parse_link", ["k3y"], 0),
    ],
)
def test_a_wrong_argument_of_a_function_is_told_by_its_position(
    function: str, arguments: list[str], position: int
) -> None:
    error = Core(Provider(environ={})).call(function, *arguments).error
    assert error.function_argument == position
    assert "k3y" not in error.text


def test_an_unexpected_error_is_an_answer_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    core = Core(Provider(environ={}), url=URL)
    schema = link.LinkResource.lifecycle.schema
    prior = schema.complete({"state": "new", "burn_on_destroy": True, "metadata_key": "k3y"})

    def fail(*_: object) -> None:
        raise RuntimeError("the secret is s3cret")

    monkeypatch.setattr(link.LinkResource, "burn", fail)
    response = core.provider.ApplyResourceChange(
        pb.ApplyResourceChange.Request(type_name=LINK, prior_state=encode(prior), planned_state=encode(None))
    )
    assert decode(response.new_state) == prior
    assert "RuntimeError at test_provider_rest.py:" in response.diagnostics[0].detail
    assert "s3cret" not in str(response) + "".join(capfd.readouterr())


def test_every_rpc_answers_nonsense() -> None:
    provider = Provider(environ={})
    for name in RPCS:
        request = getattr(pb, name).Request()
        if "type_name" in request.DESCRIPTOR.fields_by_name:
            request.type_name = "nonsense"
        assert isinstance(getattr(provider, name)(request), getattr(pb, name).Response)


def test_http_is_loaded_only_to_call_the_server() -> None:
    """Most of the processes that Terraform starts only validate and plan."""
    code = """
import sys
from terraform_core import Core
from terraform_provider_onetimesecret.provider import Provider
core = Core(Provider(environ={"OTS_URL": "https://ots.example.com", "OTS_USERNAME": "me", "OTS_API_TOKEN": "t"}))
core.configure()
core.validate("onetimesecret_link", {"secret": "s3cret"})
core.plan("onetimesecret_link", {"secret": "s3cret"})
core.call("link", "k3y")
print(sorted({"requests", "pydantic", "ansible", "cryptography.x509"} & set(sys.modules)))
"""
    folder = Path(__file__).parent
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, text=True, capture_output=True, check=True)
    assert done.stdout == "[]\n"
