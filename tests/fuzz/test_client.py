"""Whatever a server replies, over real HTTP: a proper result or one of our errors, soon, without any secret in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import Misdirected, OnetimeError
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from tests.support.fuzz.examples import examples
from tests.support.fuzz.requests_to_send import header_values
from tests.support.fuzz.target import MARKER
from tests.support.recorded import RELEASES, load
from tests.support.replay import Answer, Replay, replaying

READS: list[Callable[[Client], object]] = [Client.status, lambda client: client.metadata(MARKER), Client.recent]
CHANGES: list[Callable[[Client], object]] = [
    lambda client: client.share(ShareRequest(secret=MARKER, passphrase=MARKER, ttl=60)),
    lambda client: client.generate(GenerateRequest(passphrase=MARKER)),
    lambda client: client.reveal(MARKER, MARKER),
    lambda client: client.burn(MARKER, MARKER),
]
RECORDED = [exchange.reply for release in RELEASES for exchange in load(release) if exchange.reply.json is not None]
FIELDS = sorted({field for reply in RECORDED if isinstance(reply.json, dict) for field in reply.json})

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(MARKER),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=8,
)
bodies = (
    st.binary(max_size=100)
    | json_values.map(json.dumps).map(str.encode)
    | st.sampled_from([b"", b"[" * 50_000, b"1" * 5_000, b"<html>" + MARKER.encode(), b'{"message": "Unknown secret"}'])
)
headers = st.dictionaries(
    st.sampled_from(
        ["Content-Type", "Retry-After", "Location", "X-OTS-Intended-Status", "Set-Cookie", "WWW-Authenticate"]
    ),
    st.sampled_from(
        ["application/json", "text/html", "0", "7", "-1", "9" * 30, "Fri, 31 Feb 2027 00:00:00 GMT", "//a:b"]
    )
    | header_values.map(lambda value: value.decode("latin-1").strip()),
)


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    with replaying(Answer()) as replay:
        yield replay


def check_call(replay: Replay, call: Callable[[Client], object], answer: Answer) -> None:
    """A call returns or raises one of our errors; it reaches the server once, or three times where it only reads.

    What was made otherwise than asked is burned by one more call.
    """
    replay.answers = [answer]
    replay.received.clear()
    error = None
    with Client(Address.of(replay.url), timeout=5, sleep=lambda _seconds: None) as client:
        try:
            call(client)
        except OnetimeError as raised:
            error = raised
    if error is not None:
        assert not error.retry_safe or call in READS
    if error is not None and call not in (READS[0], READS[2]):  # which send no secret, so that none can come back
        assert MARKER not in str(error) + repr(error) + repr(vars(error))
    if isinstance(error, Misdirected):
        assert replay.received.pop().path.endswith("/burn")
    assert len(replay.received) == 1 or (call in READS and len(replay.received) == 3)


@examples(150)
@given(
    st.sampled_from([*READS, *CHANGES]),
    st.integers(200, 599) | st.sampled_from([200, 404, 400, 401, 429, 500, 503]),
    headers,
    bodies,
)
def test_no_reply_upsets_the_client(
    replay: Replay, call: Callable[[Client], object], status: int, headers: dict[str, str], body: bytes
) -> None:
    no_body = status in (204, 304)
    check_call(replay, call, Answer(status, body=b"" if no_body else body, headers=headers))


@examples(150)
@given(st.data())
def test_no_change_of_a_recorded_reply_upsets_the_client(replay: Replay, data: st.DataObject) -> None:
    reply = data.draw(st.sampled_from(RECORDED), "recorded")
    document = json.loads(json.dumps(reply.json))
    for _ in range(data.draw(st.integers(1, 3), "changes")):
        document = changed(document, data)

    check_call(replay, data.draw(st.sampled_from([*READS, *CHANGES]), "call"), Answer(reply.status, json=document))


def changed(document: Any, data: st.DataObject) -> Any:
    """The document with something in it replaced or missing."""
    if isinstance(document, dict) and document and data.draw(st.integers(0, 9)):
        field = data.draw(st.sampled_from(sorted(document)), "field")
        if data.draw(st.booleans(), "take out"):
            return {name: value for name, value in document.items() if name != field}
        return document | {field: changed(document[field], data)}
    if isinstance(document, list) and document:
        return [*document[:-1], changed(document[-1], data)]
    return data.draw(json_values, "instead")
