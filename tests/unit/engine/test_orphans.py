"""Which link a dead run left behind: what is certainly its own, and what is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import RateLimited, ReplyLost
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued, Metadata
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.orphans import (
    ARRIVAL,
    CERTAIN,
    CLOCK_ERROR,
    TOLERANCE,
    Witness,
    may_still_arrive,
    suspects_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.warnings import orphan_suspects
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Attempt
from tests.support.world import World

only_where_links_are_listed = pytest.mark.only_release("v0.25", "v0.26")
START = 1_800_000_000
ATTEMPT = Attempt("1", START, 3600, "alice@example.com", None, None)
WITH_PASSPHRASE = replace(ATTEMPT, passphrase="correct-horse")


def link(**differences: Any) -> Metadata:
    document = {
        "metadata_key": "m" * 31,
        "state": "new",
        "created": START + 1,
        "updated": START + 1,
        "ttl": 3600,
        "recipient": ["al*****@e*****.com"],
        "share_domain": "",
    }
    metadata = Metadata.of({**document, **differences})
    assert metadata is not None
    return metadata


def suspects(
    listed: list[Metadata],
    attempt: Attempt = ATTEMPT,
    known: tuple[str, ...] = (),
    rivals: tuple[Attempt, ...] = (),
    ahead: float = 0,
    width: float = 0,
    measured: bool = True,
) -> tuple[int, bool]:
    witness = Witness(ahead, ahead + width) if measured else None
    found = suspects_of([attempt], listed, known=known, rivals=rivals, witness=witness, now=START + 60)[attempt]
    return len(found.links), found.certain is not None


SURE, SUSPECT, CLEARED = (1, True), (1, False), (0, False)

# what differs from the link that the attempt surely made -> the verdict
TABLE: list[tuple[dict[str, Any], tuple[int, bool]]] = [
    ({}, SURE),
    ({"state": "viewed"}, SURE),
    ({"passphrase_required": False}, SURE),
    ({"created": START + 5}, SURE),
    ({"created": START - 3}, SURE),  # clocks are read at different moments
    ({"created": START + 6}, SUSPECT),
    ({"created": START - 4}, SUSPECT),
    ({"created": START - 7_200}, SUSPECT),  # clocks may have been set
    ({"created": START - 7_201}, CLEARED),
    ({"created": START + 60 + 7_200}, SUSPECT),
    ({"created": START + 60 + 7_201}, CLEARED),
    ({"ttl": 1800}, SUSPECT),  # servers cut lifetimes
    ({"ttl": 7200}, CLEARED),
    ({"state": "received"}, CLEARED),
    ({"state": "burned"}, CLEARED),
    ({"created": START - 3600}, SUSPECT),  # seems to have expired, but clocks may have been set
    ({"created": START - 7_200, "ttl": 61}, SUSPECT),
    ({"created": START - 7_200, "ttl": 60}, CLEARED),  # has expired
    ({"recipient": ["bo*****@e*****.com"]}, CLEARED),
    ({"recipient": []}, CLEARED),
    ({"share_domain": "secrets.example.com"}, SUSPECT),  # servers reached by a custom domain put links there
    ({"passphrase_required": True}, CLEARED),
]


@pytest.mark.parametrize(("difference", "verdict"), TABLE, ids=[str(row[0]) for row in TABLE])
def test_the_verdict_on_a_single_link(difference: dict[str, Any], verdict: tuple[int, bool]) -> None:
    assert suspects([link(**difference)]) == verdict


@pytest.mark.parametrize(("after", "may"), [(0, True), (59, True), (60, False)])
def test_a_request_may_still_arrive_for_a_minute(after: int, *, may: bool) -> None:
    assert may_still_arrive(ATTEMPT, START + after) is may


def test_of_many_suspects_five_are_named_and_the_rest_counted() -> None:
    links = [link(metadata_key=letter * 31) for letter in "abcdefg"]

    assert orphan_suspects(ATTEMPT, links[:5]).count("one created at") == 5
    assert " more" not in orphan_suspects(ATTEMPT, links[:5])
    assert orphan_suspects(ATTEMPT, links).count("one created at") == 5
    assert "with a ttl of 3600 seconds, and 2 more. They may belong to somebody else" in orphan_suspects(ATTEMPT, links)


def test_a_link_in_the_ledger_is_nobodys_orphan() -> None:
    assert suspects([link()], known=("m" * 31,)) == CLEARED


def test_two_that_are_alike_are_both_left() -> None:
    assert suspects([link(), link(metadata_key="n" * 31, created=START + 2000)]) == (2, False)


def test_a_link_that_another_name_as_certainly_made_is_left() -> None:
    other = replace(ATTEMPT, id="2", started_at=START - 1)

    assert suspects([link()], rivals=(other,)) == SUSPECT
    assert suspects([link()], rivals=(replace(other, recipient="bob@example.com"),)) == SURE
    assert suspects([link()], rivals=(replace(other, started_at=START - 60),)) == SURE  # it is not certainly that one's


def test_nothing_is_certain_without_a_measure_of_the_servers_clock() -> None:
    assert suspects([link()], measured=False) == SUSPECT


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        ({"created": START - 7_200, "ttl": 61}, SUSPECT),
        ({"created": START - 7_200, "ttl": 60}, CLEARED),
        ({"created": START + 60 + 7_200}, SUSPECT),
        ({"created": START + 60 + 7_201}, CLEARED),
    ],
    ids=str,
)
def test_without_a_measure_the_servers_clock_is_taken_for_ours(
    difference: dict[str, Any], verdict: tuple[int, bool]
) -> None:
    assert suspects([link(**difference)], measured=False) == verdict


@pytest.mark.parametrize(("ahead", "verdict"), [(-1, SUSPECT), (0, CLEARED), (1, CLEARED)])
def test_a_link_expires_by_the_servers_clock(ahead: float, verdict: tuple[int, bool]) -> None:
    assert suspects([link(created=START - 7_140, ttl=0)], ahead=ahead) == verdict


def test_a_server_may_have_put_a_link_on_its_own_host_or_on_the_domain_asked_for() -> None:
    with_domain = replace(ATTEMPT, share_domain="secrets.example.com")

    assert suspects([link(share_domain="secrets.example.com")], with_domain) == SURE
    assert suspects([link(share_domain="")], with_domain) == SUSPECT
    assert suspects([link(share_domain="other.example.com")], with_domain) == CLEARED


@pytest.mark.parametrize(("asked", "told"), [(None, "secrets.example.com"), ("asked.example.com", "")])
def test_only_a_link_without_a_domain_of_its_own_tells_where_the_server_puts_links(
    asked: str | None, told: str
) -> None:
    issued = issued_at(START, share_domain=asked or "secrets.example.com")

    assert Witness.of(replace(ATTEMPT, share_domain=asked), issued, START + 1) == Witness(-1, 1, told)


@pytest.mark.parametrize(
    ("width", "verdict"), [(0, SURE), (CERTAIN - 2, SURE), (CERTAIN + TOLERANCE, SUSPECT), (10, SUSPECT)]
)
def test_the_whole_interval_of_the_servers_clock_has_to_fit(width: float, verdict: tuple[int, bool]) -> None:
    assert suspects([link()], width=width) == verdict


def issued_at(created: int, **more: str) -> Issued:
    document = {"metadata_key": "m" * 31, "secret_key": "s" * 31, "ttl": 3600, "created": created, **more}
    issued = Issued.of(document)
    assert issued
    return issued


@pytest.mark.parametrize(("set_by", "measure"), [(0, (-1, 1)), (-2, (1, 1)), (-3, None), (3600, (-3601, 1))])
def test_a_clock_that_is_set_back_during_the_request_measures_nothing(
    set_by: int, measure: tuple[float, float] | None
) -> None:
    witness = Witness.of(ATTEMPT, issued_at(START), START + 1 + set_by)

    assert (witness and (witness.least, witness.most)) == measure


@only_where_links_are_listed
def test_a_look_alike_is_not_burned_by_a_run_whose_clock_is_set_back_during_its_request(world: World) -> None:
    with pytest.raises(ReplyLost):
        world.engine(client=never_arrives(world)).present(SHARE)
    world.server.clock.advance(1000)
    theirs = world.server.share("theirs", world.server_login, ttl="3600", recipient="alice@example.com")
    ours = [world.server.clock.now]
    world.controller_clock = lambda: ours[0]

    class SetBack(Client):
        def share(self, request: ShareRequest) -> Issued:
            issued = super().share(request)
            ours[0] -= 3600
            return issued

    with SetBack(Address.of(world.server.url), world.credentials) as client:
        outcome = world.engine(client=client).present(SHARE)

    assert "They may belong to somebody else" in outcome.warnings[0]
    assert world.read(theirs["secret_key"]) == "theirs"


def test_attempts_of_one_name_do_not_cast_doubt_on_each_other() -> None:
    attempts = [replace(ATTEMPT, id=str(number), started_at=START + number) for number in range(3)]
    links = [link(metadata_key=letter * 31, created=START + 1 + number) for number, letter in enumerate("mn")]

    def certain(listed: list[Metadata]) -> set[str]:
        found = suspects_of(attempts, listed, known=(), rivals=(), witness=Witness(0, 0), now=START + 60)
        return {it.certain.metadata_key.get_secret_value()[0] for it in found.values() if it.certain}

    assert certain(links) == {"m", "n"}  # one of the three was never passed on
    assert certain(links[:1]) == {"m"}
    more = [link(metadata_key=letter * 31) for letter in "opqr"]
    assert certain(more) == set()  # one of them is a stranger's


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_links_an_attempt_gets_the_one_that_fits_no_other(order: int) -> None:
    """`a@` shows as `a*****@`, which fits alice as well; were hers to end for that link, the other's would not."""
    short = replace(ATTEMPT, id="2", recipient="a@example.com")
    links = [link(metadata_key="n" * 31, recipient=["a*****@e*****.com"]), link()]

    found = suspects_of([ATTEMPT, short][::order], links, known=(), rivals=(), witness=Witness(0, 0), now=START + 60)
    assert (found[ATTEMPT].certain, found[short].certain) == (links[1], links[0])


