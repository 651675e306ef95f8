"""What goes over the wire, and what does not."""

from __future__ import annotations

import base64
import os
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from urllib3.exceptions import InsecureRequestWarning

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import _thirdparty, errors, wire
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.transport import Transport
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.version import VERSION
from tests.support import CHECKOUT
from tests.support.replay import Answer, Received, Replay, replaying

NOMINAL = Answer(json={"status": "nominal", "locale": "en"})
ISSUED = Answer(json={"metadata_key": "m" * 31, "secret_key": "s" * 31, "ttl": 3600, "created": 1795225122})
GENERATED = Answer(json={**ISSUED.json, "value": "Xy7`$"})
PROTECTED = Answer(json={**ISSUED.json, "passphrase_required": True})
METADATA = Answer(json={**ISSUED.json, "state": "new", "updated": 1795225122})
REVEALED = Answer(json={"value": "s3cret", "secret_key": "s" * 31})
BURNED = Answer(json={"state": {**METADATA.json, "secret_ttl": None}, "secret_shortkey": "ssssss"})
ACCOUNT = Credentials.of("me@example.com", "t0ken")


def sent(answer: Answer, call: str, *arguments: object, credentials: Credentials | None = None) -> Received:
    """Make one call to a server that gives ANSWER, and return the request that arrived."""
    with replaying(answer) as server, Client(Address.of(server.url), credentials) as client:
        getattr(client, call)(*arguments)
        [request] = server.received
    return request


def test_a_share_is_a_form() -> None:
    request = sent(PROTECTED, "share", ShareRequest(secret="s3cret & more", passphrase="horse", ttl=3600))
    assert (request.method, request.path) == ("POST", "/api/v1/share")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.form == {"secret": "s3cret & more", "passphrase": "horse", "ttl": "3600"}


@pytest.mark.parametrize(
    ("answer", "call", "arguments", "method", "path", "form"),
    [
        (NOMINAL, "status", (), "GET", "/status", {}),
        (GENERATED, "generate", (GenerateRequest(length=5),), "POST", "/generate", {"length": "5"}),
        (GENERATED, "generate", (GenerateRequest(),), "POST", "/generate", {}),
        (REVEALED, "reveal", ("Ab_-9",), "POST", "/secret/Ab_-9", {}),
        (REVEALED, "reveal", (SecretStr("abc"), SecretStr("p&=")), "POST", "/secret/abc", {"passphrase": "p&="}),
        (METADATA, "metadata", (SecretStr("m" * 31),), "GET", f"/private/{'m' * 31}", {}),
        (BURNED, "burn", ("m" * 31,), "POST", f"/private/{'m' * 31}/burn", {}),
        (BURNED, "burn", ("m" * 31, "horse"), "POST", f"/private/{'m' * 31}/burn", {"passphrase": "horse"}),
        (Answer(json=[]), "recent", (), "GET", "/private/recent", {}),
    ],
)
def test_each_call_has_its_place(
    answer: Answer, call: str, arguments: tuple[object, ...], method: str, path: str, form: dict[str, str]
) -> None:
    request = sent(answer, call, *arguments)
    assert (request.method, request.path, request.form) == (method, f"/api/v1{path}", form)


def test_the_client_says_who_it_is() -> None:
    request = sent(NOMINAL, "status")
    assert request.headers["user-agent"] == f"onetimesecret.ots/{VERSION}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-language"] == "en"
    assert request.headers["accept-encoding"] == "identity"
    galaxy = CHECKOUT / "galaxy.yml"
    assert yaml.safe_load(galaxy.read_text())["version"] == VERSION


