"""Who must hold what, and what that comes to: no ledger, no server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.holdings import Holdings, Ways

GROUPS = {"dba": ["alice", "bob"]}
ALICE = {"name": "alice", "email": "alice@example.com"}
BOB = {"name": "bob", "email": "bob@example.com"}
SHARED = {"group": "dba", "holds": [{"name": "db", "shared": True, "rotate_on_leave": True, "length": 24, "ttl": "1h"}]}
SECRET = "s3cret-that-must-not-be-shown"


def holdings(*people: Any, groups: Any = GROUPS, **ways: Any) -> Holdings:
    return Holdings(list(people), groups, Ways(**ways))


def held(*names: str, parts: Iterable[str] = (), gone: Iterable[str] = ()) -> list[dict[str, Any]]:
    """What the ledger has. gone: of these only a burn is pending."""
    delivered = [{"part": part, "channel": "mail"} for part in parts]
    return [{"name": name, "kind": None if name in gone else "share", "delivered": delivered} for name in names]


def made(**actions: tuple[str, str]) -> dict[str, dict[str, Any]]:
    return {f"{name}/alice": {"action": action, "state": state} for name, (action, state) in actions.items()}


def names(entries: list[dict[str, Any]], state: str = "present") -> list[str]:
    return [entry["name"] for entry in entries if entry.get("state", "present") == state]


def absent(plan: Holdings, *there: str, **options: Any) -> list[str]:
    values = {name: {"value": "v"} for name in ("db", "key/alice/passphrase")}
    return names(plan.links(held(*there, **options), values), "absent")


# -- links and values ---------------------------------------------------------------------------------------------------------


def test_a_person_s_credential_is_one_link_that_is_mailed_to_that_person() -> None:
    plan = holdings({**ALICE, "holds": [{"name": "vpn", "length": "24", "ttl": "7d", "reissue_on": "expired, burned"}]})
    (link,) = plan.links([], {})

    assert link == {
        "name": "vpn/alice",
        "length": 24,
        "ttl": "7d",
        "reissue_on": ["expired", "burned"],
        "recipient": "alice@example.com",
    }
    assert (plan.values([]), plan.needs_ledger) == ([], False)


def test_a_group_s_credential_is_one_value_for_each_member_or_one_for_all() -> None:
    apart = holdings(ALICE, BOB, {"group": "dba", "holds": [{"name": "db", "length": 24}]})
    assert names(apart.links([], {})) == ["db/alice", "db/bob"]
    assert apart.values([]) == []

    together = holdings(ALICE, BOB, SHARED)
    assert together.values([]) == [{"name": "db", "length": 24, "ttl": "1h"}]
    links = together.links([], {"db": {"value": "the value"}})
    assert [(link["name"], link["secret"], link["ttl"]) for link in links] == [
        ("db/alice", "the value", "1h"),
        ("db/bob", "the value", "1h"),
    ]
    assert not any("length" in link for link in links)


def test_a_given_value_is_shared_as_it_is() -> None:
    plan = holdings(ALICE, BOB, {"group": "dba", "holds": [{"name": "key", "shared": True, "secret": SECRET}]})

    assert plan.values([]) == []
    assert [link["secret"] for link in plan.links([], {})] == [SECRET, SECRET]


def test_a_passphrase_is_generated_for_each_link_and_comes_first() -> None:
    plan = holdings({**ALICE, "holds": [{"name": "key", "secret": SECRET, "passphrase": "generate", "ttl": "1h"}]})

    assert plan.values([]) == [{"name": "key/alice/passphrase", "words": 5, "ttl": "1h"}]
    (link,) = plan.links([], {"key/alice/passphrase": {"value": "five-words"}})
    assert link["passphrase"] == "five-words"
    (foretold,) = plan.links([], {"key/alice/passphrase": {"action": "created"}})  # by check mode
    assert foretold["passphrase"] not in ("", "generate")
    for without in ({}, {"key/alice/passphrase": {"action": "created", "expires_at": "2026-12-03T21:15:20Z"}}):
        with pytest.raises(InvalidInput, match="value of key/alice/passphrase is missing"):
            plan.links([], without)


# -- leaving ------------------------------------------------------------------------------------------------------------------


def test_all_that_is_a_leaver_s_is_burned_whatever_made_it() -> None:
    leaver = {"name": "carol", "state": "absent", "holds": [{"name": "never-made"}]}
    there = ["vpn/carol", "vpn/carol/passphrase", "x/y/carol", "vpn/caroline", "carol", "carol/vpn", "vpn/alice"]
    plan = holdings({**ALICE, "holds": [{"name": "vpn"}]}, leaver)

    assert absent(plan, *there) == ["vpn/carol", "vpn/carol/passphrase", "x/y/carol"]
    assert plan.needs_ledger


def test_the_value_of_a_shared_credential_is_nobody_s_own() -> None:
    people = {"name": "admin", "state": "absent"}
    shared = {"group": "dba", "holds": [{"name": "db/admin", "shared": True}]}
    plan = holdings(ALICE, BOB, people, shared)
    there = held("db/admin", "db/admin/admin", "db/admin/alice")

    assert names(plan.links(there, {"db/admin": {"value": "v"}}), "absent") == ["db/admin/admin"]


def test_a_leaver_s_leaving_rotates_what_was_shared_only_where_that_is_asked_for_and_only_once() -> None:
    leaver = {"name": "bob", "state": "absent"}
    stays = {"group": "dba", "holds": [{**SHARED["holds"][0], "rotate_on_leave": False}]}

    def rotation(*people: Any, there: list[dict[str, Any]]) -> str | None:
        (value,) = holdings(*people).values(there)
        return value.get("rotate_after")

    assert rotation(ALICE, leaver, SHARED, there=held("db", "db/alice", "db/bob")) == "1s"
    assert rotation(ALICE, leaver, stays, there=held("db", "db/alice", "db/bob")) is None
    assert rotation(ALICE, leaver, SHARED, there=held("db", "db/alice")) is None
    assert rotation(ALICE, leaver, SHARED, there=held("db", "db/alice", "db/bob", gone=["db/bob"])) is None
    assert rotation(ALICE, leaver, SHARED, there=held("db", "db/alice", "other/bob")) is None
    assert absent(holdings(ALICE, leaver, SHARED), "db", "db/bob", gone=["db/bob"]) == ["db/bob"]


def test_who_is_in_no_group_any_more_that_holds_it_loses_it_and_nothing_else() -> None:
    there = ["db", "db/alice", "db/bob", "db/bob/passphrase", "db/dave", "vpn/bob"]
    plan = holdings(ALICE, BOB, SHARED, groups={"dba": ["alice"]})
    assert absent(plan, *there) == ["db/bob", "db/bob/passphrase"]
    assert plan.values(held(*there))[0]["rotate_after"] == "1s"

    other = {"group": "ops", "holds": SHARED["holds"]}
    still = holdings(ALICE, BOB, SHARED, other, groups={"dba": ["alice"], "ops": ["bob", "alice"]})
    assert absent(still, *there) == []
    assert names(still.links([], {"db": {"value": "v"}})) == ["db/alice", "db/bob"]


def test_a_credential_that_is_absent_is_taken_from_all_with_its_value_and_passphrases() -> None:
    gone = {"group": "dba", "holds": [{"name": "db", "shared": True, "state": "absent"}]}
    there = ["db", "db/alice", "db/alice/passphrase", "db/bob", "vpn/alice"]

    assert absent(holdings(ALICE, BOB, gone), *there) == ["db", "db/alice", "db/alice/passphrase", "db/bob"]


# -- deliveries ---------------------------------------------------------------------------------------------------------------


def test_links_go_before_passphrases_and_nothing_secret_is_in_them() -> None:
    holds = [{"name": "key", "secret": SECRET, "passphrase": SECRET}, {"name": "vpn"}]
    plan = holdings(
        {**ALICE, "webhook_url": f"https://chat.example.com/{SECRET}", "holds": holds},
        delivery="mail",
        passphrase_delivery="webhook",
    )
    deliveries = plan.deliveries([], {})

    assert [(one["name"], one["part"], one["channel"]) for one in deliveries] == [
        ("key/alice", "link", "mail"),
        ("vpn/alice", "link", "mail"),
        ("key/alice", "passphrase", "webhook"),
    ]
    assert deliveries[0]["to"] == "alice@example.com"
    assert SECRET not in str(deliveries)
    assert plan.needs_ledger


@pytest.mark.parametrize(
    ("link", "passphrase", "both"),
    [
        ("server", "mail", "mail"),
        ("mail", "mail", "mail"),
        ("webhook", "webhook", "webhook"),
        ("notify", "notify", "notify"),
        ("server", "webhook", None),
        ("webhook", "mail", None),
        ("none", "none", None),
        ("mail", "none", None),
    ],
)
def test_ways_that_would_be_the_same_are_told_before_anything_is_sent(
    link: str, passphrase: str, both: str | None
) -> None:
    urls = {"webhook_url": "https://chat.example.com/x", "notify_url": "ntfys://ntfy.example.com/x"}
    holder = {**ALICE, **urls, "delivery": link, "passphrase_delivery": passphrase}
    protected, plain = ({**holder, "holds": [{"name": "db", **more}]} for more in ({"passphrase": "Generate"}, {}))
    holdings(plain)
    holdings(protected, same_channel=True)
    if both is None:
        assert "db/alice/passphrase" in [entry["name"] for entry in holdings(protected).values([])]
    else:
        with pytest.raises(
            InvalidInput, match=f"db/alice: its link and its passphrase would both go by {both}; give another"
        ):
            holdings(protected)


@pytest.mark.parametrize(
    ("action", "state", "parts", "is_sent"),
    [
        ("created", "new", [], True),
        ("replaced", "new", ["link"], True),
        ("kept", "new", ["link"], False),
        ("kept", "viewed", [], True),
        ("kept", "received", [], False),
    ],
)
def test_what_was_sent_is_not_sent_again_but_another_link_is(
    action: str, state: str, parts: list[str], is_sent: bool
) -> None:
    plan = holdings({**ALICE, "delivery": "mail", "holds": [{"name": "vpn"}]})
    deliveries = plan.deliveries(held("vpn/alice", parts=parts), made(vpn=(action, state)))

    assert bool(deliveries) is is_sent


# -- what is wrong ------------------------------------------------------------------------------------------------------------

NO_GROUP: dict[str, Any] = {}
WRONG: list[tuple[Any, Any, str]] = [
    (SECRET, NO_GROUP, "credentials_people: is text, not a list"),
    ([SECRET], NO_GROUP, "credentials_people: has an element that is text, not a mapping"),
    ([ALICE], [SECRET], "credentials_groups: is a list, not a mapping"),
    ([ALICE], {"dba": {"a": SECRET}}, "credentials_groups: dba: is a mapping, not a list"),
    (
        [{"email": "a@example.com"}],
        NO_GROUP,
        "credentials_people: [0]: name: is missing; give each entry a name, or a group",
    ),
    ([{**ALICE, "name": ["alice"]}], NO_GROUP, "credentials_people: [0]: name: is a list, not text"),
    ([{**ALICE, "name": "a/b"}], NO_GROUP, "credentials_people: a/b: name: has a slash"),
    (
        [{**ALICE, "name": "passphrase"}],
        NO_GROUP,
        "credentials_people: passphrase: name: has a slash, or is 'passphrase'",
    ),
    ([ALICE, ALICE], NO_GROUP, "credentials_people: alice: is there more than once"),
    ([{**ALICE, "mail": "x"}], NO_GROUP, "credentials_people: alice: mail: is not an option of a person"),
    (
        [{**ALICE, "delivery": "pigeon"}],
        NO_GROUP,
        "credentials_people: alice: delivery: is not one of server, mail, webhook, notify",
    ),
    ([{**ALICE, "email": "alice@"}], NO_GROUP, "credentials_people: alice: email: is not an e-mail address"),
    ([{**ALICE, "webhook_url": [SECRET]}], NO_GROUP, "credentials_people: alice: webhook_url: is a list, not text"),
    ([{**ALICE, "holds": SECRET}], NO_GROUP, "credentials_people: alice: holds: is text, not a list"),
    ([ALICE, {"group": "dba", "email": "x"}], GROUPS, "credentials_people: dba: email: is not an option of a group"),
    (
        [ALICE, {"group": "dbx", "holds": [{"name": "db"}]}],
        GROUPS,
        "credentials_people: dbx: is not in credentials_groups",
    ),
    (
        [ALICE, {"group": "dba", "holds": [{"name": "db"}]}],
        GROUPS,
        "credentials_groups: dba: bob is not in credentials_people",
    ),
    (
        [{"name": "alice", "holds": [{"name": "db"}]}],
        NO_GROUP,
        "credentials_people: alice has no email, and delivery is server; give email, webhook_url or notify_url",
    ),
]
WRONG_CREDENTIALS: list[tuple[dict[str, Any], str]] = [
    ({"secret": {"a": SECRET}}, "db: secret: is a mapping, not text"),
    ({"passphrase": {SECRET: "a"}}, "db: passphrase: is a mapping, not text"),
    ({"passphrase": ""}, "db: passphrase: is empty"),
    ({"secret": 9_070_000_000_001}, "db: secret: is a number, not text; put it in quotes"),
    ({"name": None, "secret": SECRET}, "a credential: name: is null; give it"),
    ({"name": " db"}, " db: name: begins or ends with a blank"),
    ({"ttl": "soon", "secret": SECRET}, "db: ttl: is 'soon', which is not a duration"),
    ({"secret": SECRET, "length": 24}, "db: length: is for a value that is generated, and this one is given"),
    ({"secret": SECRET, "src": "key"}, "db: secret: and src are both given"),
    ({"secret": SECRET, "shared": True, "rotate_on_leave": True}, "db: rotate_on_leave: is for a value that is shared"),
    ({"rotate_on_leave": True}, "db: rotate_on_leave: is for a value that is shared and generated; set shared"),
    ({"reissue_on": ["always"]}, "db: reissue_on: has an element that is not one of"),
    ({"lenght": 24}, "db: lenght: is not an option of a credential"),
]


@pytest.mark.parametrize(("people", "groups", "problem"), WRONG)
def test_what_is_wrong_is_named_and_not_shown(people: Any, groups: Any, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Holdings(people, groups, Ways())

    assert problem in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("credential", "problem"), WRONG_CREDENTIALS)
def test_a_credential_that_is_wrong_is_named_with_its_holder(credential: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        holdings({**ALICE, "holds": [{"name": "db", **credential}]}, {**BOB, "holds": [{"name": "db", **credential}]})

    assert f"credentials_people: alice, {problem}" in str(caught.value)
    assert f"credentials_people: bob, {problem}" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "907000" not in str(caught.value)


def test_two_that_contradict_each_other_are_told() -> None:
    mine = {**ALICE, "holds": [{"name": "db", "length": 12, "shared": True}]}
    clash = {**ALICE, "holds": [{"name": "db"}, {"name": "db/alice", "shared": True}]}
    for people, problem in (
        ([mine, BOB, SHARED], "credentials_people: alice, db: is held twice, with different options"),
        ([mine, BOB, SHARED], "credentials_people: db: is shared, with different options"),
        ([clash, BOB], "credentials_people: db/alice: is the name of a link and of a shared value; use another name"),
    ):
        with pytest.raises(InvalidInput) as caught:
            holdings(*people)
        assert problem in str(caught.value)
