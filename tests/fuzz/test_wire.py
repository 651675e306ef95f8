"""Connections that are cut, joined and ambiguous: what did not arrive whole has no effect, and others are served as ever."""

from __future__ import annotations

import re
import socket
from http.client import HTTPException

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fuzz.examples import examples
from tests.support.fuzz.requests_to_send import request, whole_requests
from tests.support.fuzz.target import Target, read_answer

pytestmark = pytest.mark.parametrize("target", ["v0.26"], indirect=True)  # below what releases differ in


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
            while connection.recv(1 << 16):  # at most a refusal, and then the end
                pass

    check_untouched(target, before)


@examples(40)
@given(st.data())
def test_requests_sent_together_are_answered_in_turn(target: Target, data: st.DataObject) -> None:
    target.replenish()
    status, share = whole_requests(target)[:2]
    order = data.draw(st.lists(st.sampled_from([status, share]), min_size=1, max_size=6), "requests")
    before = target.secrets_kept
    with target.connect() as connection:
        connection.sendall(b"".join(order) + request("GET", b"/nosuch", b"", None, [(b"Connection", b"close")]))
        replies = b"".join(iter(lambda: connection.recv(1 << 16), b""))

    expected = [b"custid" if one is share else b"status" for one in order]
    assert re.findall(rb'"(custid|status|error)":', replies) == [*expected, b"error"]
    assert replies.count(b"HTTP/1.1 200 ") == len(order)
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
        connection.settimeout(0.2)
        try:
            connection.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\nab=cd")
            answer = read_answer(connection)
        except (TimeoutError, HTTPException, ConnectionError):
            answer = None

    assert answer is None or 400 <= answer.status < 500
    check_untouched(target, before)
