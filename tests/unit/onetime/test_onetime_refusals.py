"""Error replies, told apart: the texts beyond those that the recordings hold, other software's pages, and cleansing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.refusals import classify, cleanse
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.retries import (
    ATTEMPTS,
    LONGEST_PAUSE,
    pause_before_retry,
)

KINDS = [
    errors.UnknownSecret,
    errors.NotAuthorized,
    errors.WrongPassphrase,
    errors.RateLimited,
    errors.NotAvailable,
    errors.Rejected,
    errors.WrongAddress,
    errors.ServerFault,
]


def classified(
    status: int, body: object, headers: dict[str, str] | None = None, *, reads: bool = False
) -> errors.Refused:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify(status, headers or {}, raw, origin="https://ots.example.com", reads=reads)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # the contract's further messages
        (404, {"message": "Rate limit exceeded. Please try again later."}, errors.RateLimited),
        (404, {"message": "Incorrect passphrase"}, errors.WrongPassphrase),
        (404, {"message": "An error occurred :["}, errors.ServerFault),
        (404, {"message": "We'll be back shortly!"}, errors.ServerFault),
        (404, {"message": "We're sorry, but we can't process your request at this time."}, errors.ServerFault),
        (404, {"message": "Unknown type of secret"}, errors.Rejected),
        (404, {"message": "Could not store your secret"}, errors.Rejected),
        (404, {"message": "A passphrase is required for all secrets"}, errors.Rejected),
        (404, {"message": "Custom domain is not verified: x.example.com"}, errors.Rejected),
        (400, {"error": "Failed to parse body as JSON"}, errors.ServerFault),
        (500, {"error": "Internal Server Error"}, errors.ServerFault),
        # only the very words mean "gone", and only where the API says them
        (404, {"message": "Unknown secret."}, errors.Rejected),
        (404, {"message": "unknown secret"}, errors.Rejected),
        (404, {"error": "Unknown secret"}, errors.WrongAddress),
        (404, ["Unknown secret"], errors.WrongAddress),
        (404, b"Unknown secret", errors.WrongAddress),
        (500, {"message": "Unknown secret"}, errors.ServerFault),
        (503, {"message": "Unknown secret"}, errors.ServerFault),
        (200, {"message": "Unknown secret"}, errors.WrongAddress),
        (302, {"message": "Unknown secret"}, errors.WrongAddress),
        # nothing at all, and other software
        (400, b"", errors.ServerFault),
        (500, b"", errors.ServerFault),
        (404, b"", errors.WrongAddress),
        (404, {}, errors.WrongAddress),
        (404, {"message": None}, errors.WrongAddress),
        (404, {"message": ["x"]}, errors.WrongAddress),
        (404, b"<html><h1>Not Found</h1></html>", errors.WrongAddress),
        (403, b"<html>blocked</html>", errors.WrongAddress),
        (413, b"<html>too large</html>", errors.WrongAddress),
        (401, b"<html>log in</html>", errors.NotAuthorized),
        (407, b"", errors.NotAuthorized),
        (429, b"<html>slow down</html>", errors.RateLimited),
        (502, b"<html>bad gateway</html>", errors.ServerFault),
        (503, b"", errors.ServerFault),
        (200, b"<html>log in</html>", errors.WrongAddress),
        (204, b"", errors.WrongAddress),
    ],
)
def test_a_reply_is_classified_by_its_words_first(status: int, body: object, kind: type[errors.Refused]) -> None:
    error = classified(status, body)
    assert type(error) is kind
    assert error.status == status
    assert not error.retry_safe
    assert "https://ots.example.com" in str(error)
    assert "<" not in str(error)


def test_the_intended_status_tells_an_authorisation_error_in_any_words() -> None:
    for name in ("X-OTS-Intended-Status", "x-ots-intended-status"):
        assert type(classified(404, {"message": "Nope"}, {name: "401"})) is errors.NotAuthorized
        assert type(classified(404, {"message": "Nope"}, {name: "400"})) is errors.Rejected


@pytest.mark.parametrize(
    ("status", "body", "safe"),
    [
        (429, b"", True),
        (500, b"", True),
        (503, b"", True),
        (404, {"message": "Cripes! You have been rate limited."}, False),
        (404, {"message": "An unexpected error occurred :["}, False),
        (400, b"", False),
        (404, {"message": "Unknown secret"}, False),
        (404, {"message": "Not authorized"}, False),
        (302, b"", False),
        (200, b"", False),
    ],
)
def test_only_a_read_that_may_soon_succeed_is_safe_to_repeat(status: int, body: object, *, safe: bool) -> None:
    assert classified(status, body, reads=True).retry_safe is safe
    assert classified(status, body, reads=False).retry_safe is False


def test_retry_after_is_a_number_or_a_date() -> None:
    assert classified(429, b"", {"Retry-After": "7"}).retry_after == 7
    assert classified(503, b"", {"retry-after": "0"}).retry_after == 0
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < (classified(429, b"", {"Retry-After": soon}).retry_after or 0) <= 60
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    assert classified(429, b"", {"Retry-After": past}).retry_after == 0
    for nonsense in ("", "-1", "1.5", "soon", "9" * 400, "Mon, 99 Foo 2026 00:00:00 GMT"):
        assert classified(429, b"", {"Retry-After": nonsense}).retry_after is None


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://other.example.com/secret/marker?x=marker", "https://other.example.com;"),
        ("//other.example.com:8443/secret/marker", "https://other.example.com:8443;"),
        ("https://me:marker@other.example.com/", "https://other.example.com;"),
        ("/secret/marker", "another path of its own"),
        ("", "another path of its own"),
        ("http://[::1", "no URL"),
        ("https://other.example.com:marker/", "no URL"),
    ],
)
def test_a_redirect_is_named_by_its_origin_only(location: str, named: str) -> None:
    error = classified(302, b"", {"Location": location})
    assert type(error) is errors.WrongAddress
    assert named in str(error)
    assert "marker" not in str(error)


def test_a_validation_message_is_shown() -> None:
    error = classified(404, {"message": "Unknown domain: x.example.com", "shrimp": "marker"})
    assert str(error) == "https://ots.example.com refused: Unknown domain: x.example.com"
    assert error.message == "Unknown domain: x.example.com"


def test_a_message_is_cut_to_one_short_printable_line() -> None:
    error = classified(404, {"message": "Undeliverable:\r\n\x1b[31m<b>" + "x" * 5_000})
    assert len(error.message) == 200
    assert error.message.startswith("Undeliverable: [31m<b>xxx")
    assert error.message.isprintable()


def test_secrets_that_come_back_are_masked() -> None:
    body = json.dumps({"message": "Bad value 'top s3cret\nline': pass 'horse' for abc, not abcdef"}).encode()
    error = classify(404, {}, body, secrets=["top s3cret\nline", "horse", "abc", ""])
    assert error.message == "Bad value '***': pass '***' for ***, not abcdef"


@given(st.text(min_size=4).map(str.strip).filter(lambda text: len(" ".join(text.split())) >= 4), st.text(), st.text())
def test_no_secret_survives_cleansing(secret: str, before: str, after: str) -> None:
    shown = " ".join("".join(c if c.isprintable() else " " for c in secret).split())
    if len(shown) >= 4 and "*" not in shown:
        assert shown not in cleanse(before + secret + after, [secret])


@given(
    st.integers(0, 999),
    st.dictionaries(st.sampled_from(["Retry-After", "Location", "X-OTS-Intended-Status", "Content-Type"]), st.text()),
    st.binary()
    | st.dictionaries(st.sampled_from(["message", "error", "shrimp"]), st.text() | st.integers() | st.none()).map(
        lambda fields: json.dumps(fields).encode()
    ),
    st.booleans(),
)
def test_every_reply_means_something(status: int, headers: dict[str, str], body: bytes, reads: bool) -> None:
    error = classify(status, headers, body, reads=reads)
    assert type(error) in KINDS
    assert error.message.isprintable()
    assert len(error.message) <= 200
    assert reads or not error.retry_safe


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (errors.Unreachable("x"), [0.5, 1.0, None]),
        (errors.ReplyLost("x", retry_safe=True), [0.5, 1.0, None]),
        (errors.ReplyLost("x"), [None]),
        (errors.UntrustedServer("x"), [None]),
        (errors.InvalidInput("x", field="ttl"), [None]),
        (errors.ServerFault("x", retry_safe=True), [0.5, 1.0, None]),
        (errors.RateLimited("x", retry_safe=True, retry_after=7.0), [7.0, 7.0, None]),
        (errors.RateLimited("x", retry_safe=True, retry_after=0.0), [0.0, 0.0, None]),
        (errors.RateLimited("x", retry_safe=True, retry_after=LONGEST_PAUSE + 1), [None]),
        (errors.RateLimited("x", retry_after=7.0), [None]),
        (errors.UnknownSecret("x"), [None]),
    ],
)
def test_the_pauses_between_attempts(error: errors.OnetimeError, pauses: list[float | None]) -> None:
    assert [pause_before_retry(error, attempt) for attempt in range(1, len(pauses) + 1)] == pauses
    assert pause_before_retry(error, ATTEMPTS) is None