def test_the_default_lifetime_is_known() -> None:
    by_default = replace(ATTEMPT, ttl=None)

    assert suspects([link(ttl=604_800)], by_default) == SURE
    assert suspects([link()], by_default) == SUSPECT


def test_without_a_recipient_only_links_to_nobody_count() -> None:
    to_nobody = replace(ATTEMPT, recipient=None)

    assert suspects([link(recipient=[])], to_nobody) == SURE
    assert suspects([link()], to_nobody) == CLEARED


@given(st.integers(-7200, 7200))
def test_clocks_that_are_apart_are_reckoned_with(ahead: int) -> None:
    assert suspects([link(created=START + 1 + ahead, ttl=86_400)], replace(ATTEMPT, ttl=86_400), ahead=ahead) == SURE


@given(st.sampled_from(["alice@example.com", "a@b.example", "x.y+z@sub.example.org"]), st.integers(3, 6))
def test_a_recipient_is_recognised_by_what_the_server_shows(address: str, stars: int) -> None:
    user, _, host = address.partition("@")
    shown = f"{user[:2]}{'*' * stars}@{host[:1]}{'*' * stars}.{host.rpartition('.')[2]}"

    assert suspects([link(recipient=[shown])], replace(ATTEMPT, recipient=address)) == SURE
    assert suspects([link(recipient=[shown])], replace(ATTEMPT, recipient=address.upper())) == SURE


