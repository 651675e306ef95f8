"""What the provider does about links, call by call, against a real server whose clock the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from terraform_core import Core, RunFailed
from terraform_provider_onetimesecret.protocol import tfplugin6_pb2 as pb
from terraform_provider_onetimesecret.protocol.values import Values
from terraform_provider_onetimesecret.provider import Provider

from onetime_server.profile import PROFILES, V0_22, V0_23, V0_26
from support.live_server import LiveServer, live_server
from support.replay import Answer, replaying

LINK, GENERATED = "onetimesecret_link", "onetimesecret_generated_link"
RELEASES = [V0_26, V0_23, V0_22]
HOUR = 3600


@pytest.fixture(params=RELEASES, ids=[name for profile in RELEASES for name in PROFILES if PROFILES[name] is profile])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path, profile=request.param) as running:
        yield running


@pytest.fixture
def core(server: LiveServer) -> Core:
    username, token = server.account()
    return connected(server, username=username, api_token=token)


def connected(server: LiveServer, **config: str) -> Core:
    def now() -> datetime:
        return datetime.fromtimestamp(server.clock(), UTC)

    return Core(Provider(environ={}, now=now), url=server.url, **config)


def read(server: LiveServer, state: Values, passphrase: str = "") -> str:
    """Read a link as its recipient; "" if that is impossible."""
    answer = server.post(f"secret/{state['secret_key']}", passphrase=passphrase)
    return str(answer.json["value"]) if answer.status == 200 else ""


def test_a_link_is_made_and_can_be_read_once(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret_wo="s3cret", secret_wo_version=1, ttl="1h", recipient="bob@example.com")
    assert state["url"] == f"{server.url}/secret/{state['secret_key']}"
    assert (state["state"], state["ttl_granted"]) == ("new", HOUR)
    assert state["expires_at"] == "2027-01-15T09:00:00Z"
    assert state["recipient_obfuscated"].startswith("bo***")
    assert state["passphrase_required"] is False
    assert "s3cret" not in str(state)
    assert read(server, state) == "s3cret"
    assert read(server, state) == ""


def test_nothing_happens_again_whatever_became_of_the_link(core: Core, server: LiveServer) -> None:
    config = {"secret": "s3cret", "ttl": "1h"}
    state = core.create(LINK, **config)
    server.clock.advance(60)
    refreshed = core.refresh(LINK, state)
    assert refreshed is not None
    assert refreshed["state"] in ("new", "viewed")  # before 0.26 asking for the state makes it viewed
    assert {**refreshed, "state": "new"} == state
    assert core.plan(LINK, config, refreshed).state == refreshed

    read(server, state)
    received = core.refresh(LINK, refreshed)
    assert received is not None
    assert (received["state"], received["received_at"]) == ("received", "2027-01-15T08:01:00Z")
    assert core.plan(LINK, config, received).state == received
    assert server.post(f"private/{state['metadata_key']}/burn").json["message"] == "Unknown secret"


def test_a_refresh_never_consumes_nor_tells_the_secret(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret_wo="s3cret", secret_wo_version=1)
    for _ in range(3):
        refreshed = core.refresh(LINK, state)
        assert refreshed is not None
        assert "s3cret" not in str(refreshed)
    assert read(server, state) == "s3cret"


@pytest.mark.parametrize(
    ("end", "state"), [("received", "received"), ("burned", "burned"), ("expired", "expired"), ("unknown", "unknown")]
)
def test_only_ends_in_reissue_on_make_another_link(core: Core, server: LiveServer, end: str, state: str) -> None:
    config = {"secret": "s3cret", "ttl": "1h"}
    first = core.create(LINK, **config)
    if end == "received":
        read(server, first)
    elif end == "burned":
        server.post(f"private/{first['metadata_key']}/burn")
    else:
        server.clock.advance(HOUR + 1 if end == "expired" else 2 * HOUR + 1)
    ended = core.refresh(LINK, first)
    assert ended is not None
    assert ended["state"] == state
    others = sorted({"expired", "burned", "received", "unknown"} - {end})
    assert core.plan(LINK, {**config, "reissue_on": others}, ended).replaced_by == []
    wanted = {**config, "reissue_on": [end]}
    assert core.plan(LINK, wanted, ended).replaced_by == ["state"]
    second = core.apply(LINK, wanted, ended)
    assert second is not None
    assert read(server, second) == "s3cret"


def test_a_link_that_ended_stays_in_the_state_when_the_server_forgets_it(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret="s3cret", ttl="1h")
    read(server, state)
    received = core.refresh(LINK, state)
    assert received is not None
    server.clock.advance(10 * HOUR)
    assert core.refresh(LINK, received) == received
    assert core.warnings == []


def test_a_link_that_nobody_saw_end_is_unknown_and_stays(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret="s3cret", ttl="1h")
    server.clock.advance(10 * HOUR)
    unknown = core.refresh(LINK, state)
    assert unknown is not None
    assert unknown["state"] == "unknown"
    assert [warning.summary for warning in core.warnings] == ["Nobody knows what became of the link"]
    assert core.refresh(LINK, unknown) == unknown
    assert len(core.warnings) == 1


def test_a_link_that_the_server_lost_before_its_time_leaves_the_state_with_a_warning(core: Core) -> None:
    state = core.create(LINK, secret="s3cret", ttl="1h")
    lost = {**state, "metadata_key": "x" * len(state["metadata_key"])}
    assert core.refresh(LINK, lost) is None
    assert [warning.summary for warning in core.warnings] == ["The link is lost"]


def test_a_wrong_address_makes_no_second_link(core: Core, tmp_path: Path) -> None:
    state = core.create(LINK, secret="s3cret", ttl="1h")
    with live_server(tmp_path / "other") as other, pytest.raises(RunFailed, match="belongs to another server"):
        connected(other).refresh(LINK, state)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, json={"message": "Not authorized"}),
        Answer(404, json={"message": "An unexpected error occurred :["}),
        Answer(404, json={"error": "Not Found"}),
        Answer(404, body=b"<html>gone</html>"),
        Answer(500),
    ],
    ids=["credentials", "fault", "no such address", "a web page", "crash"],
)
def test_no_other_answer_removes_a_link(core: Core, answer: Answer) -> None:
    state = core.create(LINK, secret="s3cret")
    with replaying(answer) as other:
        elsewhere = Core(Provider(environ={}), url=other.url, timeout=5)
        elsewhere.provider.StopProvider(pb.StopProvider.Request())  # no pauses between attempts
        with pytest.raises(RunFailed, match="The link's state cannot be told"):
            elsewhere.refresh(LINK, state)


@pytest.mark.parametrize(
    ("changed", "by"),
    [
        ({"secret": "other"}, ["secret"]),
        ({"passphrase": "correct horse"}, ["passphrase"]),
        ({"ttl": "2h"}, ["ttl"]),
        ({"recipient": "carol@example.com"}, ["recipient"]),
        ({"rotate_when_changed": {"month": "2027-02"}}, ["rotate_when_changed"]),
        ({"secret": None, "secret_wo": "s3cret", "secret_wo_version": 1}, ["secret", "secret_wo_version"]),
        ({"ttl": "60m"}, []),
        ({"burn_on_destroy": False}, []),
        ({"reissue_on": ["expired"]}, []),
    ],
)
def test_what_replaces_a_link(core: Core, changed: dict[str, object], by: list[str]) -> None:
    config = {"secret": "s3cret", "ttl": "1h", "rotate_when_changed": {"month": "2027-01"}}
    state = core.create(LINK, **config)
    assert core.plan(LINK, {**config, **changed}, state).replaced_by == by


def test_a_replacement_burns_the_former_link(core: Core, server: LiveServer) -> None:
    first = core.create(LINK, secret="one")
    second = core.apply(LINK, {"secret": "two"}, first)
    assert second is not None
    assert (read(server, first), read(server, second)) == ("", "two")


def test_an_update_keeps_the_link(core: Core, server: LiveServer) -> None:
    first = core.create(LINK, secret="one")
    second = core.apply(LINK, {"secret": "one", "burn_on_destroy": False}, first)
    assert second == {**first, "burn_on_destroy": False}
    assert core.apply(LINK, {"secret": "one"}, second) == first
    assert read(server, first) == "one"


def test_destroying_burns_what_is_unread(core: Core, server: LiveServer) -> None:
    plain = core.create(LINK, secret="one")
    protected = core.create(LINK, secret="two", passphrase="correct horse")
    kept = core.create(LINK, secret="three", burn_on_destroy=False)
    for state in (plain, protected, kept):
        core.destroy(LINK, state)
    assert read(server, plain) == ""
    assert read(server, protected, passphrase="correct horse") == ""
    assert read(server, kept) == "three"
    assert core.warnings == []


def test_a_link_that_is_gone_is_destroyed_in_silence(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret="one")
    read(server, state)
    core.destroy(LINK, state)
    assert core.warnings == []


def test_a_write_only_passphrase_prevents_burning_and_is_told(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret="one", passphrase_wo="correct horse", passphrase_wo_version=1, ttl="1h")
    assert "correct horse" not in str(state)
    core.plan(LINK, None, state)
    [warning] = core.warnings
    assert warning.summary == "The link cannot be burned"
    assert state["expires_at"] in warning.detail
    core.destroy(LINK, state)
    assert read(server, state, passphrase="correct horse") == "one"


def test_a_clamped_ttl_is_a_warning_and_no_change(core: Core) -> None:
    config = {"secret": "one", "ttl": "52w"}
    state = core.create(LINK, **config)
    assert [warning.attribute for warning in core.warnings] == ["ttl"]
    assert state["ttl_granted"] < 52 * 7 * 24 * HOUR
    assert core.plan(LINK, config, state).state == state


def test_an_imported_link_takes_the_first_configuration_for_its_own(core: Core, server: LiveServer) -> None:
    made = core.create(LINK, secret="one", ttl="1h")
    imported = core.import_(LINK, made["metadata_key"])
    assert imported is not None
    for name in ("id", "metadata_key", "secret_key", "url", "expires_at", "burn_on_destroy"):
        assert imported[name] == made[name]
    assert core.import_(LINK, identity={"metadata_key": made["metadata_key"]}) == imported
    assert core.plan(LINK, {}, imported).state == imported
    adopted = core.apply(LINK, {"secret": "one", "ttl": "1h"}, imported)
    assert adopted is not None
    assert adopted["url"] == made["url"]
    assert core.plan(LINK, {"secret": "two", "ttl": "1h"}, adopted).replaced_by == ["secret"]
    assert read(server, made) == "one"


def test_what_cannot_be_imported(core: Core, server: LiveServer) -> None:
    assert core.import_(LINK, "z" * 31) is None  # Terraform says by itself that there is no such object
    with pytest.raises(RunFailed, match="This is no metadata key"):
        core.import_(LINK, f"{server.url}/private/abc")


def test_a_generated_link(core: Core, server: LiveServer) -> None:
    config = {"length": 20, "ttl": "1h"}
    state = core.create(GENERATED, **config)
    assert len(state["value"]) == 20
    refreshed = core.refresh(GENERATED, state)
    assert refreshed is not None
    assert core.plan(GENERATED, config, refreshed).state == refreshed
    assert core.plan(GENERATED, {**config, "length": 21}, refreshed).replaced_by == ["length"]
    imported = core.import_(GENERATED, state["metadata_key"])
    assert imported is not None
    assert imported["value"] is None
    assert core.plan(GENERATED, config, imported).replaced_by == []
    assert read(server, state) == state["value"]


def test_anonymous_links(server: LiveServer) -> None:
    anonymous = connected(server)
    state = anonymous.create(LINK, secret="one")
    refreshed = anonymous.refresh(LINK, state)
    assert refreshed is not None
    anonymous.destroy(LINK, refreshed)
    assert read(server, state) == ""
    with pytest.raises(RunFailed, match="An account is required"):
        anonymous.create(LINK, secret="one", recipient="bob@example.com")


def test_rate_limited_burns_stay_in_the_state_and_are_named(tmp_path: Path) -> None:
    with live_server(tmp_path, profile=V0_23) as server:
        username, token = server.account()
        core = connected(server, username=username, api_token=token)
        links = [core.create(LINK, secret=f"secret {number}") for number in range(11)]
        for state in links[:10]:
            core.destroy(LINK, state)
        with pytest.raises(RunFailed, match="limits the rate") as failed:
            core.destroy(LINK, links[10])
        assert f"It stays in the state, and can be read until {links[10]['expires_at']}" in failed.value.text
        server.clock.advance(20 * 60)
        core.destroy(LINK, links[10])
