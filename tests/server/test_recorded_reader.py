"""The reader of the recordings: every curl command is understood, and means what curl would send."""

from __future__ import annotations

import pytest

from tests.support.recorded import Exchange, load


def named(release: str, name: str) -> Exchange:
    return next(exchange for exchange in load(release) if exchange.name == name)


@pytest.mark.parametrize(
    ("release", "count"), [("v0.22.11", 234), ("v0.23.6", 239), ("v0.25.11", 229), ("v0.26.6", 267)]
)
def test_reads_every_exchange(release: str, count: int) -> None:
    exchanges = load(release)

    assert len(exchanges) == count
    assert {exchange.method for exchange in exchanges} == {"GET", "HEAD", "POST"}
    assert all(exchange.path.startswith("/api/v1/") for exchange in exchanges)


def test_a_form_is_percent_encoded_as_curl_does() -> None:
    exchange = named("v0.26.6", "share authenticated")

    assert (exchange.method, exchange.path, exchange.query) == ("POST", "/api/v1/share", "")
    assert exchange.auth == ("tester@example.com", "a" * 40)
    assert exchange.headers == {"content-type": "application/x-www-form-urlencoded"}
    assert exchange.body == b"secret=hello%20world"
    assert exchange.reply.status == 200
    assert exchange.reply.json["state"] == "new"


@pytest.mark.parametrize(
    ("name", "method", "query", "body"),
    [
        ("status HEAD", "HEAD", "", b""),
        ("share in query string (POST)", "POST", "secret=inquery&ttl=3600", b""),
        ("share malformed JSON", "POST", "", b'{"secret":'),
        (
            "share recipient[]= two",
            "POST",
            "",
            b"secret=x&recipient[]=alice.smith@example.com&recipient[]=bob@example.org",
        ),
        ("share secret of 6000 2-byte chars (auth)", "POST", "", b"secret=" + b"%C3%A9" * 6000),
    ],
)
def test_other_ways_to_send(name: str, method: str, query: str, body: bytes) -> None:
    exchange = named("v0.26.6", name)

    assert (exchange.method, exchange.query, exchange.body) == (method, query, body)


def test_a_multipart_form_names_its_boundary() -> None:
    exchange = named("v0.26.6", "share multipart (curl -F)")

    assert exchange.method == "POST"
    boundary = exchange.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    assert exchange.body.count(b"--" + boundary.encode()) == 3
    assert b'name="ttl"\r\n\r\n7200\r\n' in exchange.body