# With a server

SHARE = Desired("db/prod/alice", secret="s3cret").but(ttl=3600, recipient="alice@example.com")


@contextmanager
def deaf(world: World) -> Iterator[Client]:
    """A client that sends, and then dies before it knows of it."""

    class Deaf(Client):
        def share(self, request: ShareRequest) -> Issued:
            super().share(request)
            raise ReplyLost("the connection broke")

        def generate(self, request: GenerateRequest) -> Issued:
            super().generate(request)
            raise ReplyLost("the connection broke")

    with Deaf(Address.of(world.server.url), world.credentials) as client:
        yield client


def die_after_sending(world: World, desired: Desired) -> None:
    with deaf(world) as client, pytest.raises(ReplyLost):
        world.engine(client=client).present(desired)


@pytest.mark.parametrize(
    "desired", [SHARE, SHARE.but(passphrase="correct-horse"), Desired("app").but(ttl=3600)], ids=str
)
def test_the_link_of_a_run_that_died_is_burned_where_the_server_can_list_it(world: World, desired: Desired) -> None:
    die_after_sending(world, desired)
    outcome = world.engine().present(desired)

    assert outcome.action is Action.CREATED
    if world.lists_recent_links:
        assert "The link that it had made was found on the server and burned" in outcome.warnings[0]
        assert world.live_links() == 1
        assert world.ledger.read(desired.name).attempts == ()
    else:
        assert "may have left a link that is not recorded and expires by 2027-01-15T09:00:00Z" in outcome.warnings[0]
        assert world.live_links() == 2
        assert world.engine().present(desired).warnings == outcome.warnings  # until it can be no more
        world.server.clock.advance(3600 + CLOCK_ERROR)
        assert not any("between sending" in warning for warning in world.engine().present(desired).warnings)