def test_credentials_are_sent_as_utf8() -> None:
    request = sent(NOMINAL, "status", credentials=Credentials.of("jürgen@example.com", "tökén✓"))
    scheme, _, encoded = request.headers["authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode() == "jürgen@example.com:tökén✓"


def test_anonymous_stays_anonymous_whatever_netrc_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login intruder password marker\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "authorization" not in sent(NOMINAL, "status").headers
    assert "aW50cnVkZXI" not in sent(NOMINAL, "status", credentials=ACCOUNT).headers["authorization"]


def test_a_session_of_the_server_is_not_joined() -> None:
    """Releases up to 0.23 hand out cookies; taking one along would tie calls together that are not."""
    with replaying(Answer(json=NOMINAL.json, headers={"Set-Cookie": "sess=marker; Path=/"})) as server:
        with Client(Address.of(server.url)) as client:
            client.status()
            client.status()
        assert [request.headers.get("cookie") for request in server.received] == [None, None]


@pytest.fixture
def echo() -> Iterator[Replay]:
    with replaying(ISSUED) as server:
        yield server


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=500))
def test_any_text_arrives_and_returns_unchanged(echo: Replay, text: str) -> None:
    echo.received.clear()
    with Client(Address.of(echo.url)) as client:
        client.share(ShareRequest(secret=text))
        assert echo.received[0].form == {"secret": text}
        echo.answers = [Answer(json={"value": text})]
        assert client.reveal("abc").value.get_secret_value() == text
    echo.answers = [ISSUED]


def test_a_generated_value_is_returned_and_must_be_there() -> None:
    with replaying(GENERATED, ISSUED) as server, Client(Address.of(server.url)) as client:
        issued = client.generate(GenerateRequest())
        assert issued.value
        assert issued.value.get_secret_value() == "Xy7`$"
        with pytest.raises(errors.ReplyLost):
            client.generate(GenerateRequest())


def test_burned_means_200_whatever_state_the_body_claims() -> None:
    with replaying(BURNED) as server, Client(Address.of(server.url)) as client:
        assert client.burn("m" * 31) is None


@pytest.mark.parametrize(
    "document",
    [
        {"status": "ok", "items": []},
        [],
        "burned",
        {"state": "burned"},
        {"state": {"metadata_key": "m" * 31}},
        REVEALED.json,
    ],
)
def test_a_200_that_does_not_tell_of_a_burn_is_none(document: object) -> None:
    """A portal or a filter answers 200 to anything, in JSON where JSON is accepted."""
    with replaying(Answer(json=document)) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(errors.ReplyLost, match="not as the Onetime Secret v1 API does") as caught:
            client.burn("m" * 31)
        assert len(server.received) == 1
    assert caught.value.may_have_taken_effect
    assert not caught.value.retry_safe


def test_a_burn_of_another_secret_is_none() -> None:
    with replaying(BURNED) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(errors.ReplyLost, match="answered about another secret"):
            client.burn("abc")


@pytest.mark.parametrize("call", ["metadata", "burn", "reveal"])
def test_a_broken_key_is_not_sent(call: str) -> None:
    with replaying(NOMINAL) as server, Client(Address.of(server.url)) as client:
        for key in ("", "../status", "a/b", "a?b", "a b", None):
            with pytest.raises(errors.InvalidInput, match="_key: "):
                getattr(client, call)(key)
        assert server.received == []


@pytest.mark.parametrize("call", ["burn", "reveal"])
def test_a_broken_passphrase_is_not_sent(call: str) -> None:
    with replaying(NOMINAL) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(errors.InvalidInput, match=r"^passphrase: is empty"):
            getattr(client, call)("abc", "")
        assert server.received == []


def test_a_path_prefix_is_kept() -> None:
    with replaying(NOMINAL) as server, Client(Address.of(f"{server.url}/ots/")) as client:
        client.status()
        assert server.received[0].path == "/ots/api/v1/status"


def test_ipv6_is_spoken() -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip(
            "no IPv6 on this machine; switch its loopback on, such as by sysctl net.ipv6.conf.lo.disable_ipv6=0"
        )
    with replaying(NOMINAL, host="::1") as server, Client(Address.of(server.url)) as client:
        assert client.status().status == "nominal"


