"""Nothing secret in logs, representations, errors or tracebacks."""

from __future__ import annotations

import base64
import io
import logging
import traceback
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from tests.support.echoes import ENCODINGS, windows
from tests.support.replay import Answer, misbehaving, replaying

# Put together, so that the source lines in a traceback do not hold them.
SECRETS = [f"marker{name}" for name in ("secret", "pass", "token", "key", "value", "shrimp")]
SECRET, PASSPHRASE, TOKEN, KEY, VALUE, SHRIMP = SECRETS


def burn(client: Client) -> None:
    client.burn(KEY, PASSPHRASE)


# Each call, with the secrets that it sends.
SENT: list[tuple[Callable[[Client], object], list[str]]] = [
    (Client.status, [TOKEN]),
    (lambda client: client.share(ShareRequest(secret=SECRET, passphrase=PASSPHRASE)), [SECRET, PASSPHRASE, TOKEN]),
    (lambda client: client.generate(GenerateRequest(passphrase=PASSPHRASE)), [PASSPHRASE, TOKEN]),
    (lambda client: client.reveal(KEY, PASSPHRASE), [KEY, PASSPHRASE, TOKEN]),
    (lambda client: client.metadata(KEY), [KEY, TOKEN]),
    (burn, [KEY, PASSPHRASE, TOKEN]),
    (Client.recent, [TOKEN]),
]
CALLS = [call for call, _ in SENT]

# A server's answers, by what it echoes.
ANSWERS: list[Callable[[str], Answer]] = [
    lambda _: Answer(404, json={"secret_key": KEY, "message": "Unknown secret", "shrimp": SHRIMP}),
    lambda echo: Answer(404, json={"message": f"Undeliverable email address: {echo}", "shrimp": SHRIMP}),
    lambda echo: Answer(404, json={"message": f"An unexpected error occurred with {echo}"}),
    lambda echo: Answer(500, json={"message": f"Backtrace: {echo}"}),
    lambda _: Answer(502, body=f"<html>{VALUE}</html>".encode()),
    lambda _: Answer(302, headers={"Location": f"https://me:{TOKEN}@other.example.com/secret/{KEY}"}),
    lambda _: Answer(200, json={"value": [VALUE], "metadata_key": KEY, "created": VALUE}),
    lambda _: Answer(200, body=f'{{"value": "{VALUE}'.encode(), headers={"Content-Type": "application/json"}),
    lambda _: Answer(200, body=f"<html>{VALUE}</html>".encode(), headers={"Content-Type": "text/html"}),
]


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that any logger of this process writes, down to the lowest level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setLevel(logging.NOTSET)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.NOTSET)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


