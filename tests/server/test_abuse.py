"""Requests that no proper client sends: refused or answered at once, at little cost, never a crash."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from onetime_server.params import as_integer
from onetime_server.profile import V0_22, V0_23, V0_26, Profile
from tests.support.live_server import LiveServer, live_server
from tests.support.server_command import run, serving

AT_ONCE = 5
"""Seconds; each of these took longer, or for ever, before there were limits. Now none takes a tenth of it."""


@pytest.mark.parametrize("depth", [101, 400, 900, 100_000])
def test_json_nested_deeper_than_the_real_parser_allows_is_malformed(server: LiveServer, depth: int) -> None:
    body = b'{"secret":' + b"[" * depth + b"]" * depth + b"}"

    answer = server.request("POST", "/api/v1/share", headers={"content-type": "application/json"}, body=body)

    assert (answer.status, answer.body) == (400, b"")


def test_json_nested_less_deep_is_text(server: LiveServer) -> None:
    body = b'{"secret":' + b"[" * 99 + b"]" * 99 + b"}"

    answer = server.request("POST", "/api/v1/share", headers={"content-type": "application/json"}, body=body)

    assert answer.status == 200
    assert server.post(f"secret/{answer.json['secret_key']}").json["value"] == "[" * 99 + "]" * 99


@pytest.mark.parametrize("value", ["Basic \xe9\xe9", "Basic \xff", "\xe9", "Basic", "", "Basic ====", "Bearer x"])
def test_odd_credentials_are_not_authorized(server: LiveServer, value: str) -> None:
    answer = server.request("GET", "/api/v1/status", headers={"authorization": value})

    assert (answer.status, answer.json) == (404, {"message": "Not authorized"})


MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=b&" * 250_000),
        (MULTIPART, PART * 18_000 + b"--x--\r\n"),
    ],
)
def test_a_body_of_very_many_parameters_is_refused_at_once(server: LiveServer, content_type: str, body: bytes) -> None:
    started = time.monotonic()
    answer = server.request("POST", "/api/v1/share", headers={"content-type": content_type}, body=body)

    assert (answer.status, answer.body) == (400, b"")
    assert time.monotonic() - started < AT_ONCE


def test_a_number_of_very_many_digits_is_read_at_once() -> None:
    started = time.monotonic()

    assert as_integer("1" * 10_000_000) == int("1" * 19)
    assert as_integer(" \t\n-" + "9" * 10_000_000) == -int("9" * 19)
    assert time.monotonic() - started < AT_ONCE / 5


def test_only_ascii_digits_and_blanks_make_a_number() -> None:
    assert as_integer("٣٣") == 0
    assert as_integer("\u00a07") == 0


@pytest.mark.parametrize("profile", [V0_22, V0_23])
@pytest.mark.parametrize("length", ["10001", "99999999999999999999"])
def test_no_release_generates_passwords_without_end(tmp_path: Path, profile: Profile, length: str) -> None:
    with live_server(tmp_path / "data", profile=profile) as server:
        answer = server.post("generate", length=length)

        assert answer.status == 404
        assert answer.json["message"] == "An unexpected error occurred :["
        assert len(server.post("generate", length="10000").json["value"]) == 10_000


def test_a_method_is_logged_only_where_it_is_one(server: LiveServer, caplog: pytest.LogCaptureFixture) -> None:
    """A body whose length was announced too small continues as a request of its own: its first word may be a secret."""
    caplog.set_level("INFO", "onetime_server.access")

    assert server.request("hunter2", "/api/v1/share").status == 404
    server.stop()

    assert "hunter2" not in caplog.text
    assert "- /api/v1/share 404" in caplog.text


ESCAPED = b"secret=" + b"%F0%9F%94%91" * 999_000
"""12 MB that older releases accept: hardly a million characters of four bytes."""


@pytest.mark.parametrize(
    ("release", "answer"),
    [
        ("v0.26", (404, "Secret value exceeds the maximum size of 10000 bytes")),
        pytest.param("v0.23", (200, None), marks=pytest.mark.long),
    ],
)
def test_many_large_bodies_at_once_take_little_memory(
    tmp_path: Path, release: str, answer: tuple[int, str | None]
) -> None:
    data = tmp_path / "data"
    token = run("account", "add", "alice@example.com", "--data", str(data)).stdout.strip()
    with serving(data, "--as", release) as server, ThreadPoolExecutor(12) as pool:

        def send(_number: int) -> tuple[int, str | None]:
            reply = requests.post(
                f"{server.url}/api/v1/share",
                data=ESCAPED,
                headers={"content-type": "application/x-www-form-urlencoded"},
                auth=("alice@example.com", token),
                timeout=60,
            )
            return reply.status_code, reply.json().get("message")

        before = peak_memory(server.process.pid)
        answers = list(pool.map(send, range(12)))
        cost = peak_memory(server.process.pid) - before

    assert set(answers) == {answer}
    # Older releases have to keep twelve bodies of 12 MB until their turn comes.
    assert cost < (30 if release == "v0.26" else 350), f"{cost} MiB"


def peak_memory(process: int) -> int:
    """In MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024  # type: ignore[index]


@pytest.mark.parametrize("path", ["share", "generate", "secret/" + "q" * 62, "private/" + "q" * 62 + "/burn"])
def test_a_body_larger_than_any_request_needs_is_refused_as_a_secret_that_is_too_large(
    server: LiveServer, path: str
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = server.request("POST", f"/api/v1/{path}", headers=headers, body=b"secret=" + b"x" * 1_200_000)

    assert (answer.status, answer.json) == (404, {"message": "Secret value exceeds the maximum size of 10000 bytes"})
    assert answer.headers["x-ots-intended-status"] == "400"


@pytest.mark.parametrize("profile", [V0_26, V0_23])
def test_the_largest_secret_fits_in_however_it_is_escaped(tmp_path: Path, profile: Profile) -> None:
    characters = 2_500 if profile is V0_26 else 100_000
    with live_server(tmp_path / "data", profile=profile) as server:
        body = b"secret=" + b"%F0%9F%94%91" * characters
        headers = {"content-type": "application/x-www-form-urlencoded"}
        created = server.request("POST", "/api/v1/share", headers=headers, body=body).json

        assert server.post(f"secret/{created['secret_key']}").json["value"] == "\U0001f511" * characters
