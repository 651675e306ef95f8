"""Error replies, told apart: the texts beyond those that the recordings hold, other software's pages, and what is shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.refusals import classify
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.retries import (
    ATTEMPTS,
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
    status: int,
    body: object,
    headers: dict[str, str] | None = None,
    *,
    origin: str = "https://ots.example.com",
    reads: bool = False,
    is_anonymous: bool = False,
    account_origin: str = "",
) -> errors.Refused:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify(
        status,
        headers or {},
        raw,
        origin=origin,
        reads=reads,
        is_anonymous=is_anonymous,
        account_origin=account_origin,
    )


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
        (404, {"message": "Could not store your secret"}, errors.ServerFault),
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


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (300, b"", " redirects to another path on its host instead of answering; check url"),
        (429, b"", " limits the rate of requests; wait up to 20 minutes"),
        (404, {"message": "RATE LIMIT of the gateway"}, " limits the rate of requests; wait up to 20 minutes"),
        (500, b"", " failed with HTTP status 500"),
        (500, {"error": "Internal Server Error"}, " failed with HTTP status 500: Internal Server Error"),
        (399, b"", " redirects to another path on its host instead of answering; check url"),
        (200, b"", " did not answer as the Onetime Secret v1 API does; check url"),
        (
            404,
            {"message": "Unknown secret"},
            (
                " does not know this secret: it was read or burned, has expired or never existed;"
                " when revealing, a wrong passphrase looks the same"
            ),
        ),
        (404, {"message": "Not authorized"}, " refused the credentials; check username, api_token, and url or region"),
        (401, b"", " refused the credentials; check username, api_token, and url or region"),
        (404, {"message": "/api/v1/share is not available"}, " has this call, or the use of accounts, disabled"),
        (404, {"message": "Incorrect passphrase"}, " did not accept the passphrase of the link; check passphrase"),
        (
            404,
            {"message": "Not Found"},
            " has no such address in its v1 API; check url, and that the key is complete",
        ),
        (404, {"error": "Not Found"}, " has no such address in its v1 API; check url, and that the key is complete"),
        (
            404,
            {"message": "An unexpected error occurred :["},
            " could not process the request (HTTP status 404): An unexpected error occurred :[",
        ),
        (
            400,
            {"error": "Oops"},
            " could not process the request (HTTP status 400): a text of 4 characters that is not one of the API's",
        ),
        (
            404,
            b"",
            " answered with HTTP status 404, but not as the Onetime Secret v1 API does; check url, and any proxy in between",
        ),
    ],
    ids=str,
)
def test_an_error_names_the_server_the_problem_and_what_to_check(status: int, body: object, says: str) -> None:
    assert str(classified(status, body)) == f"https://ots.example.com{says}"


def test_a_limit_of_requests_tells_how_long_to_wait() -> None:
    assert str(classified(429, b"", {"Retry-After": "7"})).endswith("; wait 7 seconds")


def test_refused_credentials_tell_where_they_come_from_or_that_there_are_none() -> None:
    refused = {"message": "Not authorized"}

    told = classified(404, refused, account_origin="api_token of ~/.onetime")
    assert str(told).endswith(", and url or region (api_token of ~/.onetime)")
    told = classified(404, refused, is_anonymous=True, account_origin="nowhere")
    assert str(told).endswith(" needs an account for this; give username and api_token")


@pytest.mark.parametrize(
    "words", ["Unexpected Error", "AN ERROR OCCURRED", "Back shortly", "We Can't Process Your Request"]
)
def test_a_fault_is_known_by_its_words_in_any_case(words: str) -> None:
    assert type(classified(404, {"message": words})) is errors.ServerFault


def test_gone_is_said_with_status_404_alone() -> None:
    body = {"message": "Unknown secret"}
    assert type(classified(404, body)) is errors.UnknownSecret
    for status in {*range(200, 600)} - {404}:
        error = classified(status, body)
        assert type(error) is not errors.UnknownSecret, status
        assert error.may_have_taken_effect, status


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
        ("https://other.example.com/secret/marker?x=marker", "another host"),
        ("//other.example.com:8443/secret/marker", "another host"),
        ("https://me:marker@other.example.com/", "another host"),
        ("https://marker.example.com/", "another host"),
        ("https://ots.example.com:4711/marker", "another place on its host"),
        ("marker://ots.example.com/", "another place on its host"),
        ("/secret/marker", "another path on its host"),
        ("", "another path on its host"),
        ("http://[::1", "an invalid address"),
    ],
)
def test_a_redirect_is_told_in_our_words_alone(location: str, named: str) -> None:
    error = classified(302, b"", {"Location": location})
    assert type(error) is errors.WrongAddress
    assert f"redirects to {named} instead of answering;" in str(error)
    assert "marker" not in str(error)
    assert "4711" not in str(error)


def test_a_redirect_to_https_is_told() -> None:
    error = classified(301, b"", {"Location": "https://ots.example.com/x"}, origin="http://ots.example.com")
    assert "redirects to https instead of answering;" in str(error)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Unknown domain: x.example.com", "Unknown domain; check share_domain"),
        ("Undeliverable email address: alice@example.com\nmore", "Undeliverable email address; check recipient"),
        ("Custom domain is not verified: x", "Custom domain is not verified; check share_domain"),
        ("Public sharing disabled for domain: x", "Public sharing disabled for domain; check share_domain"),
        ("You do not have permission to use domain: x", "You do not have permission to use domain; check share_domain"),
        ("Passphrase must be at least 8 characters long", "Passphrase must be at least 8 characters long"),
        (
            "Passphrase must contain at least one uppercase letter, number",
            "Passphrase must contain at least one uppercase letter, number",
        ),
        ("Passphrase must contain at least one horse", "Passphrase must contain more kinds of characters"),
        ("Undeliverable: x", "a text of 16 characters that is not one of the API's"),
        ("x" * 5_000, "a text of 5000 characters that is not one of the API's"),
    ],
)
def test_a_text_is_shown_as_far_as_it_is_known(words: str, shown: str) -> None:
    error = classified(404, {"message": words, "shrimp": "marker"})
    assert error.message == shown
    assert str(error) == f"https://ots.example.com refused: {shown}"


# Whether anything may have been done. Only an error of the API's own, in its own words and status, is a no.


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("headers", [{}, {"X-OTS-Intended-Status": "401"}, {"Content-Type": "text/html"}])
@pytest.mark.parametrize(
    ("body", "is_no"),
    [
        ({"message": "Unknown secret", "secret_key": "x"}, True),
        ({"message": "Not authorized"}, True),
        ({"message": "Not Found"}, True),
        ({"error": "Not Found"}, True),
        ({"message": "/api/v1/share is not available"}, True),
        ({"message": "You did not provide anything to share"}, True),
        ({"message": "Double check that passphrase"}, True),
        ({"message": "Incorrect passphrase"}, True),
        ({"message": "Secret value exceeds the maximum size of 10000 characters"}, True),
        ({"message": "Secret value exceeds the maximum size of 10000 bytes"}, True),
        ({"message": "Passphrase must be no more than 128 characters long"}, True),
        ({"message": "A passphrase is required for all secrets"}, True),
        ({"message": "Generated password length must be no more than 128 characters"}, True),
        ({"message": "An account is required to send emails."}, True),
        ({"message": "Undeliverable email address: x"}, True),
        ({"message": "Unknown domain: x"}, True),
        ({"message": "Cripes! You have been rate limited."}, True),
        ({"message": "Rate limit exceeded. Please try again later."}, True),
        # a fault comes at any moment, also after the deed
        ({"message": "An unexpected error occurred :["}, False),
        ({"message": "An error occurred :["}, False),
        ({"message": "We'll be back shortly!"}, False),
        ({"message": "Could not store your secret"}, False),
        ({"error": "Internal Server Error"}, False),
        # other words, of whatever stands between
        ({"message": "Rate limit of the gateway"}, False),
        ({"message": "The gateway is not available"}, False),
        ({"message": "Forbidden"}, False),
        ({"message": "not authorized"}, False),
        ({"message": "Unknown secret "}, False),
        ({"message": "Unknown secret\n"}, False),
        ({"message": "Passphrase must be at least many characters long"}, False),
        ({"message": "Forbidden", "error": "Not Found"}, False),
        ({"error": "Unknown secret"}, False),
        ({"message": None}, False),
        (["Unknown secret"], False),
        (b"Unknown secret", False),
        (b"<html>Not Found</html>", False),
        (b"", False),
    ],
)
def test_what_is_not_the_api_s_own_no_may_have_taken_effect(
    body: object, headers: dict[str, str], *, is_no: bool, reads: bool
) -> None:
    for status in (200, 204, 302, 400, 401, 403, 404, 407, 408, 409, 413, 422, 429, 499, 500, 502, 504):
        error = classified(status, body, headers, reads=reads)
        assert error.may_have_taken_effect is not (is_no and status == 404), status


def test_every_error_says_whether_anything_may_have_been_done() -> None:
    sure = [
        errors.MissingLibrary("x"),
        errors.InvalidInput("x"),
        errors.Unreachable("x"),
        errors.UntrustedServer("x"),
        errors.Rejected("x"),
    ]
    assert [error.may_have_taken_effect for error in sure] == [False] * len(sure)
    for doubtful in (errors.OnetimeError("x"), errors.ReplyLost("x"), errors.ServerFault("x")):
        assert doubtful.may_have_taken_effect


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
    error = classified(status, body, headers, reads=reads)
    assert type(error) in KINDS
    assert error.message.isprintable()
    assert len(error.message) <= 100
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
        (errors.RateLimited("x", retry_safe=True, retry_after=30.0), [30.0, 30.0, None]),
        (errors.RateLimited("x", retry_safe=True, retry_after=30.5), [None]),
        (errors.RateLimited("x", retry_after=7.0), [None]),
        (errors.UnknownSecret("x"), [None]),
    ],
)
def test_the_pauses_between_attempts(error: errors.OnetimeError, pauses: list[float | None]) -> None:
    assert [pause_before_retry(error, attempt) for attempt in range(1, len(pauses) + 1)] == pauses
    assert pause_before_retry(error, ATTEMPTS) is None