def test_a_long_list_is_read_whole() -> None:
    entries = [{**METADATA.json, "metadata_key": f"m{number}", "padding": "x" * 1_000} for number in range(5_000)]
    with replaying(Answer(json=entries)) as server, Client(Address.of(server.url), ACCOUNT) as client:
        recent = client.recent()
    assert [entry.metadata_key.get_secret_value() for entry in recent] == [f"m{number}" for number in range(5_000)]


def test_the_proxy_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with replaying(NOMINAL) as proxy:
        with Client(Address.of("http://ots.invalid"), ACCOUNT, proxy=proxy.url) as client:
            assert client.status().status == "nominal"
        assert [request.path for request in proxy.received] == ["http://ots.invalid/api/v1/status"]


def test_without_the_option_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    with replaying(NOMINAL) as proxy, replaying(NOMINAL) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with Client(Address.of("http://ots.invalid")) as client:
            client.status()
        with Client(Address.of(server.url)) as client:
            client.status()
        assert (len(proxy.received), len(server.received)) == (1, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize(
    "proxy", ["http://me:marker@proxy.example.com:3128", r"http://CORP\ops:marker@127.0.0.1:3128", "proxy.example.com"]
)
def test_plain_http_to_this_machine_does_not_leave_it_by_a_proxy(
    monkeypatch: pytest.MonkeyPatch, host: str, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with (
        Client(Address.of(f"http://{host}:1"), ACCOUNT, sleep=lambda _: None) as client,
        pytest.raises(errors.Unreachable) as caught,
    ):
        client.share(ShareRequest(secret="marker"))

    assert str(caught.value) == (
        f"http://{host}:1 is plain HTTP to this machine, and would be sent to another one, unencrypted; name the host in NO_PROXY,"
        " leave proxy out, or give 127.0.0.1"
    )
    assert not caught.value.may_have_taken_effect


def test_nor_does_it_by_a_name_that_has_the_address_of_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 1))]
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *_arguments, **_options: elsewhere)
    with Client(Address.of("http://ots.localhost:1"), ACCOUNT) as client, pytest.raises(errors.Unreachable) as caught:
        client.share(ShareRequest(secret="marker"))
    assert "would be sent to another one, unencrypted" in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_a_proxy_may_speak_http_or_socks(scheme: str) -> None:
    Client(Address.of(region="eu"), proxy=f"{scheme}://proxy.example.com:3128").close()


@pytest.mark.parametrize("proxy", ["proxy.example.com", "ftp://proxy", "http://", "http://[::1", "marker"])
def test_a_wrong_proxy_is_refused_and_not_shown(proxy: str) -> None:
    with pytest.raises(
        errors.InvalidInput, match=r"^proxy: is not the URL of a proxy; give one such as http"
    ) as caught:
        Client(Address.of(region="eu"), proxy=proxy)
    assert "marker" not in str(caught.value)


@pytest.mark.parametrize(("verify", "kinds"), [(True, [InsecureRequestWarning, UserWarning]), (False, [UserWarning])])
def test_without_verification_urllib3_is_silent_and_nobody_else(verify: bool, kinds: list[type[Warning]]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Client(Address.of(region="eu"), verify=verify).close()
        for kind in (InsecureRequestWarning, UserWarning):
            warnings.warn("unverified", kind, stacklevel=1)

    assert [warning.category for warning in caught] == kinds


def test_nothing_is_begun_without_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_thirdparty, "_missing", "pydantic")
    with pytest.raises(errors.MissingLibrary, match="the Python package pydantic is missing or too old"):
        Transport(Address.of(region="eu"), None, timeout=1, verify=True, proxy=None)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(errors.InvalidInput, match=r"^ca_bundle: "):
        Client(Address.of(region="eu"), verify="/no/such/file")
    for timeout in (0, -1, float("nan"), float("inf")):
        with pytest.raises(errors.InvalidInput, match=r"^timeout: "):
            Client(Address.of(region="eu"), timeout=timeout)


def test_one_connection_serves_many_calls() -> None:
    with replaying(NOMINAL) as server:
        with Client(Address.of(server.url)) as client:
            for _ in range(3):
                client.status()
        assert len({request.port for request in server.received}) == 1


