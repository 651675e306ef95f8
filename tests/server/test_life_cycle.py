"""What becomes of a secret: read once by whoever is first, gone to the second, and told truly to its creator."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from onetime_server import app
from onetime_server.profile import FREE, IDENTITY, V0_22, V0_23, V0_25, V0_26, Profile
from tests.support.live_server import Clock, LiveServer, live_server

MINUTE, DAY = 60, 86_400
UNKNOWN = "Unknown secret"


def reveal(server: LiveServer, created: dict[str, str], passphrase: str = "") -> tuple[int, str]:
    answer = server.post(f"secret/{created['secret_key']}", passphrase=passphrase)
    return answer.status, answer.json.get("value") or answer.json["message"]


def burn(server: LiveServer, created: dict[str, str], auth: tuple[str, str] | None = None, passphrase: str = "") -> str:
    answer = server.post(f"private/{created['metadata_key']}/burn", auth, passphrase=passphrase)
    return "burned" if answer.status == 200 else str(answer.json["message"])


def state(server: LiveServer, created: dict[str, str]) -> str:
    return str(server.get(f"private/{created['metadata_key']}").json["state"])


@pytest.mark.parametrize("passphrase", ["", "correct-horse"])
def test_of_many_who_read_at_once_exactly_one_succeeds(tmp_path: Path, passphrase: str) -> None:
    # Two servers on one database stand for two processes: what decides is the database, not a lock in memory.
    readers = 12
    together = threading.Barrier(readers)
    with live_server(tmp_path / "data") as one, live_server(tmp_path / "data") as other:
        created = one.share("once", passphrase=passphrase)

        def read(number: int) -> tuple[int, str]:
            together.wait()
            return reveal(one if number % 2 else other, created, passphrase)

        with ThreadPoolExecutor(readers) as pool:
            results = Counter(pool.map(read, range(readers)))

    assert results == {(200, "once"): 1, (404, UNKNOWN): readers - 1}


def test_of_a_burn_and_a_read_at_once_one_succeeds(server: LiveServer) -> None:
    for _ in range(10):
        created = server.share("once")
        together = threading.Barrier(2)

        def act(action: str, created: dict[str, str] = created, together: threading.Barrier = together) -> bool:
            together.wait()
            return reveal(server, created)[0] == 200 if action == "read" else burn(server, created) == "burned"

        with ThreadPoolExecutor(2) as pool:
            read, burned = pool.map(act, ["read", "burn"])

        assert read != burned
        assert state(server, created) == ("received" if read else "burned")


def test_a_secret_lives_to_the_second(server: LiveServer) -> None:
    kept, missed = (server.share("x", ttl="90") for _ in range(2))

    server.clock.advance(89)
    assert reveal(server, kept) == (200, "x")
    server.clock.advance(1)
    assert reveal(server, missed) == (404, UNKNOWN)
    assert burn(server, missed) == UNKNOWN
    assert state(server, missed) == "expired"


def test_metadata_lives_twice_as_long(server: LiveServer) -> None:
    created = server.share("x", ttl="90")

    server.clock.advance(179)
    assert state(server, created) == "expired"
    server.clock.advance(1)
    assert server.get(f"private/{created['metadata_key']}").json["message"] == UNKNOWN


def test_the_sweep_deletes_what_has_expired_and_nothing_else(server: LiveServer) -> None:
    server.share("x", ttl="60")
    longer = server.share("y", ttl="600")

    server.clock.advance(60)
    server.services.store.sweep()
    assert (rows(server, "secret"), rows(server, "receipt")) == (1, 2)
    server.clock.advance(60)
    server.services.store.sweep()
    assert (rows(server, "secret"), rows(server, "receipt")) == (1, 1)
    assert reveal(server, longer) == (200, "y")


def test_a_wrong_passphrase_neither_reads_nor_consumes(server: LiveServer) -> None:
    created = server.share("x", passphrase="correct-horse")

    assert reveal(server, created, "wrong-horse") == (404, UNKNOWN)
    assert burn(server, created, passphrase="wrong-horse") == "Double check that passphrase"
    assert reveal(server, created, "correct-horse") == (200, "x")


def test_too_many_wrong_passphrases_lock_for_half_an_hour(server: LiveServer) -> None:
    created = server.share("x", passphrase="correct-horse")
    locked = (404, "An unexpected error occurred :[")

    assert [reveal(server, created, "wrong-horse") for _ in range(20)] == [(404, UNKNOWN)] * 20
    assert reveal(server, created, "correct-horse") == locked
    assert burn(server, server.share("y", passphrase="correct-horse"), passphrase="correct-horse") == "burned"
    server.clock.advance(30 * MINUTE - 1)
    assert reveal(server, created, "correct-horse") == locked
    server.clock.advance(1)
    assert reveal(server, created, "correct-horse") == (200, "x")


def test_a_missing_passphrase_is_no_attempt(server: LiveServer) -> None:
    created = server.share("x", passphrase="correct-horse")

    assert {reveal(server, created) for _ in range(21)} == {(404, UNKNOWN)}
    assert reveal(server, created, "correct-horse") == (200, "x")


def test_parallel_guesses_do_not_slip_past_the_limit(tmp_path: Path) -> None:
    profile = replace(V0_26, wrong_passphrases_per_secret=3)
    with live_server(tmp_path / "data", profile=profile) as server:
        created = server.share("x", passphrase="correct-horse")

        with ThreadPoolExecutor(10) as pool:
            results = Counter(pool.map(lambda n: reveal(server, created, f"wrong-{n:04}")[1], range(10)))

    assert results == {UNKNOWN: 3, "An unexpected error occurred :[": 7}


@pytest.mark.parametrize(
    ("waited", "passphrase", "echoed"), [(59, "", True), (60, "", False), (1, "correct-horse", False)]
)
def test_a_generated_value_is_repeated_once_within_a_minute(
    server: LiveServer, waited: int, passphrase: str, echoed: bool
) -> None:
    created = server.post("generate", passphrase=passphrase, length="20").json
    assert len(created["value"]) == 20

    server.clock.advance(waited)
    first, second = (server.get(f"private/{created['metadata_key']}").json for _ in range(2))

    assert first.get("value") == first.get("secret_value") == (created["value"] if echoed else None)
    assert "value" not in second
    assert first["state"] == second["state"] == "new"
    assert reveal(server, created, passphrase) == (200, created["value"])


def test_recent_tells_the_last_thirty_days_of_one_account(server: LiveServer) -> None:
    alice, bob = server.account("alice@example.com"), server.account("bob@example.com", token="b" * 40)
    old = server.share("old", alice, ttl=str(30 * DAY))
    server.clock.advance(20 * DAY)
    first, second = (server.share("new", alice, ttl=str(30 * DAY)) for _ in range(2))
    server.share("not hers", bob)

    def keys() -> list[str]:
        return [item["metadata_key"] for item in server.get("private/recent", alice).json]

    assert keys() == [created["metadata_key"] for created in (old, first, second)]
    server.clock.advance(10 * DAY)
    assert keys() == [created["metadata_key"] for created in (first, second)]


def test_recent_is_what_was_noticed_not_what_is(server: LiveServer) -> None:
    alice = server.account()
    created = server.share("x", alice, ttl="60")
    server.clock.advance(61)

    [before] = server.get("private/recent", alice).json
    asked = state(server, created)
    [after] = server.get("private/recent", alice).json

    assert (before["state"], asked, after["state"]) == ("new", "expired", "expired")
    assert (before["secret_identifier"], after["secret_identifier"]) == (created["secret_key"], "")


def test_anonymous_callers_are_limited_per_window_and_accounts_are_not(tmp_path: Path) -> None:
    profile = replace(V0_26, anonymous_requests_per_address=2)
    with live_server(tmp_path / "data", profile=profile, clock=Clock(1_800_000_000)) as server:
        alice = server.account()
        created = [server.share("x") for _ in range(2)]

        assert server.post("share", secret="x").json == {"message": "Rate limit exceeded. Please try again later."}
        assert server.post("share", alice, secret="x").status == 200
        assert reveal(server, created[0])[0] == 200, "reading is counted apart from creating"
        server.clock.advance(20 * MINUTE)
        assert server.post("share", secret="x").status == 200


@pytest.mark.parametrize("profile", [V0_23, V0_22])
def test_older_releases_allow_ten_burns_in_twenty_minutes_but_not_to_the_paid_plan(
    tmp_path: Path, profile: Profile
) -> None:
    with live_server(tmp_path / "data", profile=profile) as server:
        free = server.account("free@example.com", FREE)
        paid = server.account("paid@example.com", IDENTITY, "b" * 40)

        assert [burn(server, server.share("x"), free) for _ in range(10)] == ["burned"] * 10
        last = server.share("x")
        assert burn(server, last, free) == "Cripes! You have been rate limited."
        assert {burn(server, server.share("x"), paid) for _ in range(12)} == {"burned"}
        server.clock.advance(20 * MINUTE)
        assert burn(server, last, free) == "burned"


def test_older_releases_cut_a_long_secret_at_the_size_of_the_plan(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", profile=V0_23) as server:
        free = server.account()

        assert reveal(server, server.share("é" * 100_001)) == (200, "é" * 100_000)
        assert reveal(server, server.share("é" * 100_001, free)) == (200, "é" * 100_001)


def test_older_releases_show_the_value_with_the_first_metadata_and_take_it_for_viewed(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", profile=V0_23) as server:
        created = server.share("shown")
        first, second = (server.get(f"private/{created['metadata_key']}").json for _ in range(2))

        assert (first["state"], first["value"]) == ("viewed", "shown")
        assert (second["state"], second.get("value")) == ("viewed", None)
        opened = server.share("not shown")
        server.request("GET", f"/secret/{opened['secret_key']}")
        after = server.get(f"private/{opened['metadata_key']}").json
        assert (after["state"], after.get("value")) == ("viewed", None)


def head(server: LiveServer, created: dict[str, str]) -> int:
    return server.request("HEAD", f"/api/v1/private/{created['metadata_key']}").status


def test_asking_without_a_body_uses_up_no_echo(server: LiveServer) -> None:
    created = server.post("generate").json

    assert head(server, created) == 200
    assert server.get(f"private/{created['metadata_key']}").json["value"] == created["value"]


@pytest.mark.parametrize("profile", [V0_25, V0_23])
def test_asking_without_a_body_views_nothing(tmp_path: Path, profile: Profile) -> None:
    with live_server(tmp_path / "data", profile=profile) as server:
        alice = server.account()
        created = server.share("shown", alice)

        assert head(server, created) == 200
        if profile.recent_works:
            assert [item["state"] for item in server.get("private/recent", alice).json] == ["new"]
        assert server.get(f"private/{created['metadata_key']}").json["value"] == "shown"


def test_asking_without_a_body_for_nothing_is_refused(server: LiveServer) -> None:
    assert head(server, {"metadata_key": "q" * 62}) == 404
    assert head(server, {"metadata_key": "short"}) == 404


def test_a_burn_is_locked_apart_from_reading(server: LiveServer) -> None:
    created = server.share("x", passphrase="correct-horse")
    fault = "An unexpected error occurred :["

    assert [burn(server, created, passphrase="wrong-horse") for _ in range(20)] == ["Double check that passphrase"] * 20
    assert burn(server, created, passphrase="correct-horse") == fault
    server.clock.advance(30 * MINUTE - 1)
    assert burn(server, created, passphrase="correct-horse") == fault
    assert reveal(server, created, "correct-horse") == (200, "x")


def test_a_read_is_locked_apart_from_burning(server: LiveServer) -> None:
    created = server.share("x", passphrase="correct-horse")

    for _ in range(20):
        reveal(server, created, "wrong-horse")

    assert reveal(server, created, "correct-horse") == (404, "An unexpected error occurred :[")
    assert burn(server, created, passphrase="correct-horse") == "burned"


def test_a_burn_s_lock_ends_after_half_an_hour(server: LiveServer) -> None:
    created = server.share("x", passphrase="correct-horse")

    for _ in range(21):
        burn(server, created, passphrase="wrong-horse")
    server.clock.advance(30 * MINUTE)

    assert burn(server, created, passphrase="correct-horse") == "burned"


def test_anonymous_readers_are_limited_per_window(tmp_path: Path) -> None:
    profile = replace(V0_26, anonymous_requests_per_address=2)
    with live_server(tmp_path / "data", profile=profile, clock=Clock(1_800_000_000)) as server:
        alice = server.account()
        created = server.share("x")
        unknown = {"secret_key": "q" * 62}

        assert [reveal(server, unknown)[1] for _ in range(3)] == [UNKNOWN] * 2 + [
            "Rate limit exceeded. Please try again later."
        ]
        assert reveal(server, created)[1] == "Rate limit exceeded. Please try again later."
        assert server.post(f"secret/{created['secret_key']}", alice).json["value"] == "x", "accounts are not limited"


def test_a_wrong_passphrase_prolongs_the_life_of_a_secret_in_one_release(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", profile=V0_25) as server:
        created = server.share("x", passphrase="correct-horse", ttl="3600")
        reveal(server, created, "wrong-horse")

        assert server.get(f"private/{created['metadata_key']}").json["secret_ttl"] == 7 * DAY
        server.clock.advance(3601)
        assert reveal(server, created, "correct-horse") == (200, "x")


def test_characters_are_counted_where_the_release_does(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", profile=V0_25) as server:
        assert reveal(server, server.share("é" * 10_000)) == (200, "é" * 10_000)
        refused = server.post("share", secret="é" * 10_001).json["message"]

    assert refused == "Secret value exceeds the maximum size of 10000 characters"


def test_what_has_expired_is_deleted_without_anybody_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_SWEEP_EVERY", 0.01)
    with live_server(tmp_path / "data") as server:
        server.share("x", ttl="60")
        server.clock.advance(60)

        give_up = time.monotonic() + 30
        while rows(server, "secret"):
            assert time.monotonic() < give_up
            time.sleep(0.01)


def test_what_was_done_before_an_error_is_undone(server: LiveServer) -> None:
    server.share("x")

    with pytest.raises(LookupError), server.services.database.transaction() as connection:
        connection.execute("DELETE FROM secret")
        raise LookupError

    assert rows(server, "secret") == 1
    assert server.share("y"), "the database can be used on"
    assert rows(server, "secret") == 2


def rows(server: LiveServer, table: str) -> int:
    with server.services.database.reading() as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
