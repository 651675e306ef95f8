"""The provider block and the environment: which of them counts, and that what they say is done."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from terraform_provider_onetimesecret.connection import failure
from terraform_provider_onetimesecret.onetime.errors import Unreachable
from terraform_provider_onetimesecret.protocol.values import UNKNOWN
from terraform_provider_onetimesecret.provider import Provider
from terraform_provider_onetimesecret.settings import SCHEMA, Settings, read_settings

from certificates import make_certificate
from tests.support.replay import Answer, misbehaving, replaying
from tests.support.terraform.core import Core, RunFailed

URL = "https://ots.example.com"
EVERYTHING = {
    "OTS_URL": "https://other.example.com",
    "OTS_REGION": "uk",
    "OTS_USERNAME": "other@example.com",
    "OTS_API_TOKEN": "0ther",
    "OTS_SHARE_DOMAIN": "other.example.com",
    "OTS_TIMEOUT": "99",
    "OTS_CA_BUNDLE": "/",
    "OTS_ALLOW_PLAIN_HTTP": "true",
}


def settings(config: dict[str, Any], environ: dict[str, str]) -> Settings:
    found, problems = read_settings(SCHEMA.complete(config), environ)
    assert problems == []
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("config", "summary"), [({}, "Missing url or region"), ({"url": URL, "region": "eu"}, "Both url and region")]
)
def test_a_place_that_is_missing_or_named_twice_is_told_apart(config: dict[str, Any], summary: str) -> None:
    with pytest.raises(RunFailed, match=f"{summary}.*Give one of them, here or as OTS_URL or OTS_REGION"):
        Core(Provider(environ={})).configure(**config)


def test_a_sentence_does_not_capitalise_an_address() -> None:
    for text, told in (
        ("https://ots.example.com cannot be reached", "https://ots.example.com cannot be reached."),
        ("no connection to http://127.0.0.1:1", "No connection to http://127.0.0.1:1."),
    ):
        [problem] = failure("It failed", Unreachable(text)).problems
        assert problem.detail == told


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
        ({"url": URL, "username": "me:you@example.com", "api_token": "t0ken"}, {}, "username"),
        ({"url": URL, "username": "me@example.com", "api_token": "t0ken\n"}, {}, "api_token"),
        ({"url": URL, "timeout": 0}, {}, "timeout"),
        ({"url": URL, "timeout": 86_401}, {}, "timeout"),
        ({"url": URL}, {"OTS_TIMEOUT": "soon"}, "timeout"),
        ({"url": URL, "share_domain": "https://secrets.example.com"}, {}, "share_domain"),
        ({"url": URL, "ca_bundle": "/no/such/file"}, {}, "ca_bundle"),
        ({"url": "http://ots.example.com"}, {}, "url"),
        ({"url": "http://ots.example.com"}, {"OTS_ALLOW_PLAIN_HTTP": "no"}, "url"),
        ({"url": "http://ots.example.com", "allow_plain_http": False}, {"OTS_ALLOW_PLAIN_HTTP": "true"}, "url"),
    ],
)
def test_a_wrong_setting_is_told_at_its_attribute(
    config: dict[str, Any], environ: dict[str, str], attribute: str
) -> None:
    core = Core(Provider(environ=environ))
    with pytest.raises(RunFailed) as failed:
        core.configure(**config)
    assert [said.attribute for said in failed.value.said] == [attribute]
    assert "t0ken" not in failed.value.text


@pytest.mark.parametrize(
    ("config", "environ", "expected"),
    [
        ({"region": "eu"}, {}, {"address": "https://eu.onetimesecret.com"}),
        ({}, {"OTS_REGION": "eu"}, {"address": "https://eu.onetimesecret.com"}),
        ({}, {"OTS_URL": URL}, {"address": URL}),
        ({"region": "eu"}, {"OTS_URL": URL}, {"address": "https://eu.onetimesecret.com"}),
        ({"url": URL}, {"OTS_REGION": "eu"}, {"address": URL}),
        ({"url": URL}, {"OTS_USERNAME": "", "OTS_API_TOKEN": ""}, {"username": "", "api_token": ""}),
        (
            {"url": URL, "username": "me@example.com"},
            {"OTS_API_TOKEN": "t0ken"},
            {"username": "me@example.com", "api_token": "t0ken"},
        ),
        ({"url": URL}, {}, {"timeout": 30.0, "ca_bundle": None, "share_domain": None}),
        ({"url": URL, "timeout": 2.5}, {}, {"timeout": 2.5}),
        ({"url": URL}, {"OTS_TIMEOUT": "2.5"}, {"timeout": 2.5}),
        ({"url": URL, "timeout": 2.5}, EVERYTHING, {"timeout": 2.5}),
        ({"url": URL}, {"OTS_CA_BUNDLE": "/"}, {"ca_bundle": "/"}),
        ({"url": URL, "ca_bundle": __file__}, EVERYTHING, {"ca_bundle": __file__}),
        ({"url": URL, "share_domain": "s.example.com"}, EVERYTHING, {"share_domain": "s.example.com"}),
        (
            {"url": URL, "username": "me@example.com", "api_token": "t0ken"},
            EVERYTHING,
            {"address": URL, "username": "me@example.com", "api_token": "t0ken"},
        ),
        ({"url": "http://ots.example.com", "allow_plain_http": True}, {}, {"address": "http://ots.example.com"}),
        ({"url": "http://ots.example.com"}, {"OTS_ALLOW_PLAIN_HTTP": "true"}, {"address": "http://ots.example.com"}),
    ],
)
def test_settings_come_from_the_block_then_from_the_environment(
    config: dict[str, Any], environ: dict[str, str], expected: dict[str, Any]
) -> None:
    found = settings(config, environ)
    told = {**vars(found), "address": found.address.base}
    assert {name: told[name] for name in expected} == expected


def test_a_block_that_is_not_known_yet_is_no_error() -> None:
    core = Core(Provider(environ={}))
    core.validate_provider(url=UNKNOWN, api_token=UNKNOWN)
    core.configure(url=UNKNOWN, api_token=UNKNOWN)


def test_what_the_environment_may_add_is_no_error_of_the_configuration() -> None:
    core = Core(Provider(environ={}))
    core.validate_provider()
    core.validate_provider(username="me@example.com")
    with pytest.raises(RunFailed, match="Invalid region"):
        core.validate_provider(region="mars")


def test_the_server_is_trusted_by_the_ca_bundle_that_is_given(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with replaying(Answer(json={"status": "nominal"}), tls=tls) as server:
        trusting = Core(Provider(environ={}), url=server.url, ca_bundle=str(certificate))
        assert trusting.read("onetimesecret_status")["status"] == "nominal"
        with pytest.raises(RunFailed, match="cannot be verified"):
            Core(Provider(environ={}), url=server.url).read("onetimesecret_status")


def test_a_call_ends_within_the_timeout_that_is_given() -> None:
    with misbehaving(lambda _: time.sleep(5)) as server:
        core = Core(Provider(environ={}), url=server.url, timeout=0.2)
        began = time.monotonic()
        with pytest.raises(RunFailed, match="no reply came within the timeout"):
            core.create("onetimesecret_link", secret="s3cret")
        assert time.monotonic() - began < 4