@only_where_links_are_listed
def test_a_request_that_never_arrived_leaves_nothing_to_tell(world: World) -> None:
    with pytest.raises(ReplyLost):
        world.engine(client=never_arrives(world)).present(SHARE)
    outcome = world.engine().present(SHARE)

    assert (outcome.action, outcome.warnings) == (Action.CREATED, ())
    assert world.ledger.read(SHARE.name).attempts  # it may be under way still
    world.server.clock.advance(ARRIVAL)
    assert world.engine().present(SHARE).action is Action.KEPT
    assert world.ledger.read(SHARE.name).attempts == ()


def never_arrives(world: World) -> Client:
    class Mute(Client):
        def share(self, _request: ShareRequest) -> Issued:
            raise ReplyLost("the connection broke")

    return Mute(Address.of(world.server.url), world.credentials)


@only_where_links_are_listed
def test_a_look_alike_of_somebody_else_is_never_burned(world: World) -> None:
    die_after_sending(world, SHARE)
    theirs = world.server.share("theirs", world.server_login, ttl="3600", recipient="alice@example.com")
    outcome = world.engine().present(SHARE)

    assert "They may belong to somebody else, so they were left alone" in outcome.warnings[0]
    assert theirs["metadata_key"] not in outcome.warnings[0]
    assert world.live_links() == 3
    assert world.read(theirs["secret_key"]) == "theirs"
    # A run that sends nothing has no measure of the server's clock.
    assert "They may belong to somebody else" in world.engine().present(SHARE).warnings[0]
    # With the other one read, the one that is left is certain for the next run that sends something.
    assert "found on the server and burned" in world.engine().present(SHARE.but(passphrase="correct-horse")).warnings[0]
    assert world.live_links() == 1


@only_where_links_are_listed
def test_a_link_that_another_passphrase_opens_is_nobodys_orphan(world: World) -> None:
    protected = SHARE.but(passphrase="correct-horse")
    with pytest.raises(ReplyLost):
        world.engine(client=never_arrives(world)).present(protected)
    theirs = world.server.share(
        "x", world.server_login, ttl="3600", recipient="alice@example.com", passphrase="theirs-horse"
    )
    world.server.clock.advance(ARRIVAL)

    assert world.engine().present(protected).warnings == ()
    assert world.ledger.read(SHARE.name).attempts == ()
    assert world.read(theirs["secret_key"], "theirs-horse") == "x"


PROTECTED = SHARE.but(passphrase="correct-horse")


