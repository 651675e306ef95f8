"""Connections that are cut, joined and mangled: what did not arrive whole has no effect, and others are served as ever."""

from __future__ import annotations

import json
import socket
from http.client import HTTPException

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from requests_to_send import request
from target import MARKER, PASSPHRASE, Target, read_answer

FORM = b"application/x-www-form-urlencoded"


def whole_requests(target: Target) -> list[bytes]:
    """A proper request of each kind; all but the first would consume a secret or make one."""
    credentials = [(b"Authorization", target.authorization)]
    guarded = b"passphrase=" + PASSPHRASE.encode()
    return [
        request("GET", b"/api/v1/status", b"", None, credentials),
        request("POST", b"/api/v1/share", b"ttl=60&secret=" + MARKER.encode(), FORM, credentials),
        request("POST", b"/api/v1/generate", b"ttl=60&passphrase=" + MARKER.encode(), FORM, credentials, chunked=True),
        request("POST", b"/api/v1/secret/" + target.open["secret_key"].encode(), b"x=y", FORM, credentials),
        request("POST", b"/api/v1/secret/" + target.guarded["secret_key"].encode(), guarded, FORM, credentials),
        request("POST", f"/api/v1/private/{target.guarded['metadata_key']}/burn".encode(), guarded, FORM, []),
    ]


def check_untouched(target: Target, before: int) -> None:
    target.check_alive()
    target.check_log()
    assert target.is_unread(target.open)
    assert target.is_unread(target.guarded)
    assert target.secrets_kept == before


@examples(60)
@given(st.data())
def test_a_request_that_is_cut_has_no_effect(target: Target, data: st.DataObject) -> None:
    target.replenish()
    before = target.secrets_kept
    whole = data.draw(st.sampled_from(whole_requests(target)), "request")
    with target.connect() as connection:
        connection.sendall(whole[: data.draw(st.integers(0, len(whole) - 1), "cut at")])
        if data.draw(st.booleans(), "half closed"):
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1 << 16) == b"" or connection.recv(1 << 16) == b""

    check_untouched(target, before)


@examples(60)
@given(st.data())
def test_a_mangled_request_is_refused_or_served_but_never_a_fault(target: Target, data: st.DataObject) -> None:
    """Bytes replaced, inserted and taken out anywhere, so that even the framing is wrong. Only a whole reply counts."""
    target.replenish()
    mangled = bytearray(data.draw(st.sampled_from(whole_requests(target)), "request"))
    for _ in range(data.draw(st.integers(1, 4), "changes")):
        start = data.draw(st.integers(0, len(mangled)), "at")
        mangled[start : start + data.draw(st.integers(0, 3), "instead of")] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"\r\n", b"\r\n\r\n", b":", b" ", b"\0", b"0", b"9" * 20, b"%"]), "by"
        )
    with target.connect() as connection:
        connection.settimeout(0.2)  # it may rightly wait for more; whether it hangs is asked below
        connection.sendall(mangled)
        try:
            answer = read_answer(connection)
        except (TimeoutError, HTTPException, ConnectionError):
            answer = None

    if answer is not None:
        target.check(answer)
    target.check_alive()
    target.check_log()


@examples(40)
@given(st.data())
def test_requests_sent_together_are_answered_in_turn(target: Target, data: st.DataObject) -> None:
    target.replenish()
    status, share = whole_requests(target)[:2]
    order = data.draw(st.lists(st.sampled_from([status, share]), min_size=1, max_size=6), "requests")
    before = target.secrets_kept
    with target.connect() as connection:
        connection.sendall(b"".join(order))
        answers = [read_answer(connection) for _ in order]

    assert [answer.status for answer in answers] == [200] * len(order)
    assert ["metadata_key" in json.loads(answer.body) for answer in answers] == [one is share for one in order]
    assert target.secrets_kept == before + order.count(share)
    target.check_log()


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Expect: 100-continue\r\nContent-Length: 5\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n",
        b"X: " + b"x" * 100_000 + b"\r\n",
        b"X: y\r\n" * 5_000,
        b"\0: \0\r\n",
        b"\xff\xfe: x\r\n",
        b" folded\r\n",
    ],
)
def test_framing_that_could_be_understood_in_two_ways_consumes_nothing(target: Target, framing: bytes) -> None:
    target.replenish()
    before = target.secrets_kept
    path = b"/api/v1/secret/" + target.guarded["secret_key"].encode()
    with target.connect() as connection:
        connection.settimeout(0.5)
        try:
            connection.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\nab=cd")
            answer = read_answer(connection)
        except (TimeoutError, HTTPException, ConnectionError):
            answer = None

    assert answer is None or 400 <= answer.status < 500
    check_untouched(target, before)
