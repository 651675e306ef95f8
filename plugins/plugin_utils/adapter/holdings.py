# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who must hold what, as given to the role credentials, and the links, values and deliveries that follow from it. Pure.

Under CREDENTIAL/PERSON the ledger has the link of one person, under CREDENTIAL the value of a shared credential, and under
CREDENTIAL/PERSON/passphrase a passphrase that was generated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_recipient
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import ENTRY, Spec
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.entries import GENERATED_ONLY, wanted_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.kinds import check_arguments, check_kind, given
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.channels import CHANNELS
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import HANDED_OVER, Part, check_name

PEOPLE, GROUPS = "credentials_people", "credentials_groups"
BY_SERVER, BY_NOBODY = "server", "none"
GENERATED_PASSPHRASE = "generate"  # noqa: S105 - the word
PASSPHRASE_WORDS = 5
PASSPHRASE = f"/{Part.PASSPHRASE.value}"
AT_ONCE = "1s"  # an age that every value has by now
NOT_YET = "not generated yet"

DELIVERY: dict[str, Any] = {"type": "str", "choices": [BY_SERVER, *CHANNELS, BY_NOBODY]}
PASSPHRASE_DELIVERY: dict[str, Any] = {"type": "str", "choices": [*CHANNELS, BY_NOBODY]}
STATE = ENTRY["state"]

CREDENTIAL: Spec = {
    **{option: argument for option, argument in ENTRY.items() if option != "recipient"},
    "shared": {"type": "bool"},
    "rotate_on_leave": {"type": "bool"},
}
GROUP: Spec = {
    "group": {"type": "str"},
    "holds": {"type": "list", "elements": "dict"},
}
PERSON: Spec = {
    "name": {"type": "str"},
    "email": {"type": "str"},
    "delivery": DELIVERY,
    "passphrase_delivery": PASSPHRASE_DELIVERY,
    "webhook_url": {"type": "str", "no_log": True},
    "notify_url": {"type": "str", "no_log": True},
    "holds": GROUP["holds"],
    "state": STATE,
}


@dataclass(frozen=True)
class Ways:
    """How people get links and passphrases unless they have a way of their own."""

    delivery: str = BY_SERVER
    passphrase_delivery: str = BY_NOBODY
    urls: Collection[str] = ()  # channels that have one for all
    same_channel: bool = False  # whether link and passphrase may go the same way


@dataclass(frozen=True)
class Holding:
    """One credential that one person must hold, or must not. options: as they were given."""

    credential: str
    person: str
    options: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.credential}/{self.person}"

    @property
    def is_absent(self) -> bool:
        return bool(self.options.get("state") == "absent")

    @property
    def is_shared(self) -> bool:
        """Whether its value is one that is generated once for all who hold it."""
        return boolean(self.options.get("shared", False)) and not self.options.keys() & {"secret", "src"}

    @property
    def rotates_on_leave(self) -> bool:
        return self.is_shared and boolean(self.options.get("rotate_on_leave", False))

    @property
    def has_passphrase(self) -> bool:
        return "passphrase" in self.options

    @property
    def has_generated_passphrase(self) -> bool:
        return str(self.options.get("passphrase")).strip().lower() == GENERATED_PASSPHRASE

    def link(self, recipient: str | None, value_of: Callable[[str], str]) -> dict[str, Any]:
        """Return the entry of ots_links. value_of: of a name that was generated before."""
        entry = {option: value for option, value in self.options.items() if option in ENTRY} | {"name": self.name}
        if self.is_shared:
            entry = {option: value for option, value in entry.items() if option not in GENERATED_ONLY}
            entry["secret"] = value_of(self.credential)
        if self.has_generated_passphrase:
            entry["passphrase"] = value_of(self.name + PASSPHRASE)
        return entry | ({"recipient": recipient} if recipient else {})

    def value(self) -> dict[str, Any]:
        """Return the entry of ots_links that makes the shared value."""
        kept = (*GENERATED_ONLY, "ttl", "share_domain")
        return {"name": self.credential, **{name: self.options[name] for name in kept if name in self.options}}

    def passphrase(self) -> dict[str, Any]:
        """Return the entry of ots_links that makes the passphrase."""
        ttl = {"ttl": self.options["ttl"]} if "ttl" in self.options else {}
        return {"name": self.name + PASSPHRASE, "words": PASSPHRASE_WORDS, **ttl}