def leave_two_attempts(world: World, id_of_the_other: str) -> None:
    """One whose link is there, and one of another passphrase that made none, whatever comes first."""
    other = Attempt(id_of_the_other, int(world.server.clock()), 3600, SHARE.recipient, None, "another-horse")
    world.ledger.begin(SHARE.name, other)
    die_after_sending(world, PROTECTED)
    world.server.clock.advance(ARRIVAL)


@only_where_links_are_listed
@pytest.mark.parametrize("id_of_the_other", ["", "z"])
def test_a_link_that_is_not_one_attempts_is_still_the_others(world: World, id_of_the_other: str) -> None:
    leave_two_attempts(world, id_of_the_other)
    outcome = world.engine().present(PROTECTED)

    assert "found on the server and burned" in outcome.warnings[0]
    assert world.live_links() == 1
    assert world.ledger.read(SHARE.name).attempts == ()


@only_where_links_are_listed
@pytest.mark.parametrize("id_of_the_other", ["", "z"])
def test_no_attempt_is_struck_off_while_its_link_cannot_be_burned(world: World, id_of_the_other: str) -> None:
    leave_two_attempts(world, id_of_the_other)

    class Limited(Client):
        def burn(self, *_arguments: Any) -> None:
            raise RateLimited("Cripes! You have been rate limited.", status=404)

    with Limited(Address.of(world.server.url), world.credentials) as limited:
        world.engine(client=limited).present(PROTECTED)
    assert len(world.ledger.read(SHARE.name).attempts) == 2

    world.engine().present(PROTECTED.but(ttl=3600, recipient=SHARE.recipient, passphrase="a third horse"))
    assert world.live_links() == 1


def leave_attempt(world: World, id_: str, passphrase: str | None, *, arrived: bool) -> None:
    """Of a run that died as its request was under way. The id decides what comes first."""
    login, now = world.server_login, int(world.server.clock())
    world.ledger.begin(SHARE.name, Attempt(id_, now, 3600, None, None, passphrase))
    if arrived:
        world.server.share("s3cret", login, ttl="3600", **({"passphrase": passphrase} if passphrase else {}))


@only_where_links_are_listed
@pytest.mark.parametrize("ids", ["az", "za"])
@pytest.mark.parametrize("passphrases", [(None, "correct-horse"), ("correct-horse", None)], ids=str)
def test_an_attempt_with_a_passphrase_does_not_end_for_a_link_without(
    world: World, ids: str, passphrases: tuple[str | None, str | None]
) -> None:
    """Else the link with it would be nobody's, and stay: the list does not tell which of them needs a passphrase."""
    for id_, passphrase in zip(ids, passphrases, strict=True):
        leave_attempt(world, id_, passphrase, arrived=True)
    world.server.clock.advance(ARRIVAL)
    world.engine().present(Desired(SHARE.name, secret="s3cret"))

    assert world.live_links() == 1
    assert world.ledger.read(SHARE.name).attempts == ()


@only_where_links_are_listed
def test_a_link_without_passphrase_is_not_burned_for_an_attempt_with_one(world: World) -> None:
    leave_attempt(world, "1", "correct-horse", arrived=False)
    theirs = world.server.share("theirs", world.server_login, ttl="3600")
    world.server.clock.advance(ARRIVAL)

    assert world.engine().present(Desired(SHARE.name, secret="s3cret")).warnings == ()
    assert world.ledger.read(SHARE.name).attempts == ()
    assert world.read(theirs["secret_key"]) == "theirs"


@only_where_links_are_listed
def test_no_attempt_ends_while_nobody_tells_whether_its_link_needs_a_passphrase(world: World) -> None:
    leave_attempt(world, "1", None, arrived=True)

    class Limited(Client):
        def metadata(self, _key: str) -> Metadata:
            raise RateLimited("Cripes! You have been rate limited.", status=404)

    with Limited(Address.of(world.server.url), world.credentials) as limited:
        outcome = world.engine(client=limited).present(Desired(SHARE.name, secret="s3cret"))
    assert "could not be found and burned (Cripes! You have been rate limited.)" in outcome.warnings[0]
    assert len(world.ledger.read(SHARE.name).attempts) == 1
    assert world.live_links() == 2


