"""What the provider does about links, call by call, against a real server whose clock the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from terraform_provider_onetimesecret.protocol import tfplugin6_pb2 as pb
from terraform_provider_onetimesecret.protocol.values import Values
from terraform_provider_onetimesecret.provider import Provider

from onetime_server.profile import PROFILES, V0_22, V0_23, V0_26
from tests.support.live_server import LiveServer, live_server
from tests.support.replay import Answer, replaying
from tests.support.terraform.core import Core, RunFailed

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
    assert refreshed == state  # before 0.26 asking for the state makes it viewed, which is no drift
    assert core.plan(LINK, config, refreshed).state == refreshed

    read(server, state)
    received = core.refresh(LINK, refreshed)
    assert received is not None
    assert received == {**state, "state": "received", "received_at": "2027-01-15T08:01:00Z"}
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
    assert [warning.summary for warning in core.warnings] == ["The state of the link is unknown"]
    assert core.refresh(LINK, unknown) == unknown
    assert len(core.warnings) == 1


def lost(state: Values) -> Values:
    """The state of a link of which the server knows nothing."""
    return {**state, "metadata_key": "x" * len(state["metadata_key"])}


def test_a_link_that_the_server_does_not_know_before_its_time_stays_with_a_warning(core: Core) -> None:
    state = lost(core.create(LINK, secret="s3cret", ttl="1h"))
    for times in (1, 2):
        assert core.refresh(LINK, state) == state
        assert [warning.summary for warning in core.warnings] == ["The server does not know the link"] * times
    assert (
        core.plan(LINK, {"secret": "s3cret", "ttl": "1h", "reissue_on": ["expired", "unknown"]}, state).replaced_by
        == []
    )


def test_a_link_that_the_server_does_not_know_is_destroyed_only_after_its_time(core: Core, server: LiveServer) -> None:
    state = lost(core.create(LINK, secret="s3cret", ttl="1h"))
    with pytest.raises(RunFailed, match="The link was not burned") as failed:
        core.destroy(LINK, state)
    assert f"it may still be read until {state['expires_at']}" in failed.value.text
    core.destroy(LINK, {**state, "burn_on_destroy": False})
    server.clock.advance(HOUR)
    core.destroy(LINK, state)


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
        with pytest.raises(RunFailed, match="The state of the link cannot be read"):
            elsewhere.refresh(LINK, state)


@pytest.mark.parametrize(
    ("changed", "by"),
    [
        ({"secret": "other"}, ["secret"]),
        ({"passphrase": "correct horse"}, ["passphrase"]),
        ({"ttl": "2h"}, ["ttl"]),
        ({"recipient": "carol@example.com"}, ["recipient"]),
        ({"rotate_when_changed": {"month": "2027-02"}}, ["rotate_when_changed"]),
        ({"name": "bob"}, ["name"]),
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


def test_a_link_is_not_gone_by_one_wrong_word_though_our_clock_is_wrong(core: Core) -> None:
    state = core.create(LINK, secret="one", ttl="1h")
    told = {"metadata_key": state["metadata_key"], "state": "new", "created": 1, "updated": 1, "ttl": 3600}
    with replaying(Answer(404, json={"message": "Unknown secret"}), Answer(json=told)) as other:
        late = Provider(environ={}, now=lambda: datetime.now(UTC) + timedelta(days=1000))
        with pytest.raises(RunFailed, match="it may still be read"):
            Core(late, url=other.url).destroy(LINK, state)


def test_a_write_only_passphrase_prevents_burning_and_is_told(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret="one", passphrase_wo="correct horse", passphrase_wo_version=1, ttl="1h")
    assert "correct horse" not in str(state)
    core.plan(LINK, None, state)
    [warning] = core.warnings
    assert warning.summary == "The link cannot be burned"
    assert state["expires_at"] in warning.detail
    core.destroy(LINK, state)
    assert read(server, state, passphrase="correct horse") == "one"


def test_an_expired_link_is_destroyed_without_a_warning(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret="one", passphrase_wo="correct horse", passphrase_wo_version=1, ttl="1h")
    server.clock.advance(HOUR)
    core.destroy(LINK, state)
    expired = core.refresh(LINK, state)
    assert expired is not None
    core.destroy(LINK, expired)
    assert core.warnings == []


def test_a_link_that_was_read_is_destroyed_without_a_warning(core: Core, server: LiveServer) -> None:
    state = core.create(LINK, secret="one", passphrase_wo="correct horse", passphrase_wo_version=1)
    read(server, state, passphrase="correct horse")
    received = core.refresh(LINK, state)
    assert received is not None
    core.destroy(LINK, received)
    assert (received["state"], core.warnings) == ("received", [])


def test_a_clamped_ttl_is_a_warning_and_no_change(core: Core) -> None:
    config = {"secret": "one", "ttl": "52w"}
    state = core.create(LINK, **config)
    assert [warning.attribute for warning in core.warnings] == ["ttl"]
    assert state["ttl_granted"] < 52 * 7 * 24 * HOUR
    assert core.plan(LINK, config, state).state == state


def imported(core: Core, kind: str, made: Values) -> Values:
    state = core.import_(kind, made["metadata_key"])
    assert state is not None
    return state


def test_an_import_tells_what_the_server_tells(core: Core) -> None:
    made = core.create(LINK, secret="one", ttl="1h", recipient="bob@example.com")
    state = imported(core, LINK, made)
    for name in ("id", "metadata_key", "secret_key", "url", "expires_at", "recipient_obfuscated", "burn_on_destroy"):
        assert state[name] == made[name]
    assert core.import_(LINK, identity={"metadata_key": made["metadata_key"]}) == state
    assert core.plan(LINK, {}, state).state == state


def test_an_imported_link_takes_what_no_server_tells_for_its_own_once(core: Core, server: LiveServer) -> None:
    config = {"secret": "one", "passphrase": "correct horse", "ttl": "1h", "recipient": "bob@example.com"}
    made = core.create(LINK, **config)
    adopted = core.apply(LINK, {**config, "name": "bob"}, imported(core, LINK, made))
    assert adopted is not None
    assert adopted["url"] == made["url"]
    for name, other in (("secret", "two"), ("passphrase", "battery staple"), ("name", "carol")):
        assert core.plan(LINK, {**config, "name": "bob", name: other}, adopted).replaced_by == [name]
    assert read(server, made, passphrase="correct horse") == "one"


@pytest.mark.parametrize(
    ("given", "by"),
    [
        ({"recipient": "bob@example.com"}, []),
        ({"recipient": "carol@example.com"}, ["recipient"]),
        ({"ttl": "60m"}, []),
        ({"ttl": "2h"}, ["ttl"]),
        ({"share_domain": "s.example.com"}, ["share_domain"]),
        ({"passphrase": "correct horse"}, ["passphrase"]),
        ({"passphrase_wo": "correct horse", "passphrase_wo_version": 1}, ["passphrase_wo_version"]),
        ({"rotate_when_changed": {"month": "2027-01"}}, ["rotate_when_changed"]),
        ({"secret_wo": "one", "secret_wo_version": 7}, []),
        ({"reissue_on": ["expired"], "burn_on_destroy": False}, []),
    ],
)
def test_what_is_not_as_the_server_tells_replaces_an_imported_link(
    core: Core, given: dict[str, object], by: list[str]
) -> None:
    made = core.create(LINK, secret="one", ttl="1h", recipient="bob@example.com")
    assert core.plan(LINK, given, imported(core, LINK, made)).replaced_by == by


@pytest.mark.parametrize(
    "later",
    [{"rotate_when_changed": {"month": "2027-01"}}, {"length": 21}, {"recipient": "carol@example.com"}, {"ttl": "2h"}],
)
def test_what_is_given_after_an_import_replaces_the_link(core: Core, later: dict[str, object]) -> None:
    state = imported(core, GENERATED, core.create(GENERATED, ttl="1h"))
    adopted = core.apply(GENERATED, {"ttl": "1h"}, state)
    assert adopted is not None
    assert core.plan(GENERATED, {"ttl": "1h", **later}, adopted).replaced_by == list(later)


def test_an_imported_generated_link_keeps_its_passphrase_until_that_changes(core: Core, server: LiveServer) -> None:
    made = core.create(GENERATED, passphrase="correct horse")
    adopted = core.apply(GENERATED, {"passphrase": "correct horse"}, imported(core, GENERATED, made))
    assert adopted is not None
    assert core.plan(GENERATED, {"passphrase": "battery staple"}, adopted).replaced_by == ["passphrase"]
    core.destroy(GENERATED, adopted)
    assert read(server, made, passphrase="correct horse") == ""


def test_what_cannot_be_imported(core: Core, server: LiveServer) -> None:
    assert core.import_(LINK, "z" * 31) is None  # Terraform says by itself that there is no such object
    with pytest.raises(RunFailed, match="Invalid metadata key"):
        core.import_(LINK, f"{server.url}/private/abc")


def test_a_generated_link(core: Core, server: LiveServer) -> None:
    config = {"length": 20, "ttl": "1h"}
    state = core.create(GENERATED, **config)
    assert len(state["value"]) == 20
    refreshed = core.refresh(GENERATED, state)
    assert refreshed is not None
    assert core.plan(GENERATED, config, refreshed).state == refreshed
    assert core.plan(GENERATED, {**config, "length": 21}, refreshed).replaced_by == ["length"]
    assert imported(core, GENERATED, state)["value"] is None
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


def test_a_link_that_went_to_somebody_else_is_burned_and_fails() -> None:
    made = {"metadata_key": "m" * 31, "secret_key": "s" * 31, "ttl": 3600, "created": 1795225122}
    mailed = Answer(json={**made, "recipient": ["br*****@e*****.com"]})
    burned = Answer(json={"state": {**made, "state": "new", "updated": 1795225122}, "secret_shortkey": "ssssss"})
    for burn, outcome in ((burned, "it was burned immediately"), (Answer(502), "it could not be burned")):
        with replaying(mailed, burn) as other:
            elsewhere = Core(Provider(environ={}), url=other.url, timeout=5)
            with pytest.raises(RunFailed, match=f"mailed to another address .*{outcome}"):
                elsewhere.create(LINK, secret_wo="s3cret", secret_wo_version=1, recipient="o'brien@example.com")
            assert [request.path.rpartition("/")[2] for request in other.received] == ["share", "burn"]
