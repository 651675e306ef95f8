"""What was read, burned, has expired or never was looks the same to everybody but its creator: in size, in headers, in time.

Time is not measured with a clock, which tells more of the machine than of the server: the same SQL runs, for as many
steps of SQLite's machine, and the same functions of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onetime_server.errors import UnknownSecretError
from onetime_server.profile import PROFILES, V0_26
from tests.support.live_server import Answer, LiveServer, live_server

FATES = ("unknown", "received", "burned", "expired", "swept")
STEPS_OF_AN_EXPIRED_ROW = 10
"""It is found, and seen to be expired: a microsecond, until the sweeper comes."""


def key_of(server: LiveServer, fate: str, **form: str) -> str:
    """The link's key of a secret with this fate."""
    created = server.share("x", ttl="60" if fate in ("expired", "swept") else "600", **form)
    key: str = created["secret_key"]
    match fate:
        case "unknown":
            return "x" * len(key)
        case "received":
            server.post(f"secret/{key}", **form)
        case "burned":
            server.post(f"private/{created['metadata_key']}/burn", **form)
        case _:
            server.clock.advance(61)
    if fate == "swept":
        server.services.store.sweep()
    return key


def shown(answer: Answer, key: str) -> tuple[Any, ...]:
    """All that a caller sees, without what is random, the time, and what he asked for himself."""
    varying = ("date", "x-request-id")
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in varying)
    return answer.status, headers, len(answer.headers), answer.body.replace(key.encode(), b"KEY")


WAYS: dict[str, Callable[[LiveServer, str], Answer]] = {
    "API": lambda server, key: server.post(f"secret/{key}"),
    "API with a passphrase": lambda server, key: server.post(f"secret/{key}", passphrase="correct-horse"),
    "page": lambda server, key: server.request("GET", f"/secret/{key}"),
    "button of the page": lambda server, key: server.request(
        "POST", f"/secret/{key}", form={"token": server.services.vault.form_token("reveal", key)}
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("release", ["v0.22", "v0.26"])
def test_body_and_headers_are_the_same(tmp_path: Path, way: str, release: str) -> None:
    with live_server(tmp_path / "data", profile=PROFILES[release]) as server:
        keys = {fate: key_of(server, fate) for fate in FATES}
        answers = {fate: shown(WAYS[way](server, key), key) for fate, key in keys.items()}

    assert answers["unknown"][0] in (404, 410)
    assert {fate: answer for fate, answer in answers.items() if answer != answers["unknown"]} == {}


def work_of(server: LiveServer, key: str) -> tuple[list[str], list[str], int]:
    """Which functions of ours and which SQL a reading runs, and for how many steps."""
    calls: list[str] = []
    statements: list[str] = []
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    def call(frame: Any, event: str, _argument: Any) -> None:
        if event == "call" and "onetime_server" in frame.f_code.co_filename:
            calls.append(frame.f_code.co_qualname)

    store = server.services.store
    with server.services.database.reading() as connection:
        connection.set_trace_callback(lambda statement: statements.append(statement.split("WHERE")[0]))
        connection.set_progress_handler(step, 1)
    sys.setprofile(call)
    try:
        store.reveal(key, "correct-horse")
    except UnknownSecretError:
        pass
    finally:
        sys.setprofile(None)
        with server.services.database.reading() as connection:
            connection.set_trace_callback(None)
            connection.set_progress_handler(None, 1)
    return calls, statements, steps


@pytest.mark.parametrize("form", [{}, {"passphrase": "correct-horse"}], ids=["no passphrase", "passphrase"])
def test_the_work_is_the_same(tmp_path: Path, form: dict[str, str]) -> None:
    with live_server(tmp_path / "data", profile=V0_26) as server:
        for _ in range(50):
            server.share("others")
        keys = {fate: key_of(server, fate, **form) for fate in FATES}
        work_of(server, keys["unknown"])
        work = {fate: work_of(server, key) for fate, key in keys.items()}

    calls, statements, steps = work["unknown"]
    assert len(statements) == 1
    assert calls
    for fate, (its_calls, its_statements, its_steps) in work.items():
        assert (its_calls, its_statements) == (calls, statements), fate
        assert abs(its_steps - steps) <= (STEPS_OF_AN_EXPIRED_ROW if fate == "expired" else 0), fate