@only_where_links_are_listed
def test_clocks_an_hour_apart_do_not_hide_an_orphan(world: World) -> None:
    server_clock = world.server.clock
    world.controller_clock = lambda: server_clock() + 3600
    die_after_sending(world, SHARE)

    assert "found on the server and burned" in world.engine().present(SHARE).warnings[0]
    assert world.live_links() == 1


@only_where_links_are_listed
def test_a_clock_that_is_put_forward_does_not_make_an_orphan_expire(world: World) -> None:
    die_after_sending(world, SHARE)
    server_clock = world.server.clock
    world.controller_clock = lambda: server_clock() + 3600

    assert "They may belong to somebody else" in world.engine().present(SHARE).warnings[0]
    assert world.live_links() == 2


def test_absent_tells_of_the_orphan_as_well(world: World) -> None:
    die_after_sending(world, SHARE)
    outcome = world.engine().absent(SHARE.name)

    assert outcome.action is Action.ABSENT
    assert len(outcome.warnings) == 1
    assert world.ledger.read(SHARE.name).attempts


def test_check_mode_looks_for_nothing(world: World) -> None:
    die_after_sending(world, SHARE)
    outcome = world.engine().present(SHARE, check=True)

    assert "could not be found and burned (check mode)" in outcome.warnings[0]
    assert world.live_links() == 1


@only_where_links_are_listed
@pytest.mark.parametrize("died", ["before this one", "after this one"])
def test_a_link_that_another_name_may_have_made_is_left(world: World, died: str) -> None:
    bob = replace(SHARE, name="db/prod/bob")
    names = (SHARE, bob) if died == "before this one" else (bob, SHARE)
    for desired in names:  # of bob's only the intent is there
        with pytest.raises(ReplyLost), deaf(world) as client:
            world.engine(client=client if desired is SHARE else never_arrives(world)).present(desired)
    outcome = world.engine().present(bob)

    assert "They may belong to somebody else, so they were left alone" in outcome.warnings[0]
    assert world.live_links() == 2
    # With bob's intent over, what is left is certainly the other name's.
    world.ledger.abandon(bob.name, world.ledger.read(bob.name).attempts[0])
    assert "found on the server and burned" in world.engine().present(SHARE).warnings[0]


@pytest.mark.parametrize("ttl", [60, 3600, None])
def test_an_attempt_is_struck_off_when_it_is_over_and_no_earlier(world: World, ttl: int | None) -> None:
    desired = Desired(SHARE.name, secret="s3cret").but(ttl=ttl)
    with pytest.raises(ReplyLost), deaf(world) as client:
        world.engine(client=client).present(desired)
    (attempt,) = world.ledger.read(SHARE.name).attempts
    longest = {60: 1_800, 3600: 3600, None: 2_592_000}[ttl]  # what servers may make of it (contract §3)
    assert attempt.latest_expiry == START + longest

    class Mute(Client):
        def recent(self) -> list[Metadata]:
            raise ReplyLost("the connection broke")

    with Mute(Address.of(world.server.url), world.credentials) as mute:
        world.server.clock.advance(longest + 7_200 - 1)
        assert (
            "It may have left a link that is not recorded" in world.engine(client=mute).absent(SHARE.name).warnings[0]
        )
        assert world.ledger.read(SHARE.name).attempts == (attempt,)
        world.server.clock.advance(1)
        assert world.engine(client=mute).absent(SHARE.name).warnings == ()
    assert world.ledger.entries() == {}


def test_the_seconds_are_those_that_the_documentation_promises() -> None:
    told = (Path(__file__).parents[3] / "docs" / "idempotency.md").read_text()

    assert set(re.findall(r"within (?:the same )?(\d+) seconds", told)) == {str(CERTAIN)} == {"5"}
    assert suspects([link(created=START + 5)]) == SURE
    assert suspects([link(created=START + 6)]) == SUSPECT