class Holdings:
    """All that is to be held. Raises InvalidInput, which names every person and credential that is wrong, and shows no value."""

    def __init__(self, people: Any, groups: Any, ways: Ways) -> None:
        self._ways = ways
        self._problems: list[str] = []
        with self._told(""):
            check_kind(PEOPLE, "list", people, "dict")
            check_kind(GROUPS, "dict", groups)
            self._members = {name: self._members_of(name, members) for name, members in groups.items()}
            self._people = self._checked_people(people)
            self._listed = {person["name"]: person for person in self._people if "name" in person}
            self._holdings = self._checked_holdings()
        if not self._problems:
            self._check_names()
            self._check_ways()
        if self._problems:
            raise InvalidInput("; ".join(self._problems))

    @property
    def needs_ledger(self) -> bool:
        """Whether what is to be done depends on what there is."""
        return bool(self._leavers or self._of_groups or self._absent or any(self._deliveries()))

    def values(self, held: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the entries of ots_links that make shared values and passphrases.

        A shared value that somebody leaves is rotated at once where that is asked for: before the leaver's link is burned, so
        that a run which dies in between rotates it again, and never forgets to.
        """
        left = {name.rpartition("/")[0] for name in self._left(line for line in held if line["kind"])}
        values = {}
        for each in self._present.values():
            if each.is_shared:
                at_once = {"rotate_after": AT_ONCE} if each.rotates_on_leave and each.credential in left else {}
                values[each.credential] = {**each.value(), **at_once}
            if each.has_generated_passphrase:
                values[each.name + PASSPHRASE] = each.passphrase()
        return list(values.values())

    def links(self, held: Iterable[Mapping[str, Any]], values: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the entries of ots_links: of all who must hold something, and of all that nobody must hold any more."""

        def value_of(name: str) -> str:
            made = values.get(name)
            if made is None or ("value" not in made and "expires_at" in made):
                raise InvalidInput(f"the value of {name} is missing; make the part values first, with return_content")
            return str(made.get("value", NOT_YET))  # check mode makes no link, which would expire

        present = [each.link(self._recipient(each), value_of) for each in self._present.values()]
        return present + [{"name": name, "state": "absent"} for name in sorted(self._gone(list(held)))]

    def deliveries(
        self, held: Iterable[Mapping[str, Any]], made: Mapping[str, Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return what is to be sent by other means than the server's mail, without what surely was sent. No secret is in it."""
        sent = {(line["name"], delivery["part"]) for line in held for delivery in line["delivered"]}
        return [
            delivery
            for delivery in self._deliveries()
            if (link := made.get(delivery["name"], {"action": "created"}))["action"] != "kept"
            or ((delivery["name"], delivery["part"]) not in sent and link["state"] in ("new", "viewed"))
        ]

    # -- what is to be held ---------------------------------------------------------------------------------------------------

    @cached_property
    def _leavers(self) -> set[str]:
        return {name for name, person in self._listed.items() if person.get("state") == "absent"}

    @cached_property
    def _present(self) -> dict[str, Holding]:
        return {name: holding for name, holding in self._holdings.items() if not holding.is_absent}

    @cached_property
    def _absent(self) -> dict[str, Holding]:
        return {name: holding for name, holding in self._holdings.items() if holding.is_absent}

    @cached_property
    def _of_groups(self) -> set[str]:
        """The credentials that groups hold: who is in none of these groups any more has left them."""
        entries = (person for person in self._people if "group" in person)
        return {held["name"] for entry in entries for held in entry["holds"] if held.get("state") != "absent"}

    def _left(self, held: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """Yield the names of links that were somebody's who has left, or has left the groups that hold the credential."""
        shared = {each.credential for each in self._present.values() if each.is_shared}
        for name in (str(line["name"]) for line in held):
            credential, _slash, person = name.removesuffix(PASSPHRASE).rpartition("/")
            was_member = credential in self._of_groups and person in self._listed
            has_left = person in self._leavers or (was_member and f"{credential}/{person}" not in self._holdings)
            if credential and has_left and name not in shared:
                yield name

    def _gone(self, held: Sequence[Mapping[str, Any]]) -> set[str]:
        there = {line["name"] for line in held}
        gone = {*self._left(held), *self._absent}
        gone |= {name + PASSPHRASE for name in self._absent} & there
        shared = {each.credential for each in self._present.values() if each.is_shared}
        return gone | {each.credential for each in self._absent.values() if each.is_shared} - shared

    def _deliveries(self) -> Iterator[dict[str, Any]]:
        for part in HANDED_OVER:
            for each in self._present.values():
                way = self._way(each.person, part)
                if way in CHANNELS and (part is Part.LINK or each.has_passphrase):
                    to = self._listed[each.person].get("email")
                    whose = {"person": each.person, "credential": each.credential}
                    yield {"name": each.name, **whose, "part": part.value, "channel": way} | ({"to": to} if to else {})

    def _way(self, person: str, part: Part) -> str:
        option = "delivery" if part is Part.LINK else "passphrase_delivery"
        return str(self._listed[person].get(option) or getattr(self._ways, option))

    def _recipient(self, holding: Holding) -> str | None:
        by_server = self._way(holding.person, Part.LINK) == BY_SERVER
        return self._listed[holding.person].get("email") if by_server else None

    # -- whether that can be --------------------------------------------------------------------------------------------------

    @contextmanager
    def _told(self, whose: str) -> Iterator[None]:
        try:
            yield
        except InvalidInput as error:
            self._problems.append(f"{whose}{error}")

    def _members_of(self, group: str, members: Any) -> list[str]:
        check_kind(f"{GROUPS}: {group}", "list", members, "str")
        return [check_name(name) for name in ([members] if isinstance(members, str) else members)]

    def _checked_people(self, people: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        checked: dict[str, dict[str, Any]] = {}
        groups: list[dict[str, Any]] = []
        for number, entry in enumerate(people):
            person = given(entry)
            is_group = "group" in person
            key = "group" if is_group else "name"
            label = person[key] if isinstance(person.get(key), str) else f"[{number}]"
            with self._told(f"{PEOPLE}: {label}: "):
                check_arguments(entry, GROUP if is_group else PERSON, "a group" if is_group else "a person")
                if key not in person:
                    raise InvalidInput("is missing; give each entry a name, or a group", field="name")
                person = {option: value for option, value in person.items() if value != ""}
                person[key] = _checked_person_name(person.get(key, "")) if key == "name" else person.get(key, "")
                if "email" in person:
                    _check_email(person["email"])
                person["holds"] = [
                    held for credential in person.get("holds", ()) if (held := self._checked(label, credential))
                ]
                if is_group:
                    groups.append(person)
                elif person["name"] in checked:
                    raise InvalidInput("is there more than once; give each person one entry, and more by a group")
                else:
                    checked[person["name"]] = person
        return [*checked.values(), *groups]

    def _checked(self, whose: str, credential: Mapping[str, Any]) -> dict[str, Any] | None:
        held = given(credential)
        label = held["name"] if isinstance(held.get("name"), str) else "a credential"
        with self._told(f"{PEOPLE}: {whose}, {label}: "):
            check_arguments(credential, CREDENTIAL, "a credential")
            held = {option: _converted(value, CREDENTIAL[option]["type"]) for option, value in held.items()}
            if "name" not in held:
                raise InvalidInput("is missing; give the credential a name, such as db/prod", field="name")
            held["name"] = check_name(held["name"])
            wanted_of(held, {"reissue_on": []}, lambda _path: "its text")
            if boolean(held.get("rotate_on_leave", False)) and not Holding(label, "", held).is_shared:
                raise InvalidInput("is for a value that is shared and generated; set shared", field="rotate_on_leave")
            return held
        return None

    def _checked_holdings(self) -> dict[str, Holding]:
        holdings: dict[str, Holding] = {}
        shared: dict[str, Holding] = {}
        for entry in self._people:
            for person in self._holders(entry):
                for held in entry["holds"]:
                    holding = Holding(held["name"], person, held)
                    first = holdings.setdefault(holding.name, holding)
                    if first.options != holding.options:
                        self._problems.append(
                            f"{PEOPLE}: {person}, {held['name']}: is held twice, with different options"
                        )
                    if holding.is_shared and shared.setdefault(holding.credential, holding).value() != holding.value():
                        self._problems.append(f"{PEOPLE}: {held['name']}: is shared, with different options")
        return holdings

    def _holders(self, entry: Mapping[str, Any]) -> list[str]:
        """Return who must hold what is in an entry: a person, or the members of a group, but leavers."""
        if "name" in entry:
            return [] if entry.get("state") == "absent" else [entry["name"]]
        group = entry["group"]
        if group not in self._members:
            self._problems.append(f"{PEOPLE}: {group}: is not in {GROUPS}")
        members = dict.fromkeys(self._members.get(group, ()))
        for stranger in members.keys() - self._listed:
            self._problems.append(f"{GROUPS}: {group}: {stranger} is not in {PEOPLE}")
        return [name for name in members if name in self._listed and self._listed[name].get("state") != "absent"]

    def _check_names(self) -> None:
        made = {entry["name"] for entry in self.values(())}
        for name in sorted(made & self._holdings.keys()):
            self._problems.append(f"{PEOPLE}: {name}: is the name of a link and of a shared value; use another name")

    def _check_ways(self) -> None:
        unreachable: dict[str, None] = {}
        for each in self._present.values():
            person = self._listed[each.person]
            ways = {
                part: self._way(each.person, part) for part in HANDED_OVER if part is Part.LINK or each.has_passphrase
            }
            for part, way in ways.items():
                option = "delivery" if part is Part.LINK else "passphrase_delivery"
                if way in (BY_SERVER, "mail") and "email" not in person:
                    unreachable[f"{each.person} has no email, and {option} is {way}"] = None
                if (url := f"{way}_url") in PERSON and not (way in self._ways.urls or url in person):
                    unreachable[f"{each.person} has no {url}, and {option} is {way}"] = None
            taken = ["mail" if way == BY_SERVER else way for way in ways.values() if way != BY_NOBODY]
            if len(set(taken)) < len(taken) and not self._ways.same_channel:
                self._problems.append(
                    f"{PEOPLE}: {each.name}: its link and its passphrase would both go by {taken[0]};"
                    " give another delivery or passphrase_delivery, or set credentials_same_channel"
                )
        if unreachable:
            self._problems.append(
                f"{PEOPLE}: {'; '.join(unreachable)}; give email, webhook_url or notify_url, or another delivery"
                " (credentials_delivery, credentials_passphrase_delivery, credentials_webhook_url, credentials_notify_url)"
            )


def _checked_person_name(name: str) -> str:
    name = check_name(name)
    if "/" in name or f"/{name}" == PASSPHRASE:
        raise InvalidInput("has a slash, or is 'passphrase'; use another name", field="name")
    return name


def _check_email(email: str) -> None:
    try:
        check_recipient(email)
    except InvalidInput as error:
        raise InvalidInput(str(error.args[0]), field="email") from None


def _converted(value: Any, kind: str) -> Any:
    """Return what was checked to be of a kind as that kind."""
    if not isinstance(value, str) or kind in ("str", "path"):
        return value
    if kind == "list":
        return [word.strip() for word in value.split(",")]
    return boolean(value) if kind == "bool" else int(value)
