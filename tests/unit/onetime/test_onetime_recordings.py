"""Every reply that three releases of the real server gave goes through the client and comes out as what it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued, Metadata
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from support.recorded import RELEASES, Exchange, load
from support.replay import Answer, Replay, replaying

KEY = "k" * 31

MEANING = [
    (r"Unknown secret", errors.UnknownSecret),
    (r"Not authorized", errors.NotAuthorized),
    (r"Not Found", errors.WrongAddress),
    (r".* is not available", errors.NotAvailable),
    (r"Double check that passphrase", errors.WrongPassphrase),
    (r"Cripes! You have been rate limited\.", errors.RateLimited),
    (r"An unexpected error occurred :\[|Internal Server Error", errors.ServerFault),
    (r"You did not provide anything to share", errors.Rejected),
    (r"Incorrect payload format", errors.Rejected),
    (r"Passphrase must be .*", errors.Rejected),
    (r"Secret value exceeds .*", errors.Rejected),
    (r"Generated password length .*", errors.Rejected),
    (r"An account is required .*", errors.Rejected),
    (r"Undeliverable email address: .*", errors.Rejected),
    (r"Unknown domain: .*", errors.Rejected),
    (r"You do not have permission to use domain: .*", errors.Rejected),
]

READS = ("status", "metadata", "recent")


def exchanges() -> list[object]:
    """All but HEAD, which the client never uses."""
    return [
        pytest.param(exchange, id=f"{release}-{number}-{exchange.name}")
        for release in RELEASES
        for number, exchange in enumerate(load(release))
        if exchange.method != "HEAD"
    ]


@pytest.fixture(scope="module")
def server() -> Iterator[Replay]:
    with replaying(Answer()) as replay:
        yield replay


def call_for(exchange: Exchange) -> str:
    """The client's call that gets a reply like the recorded one, judged by the path alone."""
    for pattern, call in [
        (r"/(share|create)", "share"),
        (r"/generate", "generate"),
        (r"/secret/.+", "reveal"),
        (r"/(private|metadata|receipt)/recent", "recent"),
        (r"/(private|metadata|receipt)/.+/burn", "burn"),
        (r"/(private|metadata|receipt)/.+", "metadata"),
    ]:
        if re.fullmatch(rf"/api/v1{pattern}/?", exchange.path):
            return call
    return "status"


def make_call(client: Client, call: str) -> object:
    calls: dict[str, Callable[[], object]] = {
        "status": client.status,
        "share": lambda: client.share(ShareRequest(secret="s3cret")),
        "generate": lambda: client.generate(GenerateRequest()),
        "reveal": lambda: client.reveal(KEY),
        "metadata": lambda: client.metadata(KEY),
        "burn": lambda: client.burn(KEY),
        "recent": client.recent,
    }
    return calls[call]()


@pytest.mark.parametrize("exchange", exchanges())
def test_a_recorded_reply_comes_out_as_what_it_means(exchange: Exchange, server: Replay) -> None:
    recorded = exchange.reply
    server.answers = [
        Answer(
            recorded.status, recorded.json, (recorded.text or "").encode(), _headers(recorded.headers, recorded.json)
        )
    ]
    call = call_for(exchange)
    with Client(Address.of(server.url), sleep=lambda _: None) as client:
        if recorded.status == 200 and recorded.json is not None:
            check_reply(make_call(client, call), recorded.json)
            return
        with pytest.raises(errors.OnetimeError) as caught:
            make_call(client, call)

    error = caught.value
    assert type(error) is meaning(exchange)
    reads = call in READS
    if isinstance(error, errors.Refused):
        assert error.status == recorded.status
        assert error.retry_safe is (reads and recorded.status >= 500)
    else:
        assert error.retry_safe is reads
    assert "shrimp" not in str(error)
    for field in ("shrimp", "secret_key"):
        if recorded.json and field in recorded.json:
            assert recorded.json[field] not in str(error) + repr(error) + repr(vars(error))


def _headers(recorded: dict[str, str], json: object) -> dict[str, str]:
    return {name: value for name, value in recorded.items() if json is None or name != "content-type"}


def meaning(exchange: Exchange) -> type[errors.OnetimeError]:
    reply = exchange.reply
    if reply.status == 200:
        return errors.ReplyLost  # the recording itself was cut
    if reply.json is None:
        return errors.ServerFault
    words = reply.json.get("message") or reply.json["error"]
    return next(kind for pattern, kind in MEANING if re.fullmatch(pattern, words))


def check_reply(reply: object, json: object) -> None:
    if isinstance(json, list):
        assert isinstance(reply, list)
        for entry, recorded in zip(reply, json, strict=True):
            check_reply(entry, recorded)
    elif isinstance(reply, Metadata):
        assert isinstance(json, dict)
        check_record(reply, json)
        check_metadata(reply, json)
    elif isinstance(reply, Issued):
        assert isinstance(json, dict)
        check_record(reply, json)
        assert reply.secret_key.get_secret_value() == json["secret_key"]
        assert reply.passphrase_required is json["passphrase_required"]
        assert (reply.value.get_secret_value() if reply.value else None) == json.get("value")
        assert reply.state is State.NEW
    elif reply is None:
        assert isinstance(json, dict)
        assert set(json) == {"state", "secret_shortkey"}, "only a burn returns nothing"
    else:
        field = "value" if hasattr(reply, "value") else "status"
        found = getattr(reply, field)
        assert isinstance(json, dict)
        assert (found if field == "status" else found.get_secret_value()) == json[field]


def check_record(reply: Issued | Metadata, json: dict[str, object]) -> None:
    assert reply.metadata_key.get_secret_value() == json["metadata_key"]
    assert (reply.ttl, reply.created) == (json["ttl"], json["created"])
    assert reply.expires_at == reply.created + reply.ttl
    assert list(reply.recipient) == json["recipient"]
    assert reply.share_domain == str(json["share_domain"]).lower()


def check_metadata(reply: Metadata, json: dict[str, object]) -> None:
    vanished = json.get("secret_key") == "" and json["state"] not in ("burned", "expired")
    assert reply.state == (State.ORPHANED if vanished else json["state"])
    assert reply.is_unread is (reply.state in ("new", "viewed"))
    assert reply.is_final is not reply.is_unread
    assert (reply.secret_key.get_secret_value() if reply.secret_key else "") == json.get("secret_key", "")
    assert (reply.updated, reply.received) == (json["updated"], json.get("received"))
    assert (reply.secret_ttl, reply.metadata_ttl) == (json.get("secret_ttl"), json["metadata_ttl"])
    assert reply.passphrase_required is json.get("passphrase_required")
    for echoed in ("value", "secret_value"):
        assert echoed not in reply.model_dump()
        assert not hasattr(reply, echoed)


def test_the_recordings_hold_what_this_file_is_about() -> None:
    """Guards against an empty parametrisation."""
    echoes = [exchange for release in RELEASES for exchange in load(release) if call_for(exchange) == "metadata"]
    assert any("value" in (exchange.reply.json or {}) for exchange in echoes)
    assert len(exchanges()) > 700
