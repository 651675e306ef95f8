"""Bytes replaced, inserted and taken out anywhere in a request, so that even its framing is wrong: never a fault."""

from __future__ import annotations

from http.client import HTTPException

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fuzz.examples import examples
from tests.support.fuzz.requests_to_send import whole_requests
from tests.support.fuzz.target import Target, read_answer

pytestmark = pytest.mark.parametrize("target", ["v0.26"], indirect=True)  # below what releases differ in


@examples(60)
@given(st.data())
def test_a_mangled_request_is_refused_or_served_but_never_a_fault(target: Target, data: st.DataObject) -> None:
    target.replenish()
    mangled = bytearray(data.draw(st.sampled_from(whole_requests(target)), "request"))
    for _ in range(data.draw(st.integers(1, 4), "changes")):
        start = data.draw(st.integers(0, len(mangled)), "at")
        mangled[start : start + data.draw(st.integers(0, 3), "instead of")] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"\r\n", b"\r\n\r\n", b":", b" ", b"\0", b"0", b"9" * 20, b"%"]),
            "by",
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