ECHOED = [f"Märker <&'{name}'> 7/+%" for name in ("secret", "pass", "token")] + ["marker_Key-9"]
CARRIERS: dict[str, Callable[[str], Answer]] = {
    "a known text": lambda echo: Answer(404, json={"message": f"Unknown domain: {echo}"}),
    "another known text": lambda echo: Answer(404, json={"message": f"Undeliverable email address: {echo}"}),
    "a path": lambda echo: Answer(404, json={"message": f"/{echo} is not available"}),
    "the kinds of characters": lambda echo: Answer(
        404, json={"message": f"Passphrase must contain at least one {echo}"}
    ),
    "an unknown text": lambda echo: Answer(404, json={"message": f"Forbidden: {echo}"}),
    "a fault": lambda echo: Answer(500, json={"message": echo, "error": echo}),
    "a limit": lambda echo: Answer(429, json={"message": f"rate limit for {echo}"}),
    "a page": lambda echo: Answer(403, body=echo.encode(), headers={"Content-Type": "text/html"}),
    "a redirect": lambda echo: Answer(302, headers={"Location": f"https://host/?{quote(echo)}"}),
    "a redirect's host": lambda echo: Answer(302, headers={"Location": f"https://{quote(echo)}.example.com/"}),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_echo_is_shown_in_whatever_writing(encoding: str, carrier: str, logged: io.StringIO) -> None:
    secret, passphrase, token, key = ECHOED
    token = token.replace(" ", "_")
    basic = base64.b64encode(f"me@example.com:{token}".encode()).decode()
    echoes = [ENCODINGS[encoding](sent) for sent in (secret, passphrase, token, key, basic)]
    calls = [
        lambda client: client.share(ShareRequest(secret=secret, passphrase=passphrase)),
        lambda client: client.burn(key, passphrase),
    ]
    with (
        replaying(*(CARRIERS[carrier](echo) for echo in echoes for _ in calls)) as server,
        Client(Address.of(server.url), Credentials.of("me@example.com", token)) as client,
    ):
        for echo in echoes:
            for call in calls:
                with pytest.raises(errors.OnetimeError) as caught:
                    call(client)
                told = str(caught.value) + repr(caught.value) + repr(vars(caught.value)) + logged.getvalue()
                assert [part for part in windows(echo) if part in told] == []
    assert len(server.received) == len(echoes) * len(calls)


def shown(error: BaseException) -> str:
    """All of ERROR that a program might print."""
    whole = "".join(traceback.TracebackException.from_exception(error).format())
    return whole + repr(error) + str(error) + repr(error.args) + repr(vars(error))


def client_of(url: str) -> Client:
    return Client(Address.of(url), Credentials.of("me@example.com", TOKEN), timeout=1, sleep=lambda _: None)


def chain(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *chain(error.__cause__), *chain(error.__context__)]


@pytest.mark.parametrize(("call", "sent"), SENT)
@pytest.mark.parametrize("answering", ANSWERS)
def test_no_refusal_shows_a_secret(
    answering: Callable[[str], Answer],
    call: Callable[[Client], object],
    sent: list[str],
    logged: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answer = answering(" ".join(sent))
    with replaying(answer) as server, client_of(server.url) as client:
        text = repr(client) + repr(vars(client))
        with pytest.raises(errors.OnetimeError) as caught:
            call(client)
        assert chain(caught.value) == [caught.value]
        text += shown(caught.value)
    printed = capfd.readouterr()
    text += logged.getvalue() + printed.out + printed.err
    assert "HTTP/1.1" in logged.getvalue(), "the log is really being watched"
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "reply", [b"", f"HTTP/1.1 200 OK\r\n{VALUE}\r\n\r\n{{}}".encode(), b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n{"]
)
def test_no_broken_connection_shows_a_secret(
    reply: bytes, call: Callable[[Client], object], logged: io.StringIO
) -> None:
    with (
        misbehaving(lambda connection: connection.sendall(reply)) as server,
        client_of(server.url) as client,
        pytest.raises(errors.OnetimeError) as caught,
    ):
        call(client)
    text = shown(caught.value) + logged.getvalue()
    assert chain(caught.value) == [caught.value]
    assert [secret for secret in SECRETS if secret in text] == []


def test_a_refused_connection_shows_no_secret(logged: io.StringIO) -> None:
    for call in CALLS:
        with client_of("http://127.0.0.1:1") as client, pytest.raises(errors.Unreachable) as caught:
            call(client)
        text = shown(caught.value) + logged.getvalue()
        assert [secret for secret in SECRETS if secret in text] == []


def test_logs_of_urllib3_say_what_happened_without_the_key(logged: io.StringIO) -> None:
    with replaying(Answer(404, json={"message": "Unknown secret"})) as server, client_of(server.url) as client:
        for call in (client.metadata, client.reveal, client.burn):
            with pytest.raises(errors.UnknownSecret):
                call(KEY)
    lines = logged.getvalue()
    assert '"GET /api/v1/private/*** HTTP/1.1" 404' in lines
    assert '"POST /api/v1/secret/*** HTTP/1.1" 404' in lines
    assert '"POST /api/v1/private/***/burn HTTP/1.1" 404' in lines


@pytest.mark.parametrize("name", ["urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"])
def test_no_log_of_urllib3_shows_a_key_or_what_it_could_not_parse(name: str, logged: io.StringIO) -> None:
    logging.getLogger(name).warning("Retrying %s", f"/api/v1/private/{KEY}/burn")
    logging.getLogger(name).warning("Failed to parse headers, unparsed data: %s", f"x\n{KEY}\ny")

    assert logged.getvalue().splitlines() == [
        "Retrying /api/v1/private/***/burn",
        "Failed to parse headers, unparsed data: ***",
    ]


def test_a_reply_does_not_show_its_body() -> None:
    with replaying(Answer(200, json={"value": KEY})) as server, client_of(server.url) as client:
        reply = client._transport.send("GET", "status", {}, limit=1_000, reads=True)

    assert KEY.encode() in reply.body
    assert KEY not in repr(reply)