@pytest.mark.filterwarnings("ignore:This process")  # the replay server has threads, the child none
def test_a_forked_process_takes_a_connection_of_its_own() -> None:
    """Inherited connections have delivered one process's reply to another."""
    with replaying(NOMINAL) as server, Client(Address.of(server.url)) as client:
        client.status()
        child = os.fork()
        if child == 0:
            try:
                client.status()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        client.status()
        before, forked, after = [request.port for request in server.received]
    assert forked != before == after


def test_nothing_travels_in_a_query() -> None:
    mailed = Answer(json={**PROTECTED.json, "recipient": ["a@b.de"]})
    request = sent(mailed, "share", ShareRequest(secret="s3cret", passphrase="horse", recipient="a@b.de", ttl=60))
    assert request.path == "/api/v1/share"


# What a server makes otherwise than asked


WRONG = {
    "mailed to somebody": {"recipient": ["br*****@e*****.com"]},
    "mailed to nobody": {"recipient": []},
    "on another host": {"share_domain": "other.example.org"},
    "without its passphrase": {"passphrase_required": False},
    "read already": {"state": "received"},
}
RIGHT = {**PROTECTED.json, "recipient": ["al***@e***.com"], "state": "new", "value": "Xy7`$"}
ASKED = {"passphrase": "horse", "recipient": "alice@example.com", "ttl": 3600}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    ("call", "request_"),
    [("share", ShareRequest(secret="s3cret", **ASKED)), ("generate", GenerateRequest(**ASKED))],  # type: ignore[arg-type]
)
def test_a_link_that_is_not_as_asked_is_burned_at_once(
    wrong: str, call: str, request_: ShareRequest | GenerateRequest
) -> None:
    with replaying(Answer(json={**RIGHT, **WRONG[wrong]}), BURNED) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(
            errors.Misdirected, match=r"did not make the link as requested: it .*; it was burned immediately"
        ) as caught:
            getattr(client, call)(request_)
        assert server.received[1].path == f"/api/v1/private/{'m' * 31}/burn"
        assert server.received[1].form == {"passphrase": "horse"}
    assert caught.value.was_burned
    assert not caught.value.may_have_taken_effect
    assert not caught.value.retry_safe
    told = str(caught.value) + repr(vars(caught.value))
    assert "m" * 31 not in told
    assert "br***" not in told


@pytest.mark.parametrize("burn", [Answer(404, json={"message": "Unknown secret"}), Answer(502), Answer(404)])
def test_a_link_whose_burn_is_not_confirmed_may_be_there(burn: Answer) -> None:
    with replaying(Answer(json={**RIGHT, "recipient": []}), burn) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(errors.Misdirected, match="it could not be burned") as caught:
            client.share(ShareRequest(secret="s3cret", **ASKED))  # type: ignore[arg-type]
    assert caught.value.may_have_taken_effect
    assert caught.value.metadata_key.get_secret_value() == "m" * 31  # type: ignore[attr-defined]


def test_a_lifetime_that_was_cut_is_no_fault() -> None:
    with replaying(Answer(json={**RIGHT, "ttl": 60})) as server, Client(Address.of(server.url)) as client:
        assert client.share(ShareRequest(secret="s3cret", **ASKED)).ttl == 60  # type: ignore[arg-type]


def test_metadata_of_another_key_is_not_taken() -> None:
    with replaying(METADATA) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(errors.ReplyLost, match="answered about another secret"):
            client.metadata("abc")


@pytest.mark.parametrize("name", ["burn", "reveal"])
def test_what_fails_behind_a_passphrase_tells_of_the_lock(name: str) -> None:
    fault = Answer(404, json={"message": "An unexpected error occurred :["})
    with replaying(fault) as server, Client(Address.of(server.url)) as client:
        with pytest.raises(errors.ServerFault, match=r"20 wrong passphrases .* 30 minutes"):
            getattr(client, name)("abc", "horse")
        with pytest.raises(errors.ServerFault) as caught:
            getattr(client, name)("abc")
    assert "passphrases" not in str(caught.value)
