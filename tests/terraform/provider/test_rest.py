"""The provider apart from links: validation, data sources, functions, and what happens when it fails."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from terraform_provider_onetimesecret import link
from terraform_provider_onetimesecret.protocol import tfplugin6_pb2 as pb
from terraform_provider_onetimesecret.protocol.values import UNKNOWN, decode, encode
from terraform_provider_onetimesecret.provider import RPCS, Provider

from onetime_server.profile import V0_23
from tests.support import CHECKOUT
from tests.support.live_server import LiveServer, live_server
from tests.support.replay import Answer, replaying
from tests.support.terraform.core import Core, RunFailed, Said

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


def test_without_its_url_the_provider_can_plan_but_not_ask() -> None:
    core = Core(Provider(environ={}), url=UNKNOWN)
    core.plan(LINK, {"secret": "s3cret"})
    with pytest.raises(RunFailed, match="url are known only after another resource is applied"):
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


def test_a_link_that_nobody_claims_is_found_and_burned(core: Core, server: LiveServer) -> None:
    """What the documentation tells to do after an apply that was killed."""
    made = core.create(LINK, secret="one")
    [key] = [link["metadata_key"] for link in core.read("onetimesecret_recent")["links"]]
    state = core.import_(LINK, key)
    assert state is not None
    assert core.plan(LINK, {}, state).state == state
    core.destroy(LINK, state)
    assert server.post(f"secret/{made['secret_key']}").status == 404


def test_an_address_keeps_its_case_where_a_message_begins_with_it() -> None:
    core = Core(Provider(environ={}), url="http://127.0.0.1:9", timeout=5)
    core.provider.StopProvider(pb.StopProvider.Request())
    with replaying(Answer(body=b"<html>hello</html>")) as other:
        for url in ("http://127.0.0.1:9", other.url):
            core.configure(url=url)
            with pytest.raises(RunFailed) as failed:
                core.read("onetimesecret_status")
            assert "Http" not in failed.value.text
            assert url in failed.value.text


def test_ctrl_c_ends_a_pause_between_attempts() -> None:
    with replaying(Answer(503, headers={"Retry-After": "25"})) as other:
        core = Core(Provider(environ={}), url=other.url, timeout=5)
        with ThreadPoolExecutor() as pool:
            reading = pool.submit(core.read, "onetimesecret_status")
            while not other.received:
                time.sleep(0.01)
            core.provider.StopProvider(pb.StopProvider.Request())
            assert isinstance(reading.exception(timeout=10), RunFailed)


def test_a_data_source_that_cannot_be_read_is_an_error(core: Core, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="The state of the link cannot be read"):
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
    assert "RuntimeError at test_rest.py:" in response.diagnostics[0].detail
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
from tests.support.replay import Answer, replaying
from tests.support.terraform.core import Core
from terraform_provider_onetimesecret.provider import Provider
core = Core(Provider(environ={"OTS_URL": "https://ots.example.com", "OTS_USERNAME": "me", "OTS_API_TOKEN": "t"}))
core.configure()
core.validate("onetimesecret_link", {"secret": "s3cret"})
core.plan("onetimesecret_link", {"secret": "s3cret"})
core.call("link", "k3y")
print(sorted({"requests", "pydantic", "ansible", "cryptography.x509"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, text=True, capture_output=True, check=True)
    assert done.stdout == "[]\n"
