"""Parameters reach the server as Rack reads them, and a secret as it was sent."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onetime_server.errors import UndecodableRequestError
from onetime_server.params import Params, as_bytes, as_integer, as_text, read

FORM = "application/x-www-form-urlencoded"


def form(body: bytes, query: bytes = b"") -> Params:
    return read(query, FORM, body, json_bodies=True)


@given(st.dictionaries(st.text(st.characters(exclude_characters="[]", codec="utf-8"), min_size=1), st.text()))
def test_a_form_arrives_as_sent(sent: dict[str, str]) -> None:
    assert form(urlencode(sent).encode()) == sent


@given(st.binary())
def test_a_secret_keeps_its_bytes_whatever_they_are(secret: bytes) -> None:
    assert as_bytes(form(b"secret=" + quote_plus(secret).encode())["secret"]) == secret


@given(
    st.binary(),
    st.binary(),
    st.sampled_from([FORM, "application/json", "multipart/form-data; boundary=x", "text/plain", ""]),
)
def test_no_request_is_too_strange_to_be_read_or_refused(query: bytes, body: bytes, content_type: str) -> None:
    with suppress(UndecodableRequestError):
        for value in read(query, content_type, body, json_bodies=True).values():
            as_bytes(as_text(value))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_value_has_a_text(value: Any) -> None:
    body = json.dumps({"secret": value}).encode()
    as_bytes(as_text(read(b"", "application/json", body, json_bodies=True)["secret"]))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"a=1&a=2", {"a": "2"}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"a[b]=1&a[c][d]=2", {"a": {"b": "1", "c": {"d": "2"}}}),
        (b"a[][b]=1&a[][b]=2", {"a": [{"b": "1"}, {"b": "2"}]}),
        (b"a=x+y%20z&&b", {"a": "x y z", "b": None}),
        (b"a[b=1", {"a[b": "1"}),
    ],
)
def test_names_nest_as_in_rack(body: bytes, expected: Params) -> None:
    assert form(body) == expected


@pytest.mark.parametrize("body", [b"a=100%", b"a=%zz", b"a=1&a[b]=2", b"a[]=1&a[b]=2", b"a" + b"[b]" * 40 + b"=1"])
def test_what_makes_no_sense_is_undecodable(body: bytes) -> None:
    with pytest.raises(UndecodableRequestError):
        form(body)


def test_the_body_wins_over_the_query() -> None:
    assert form(b"a=body", b"a=query&b=query") == {"a": "body", "b": "query"}


def test_json_is_read_only_where_the_release_does() -> None:
    assert read(b"", "application/json; charset=utf-8", b'{"a": 1}', json_bodies=True) == {"a": 1}
    assert read(b"", "application/json", b'{"a": 1}', json_bodies=False) == {}
    assert read(b"", "application/json", b"[1]", json_bodies=True) == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[("3600", 3600), ("3600.9", 3600), ("1h", 1), ("", 0), ("abc", 0), (" -5", -5), ("1_000", 1000)],
        *[(60, 60), (60.9, 60), ("9" * 5000, int("9" * 19))],
    ],
)
def test_integers_are_read_as_by_to_i(value: Any, expected: int) -> None:
    assert as_integer(value) == expected


@pytest.mark.parametrize("value", [None, True, [], {}, float("inf")])
def test_what_is_no_number_in_ruby_either(value: Any) -> None:
    with pytest.raises(TypeError):
        as_integer(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), (True, "true"), (5, "5"), ({"a": ["b", None]}, '{"a" => ["b", nil]}')],
)
def test_values_that_are_no_text_become_one(value: Any, expected: str) -> None:
    assert as_text(value) == expected


@given(st.integers(0, 4), st.lists(st.sampled_from(["a", "+", "%25", "%C3%A9", "%F0%9F%94%91"]), max_size=9))
def test_an_escape_is_never_cut_in_two_however_long_the_text(shift: int, tail: list[str]) -> None:
    text = "x" * (65_536 - len("%C3%A9") - shift) + "".join(tail) * 3

    assert form(f"secret={text}".encode())["secret"] == unquote_plus(text)
