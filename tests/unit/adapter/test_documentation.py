"""The documentation of every action says what its arguments are; options of all actions are documented once."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.plugins.loader import fragment_loader, lookup_loader
from ansible.utils.plugin_docs import add_fragments

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import options
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import UnknownSecret
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.options import Option
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
from ansible_collections.onetimesecret.ots.plugins.modules import (
    ots_burn,
    ots_deliver,
    ots_generate,
    ots_ledger,
    ots_ledger_info,
    ots_links,
    ots_metadata_info,
    ots_recent_info,
    ots_reveal,
    ots_share,
    ots_status_info,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter import argspec
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.facts import (
    facts_of_link,
    facts_of_recent,
    facts_of_server,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.history import Question, history_of, trail_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.holdings import CREDENTIAL, GROUP, PERSON
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.results import (
    listing_of,
    result_of,
    result_of_many,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.channels import ARGUMENTS
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.links import Result
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import LinkStatus
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Event, Verdict
from tests.support import CHECKOUT
from tests.support.rows import RECORD

MODULES = [
    (ots_share, argspec.SHARE),
    (ots_generate, argspec.GENERATE),
    (ots_burn, argspec.BURN),
    (ots_deliver, {**argspec.DELIVER, **ARGUMENTS}),
    (ots_ledger, argspec.OF_THE_LEDGER),
    (ots_ledger_info, argspec.LEDGER_INFO),
    (ots_links, argspec.LINKS),
    (ots_metadata_info, argspec.METADATA_INFO),
    (ots_recent_info, argspec.RECENT_INFO),
    (ots_reveal, argspec.REVEAL),
    (ots_status_info, argspec.SERVER_INFO),
]
SHARED = {**argspec.CONNECTION, **argspec.LEDGER}


def options_of(module: Any) -> dict[str, Any]:
    documentation = yaml.safe_load(module.DOCUMENTATION)
    add_fragments(documentation, module.__file__, fragment_loader, is_module=True)
    return dict(documentation["options"])


@pytest.mark.parametrize(("module", "spec"), MODULES, ids=lambda value: getattr(value, "__name__", "").split(".")[-1])
def test_documentation_and_argument_spec_are_equal(module: Any, spec: argspec.Spec) -> None:
    check_equal(options_of(module), spec)


def check_equal(documented: dict[str, Any], spec: argspec.Spec) -> None:
    assert set(documented) == set(spec)
    for name, option in spec.items():
        if "options" in option:
            check_equal(documented[name]["suboptions"], option["options"])
        # The documented default of a shared option is the last resort after variable, environment and ansible.cfg.
        keys = {"type", "choices", "elements", "required"} | (set() if name in SHARED else {"default"})
        assert {key: documented[name].get(key) for key in keys} == {key: option.get(key) for key in keys}


def test_the_waiting_times_are_those_that_the_documentation_promises() -> None:
    defaults = {name: option.get("default") for name, option in options_of(ots_generate).items()}

    assert (defaults["timeout"], defaults["ledger_wait"]) == (30, 300)
    assert "longer than `ledger_wait` (300 seconds)" in (CHECKOUT / "docs" / "idempotency.md").read_text()


@pytest.mark.parametrize(("module", "not_its"), [(ots_share, {Action.ROTATED}), (ots_generate, set())])
def test_every_action_that_a_result_may_name_is_documented(module: Any, not_its: set[Action]) -> None:
    assert set(yaml.safe_load(module.RETURN)["action"]["choices"]) == set(Action) - not_its


# -- what is returned ---------------------------------------------------------------------------------------------------------

ADDRESS = Address.of("https://ots.example.com")
ALL_OUTCOMES = [
    Outcome(Action.CREATED, record=RECORD, former=RECORD, warnings=("x",)),
    Outcome(Action.CREATED, desired=Desired("x")),
    Outcome(Action.ABSENT),
]
METADATA = Metadata.of({"metadata_key": "m" * 31, "state": "new", "created": 1, "updated": 1, "ttl": 60})
CORE = {"changed", "diff", "failed", "warnings", "_ansible_no_log"}  # what core knows of every result


class Server:
    """A server that answers as it should."""

    def metadata(self, key: str) -> Metadata:
        if key == "none":
            raise UnknownSecret("no such secret")
        assert METADATA
        return METADATA

    def recent(self) -> list[Metadata]:
        return [self.metadata("some")]

    def status(self) -> None: ...

    def is_before_0_24(self) -> bool:
        return False


def returned_by(*results: dict[str, Any]) -> set[str]:
    return {key for result in results for key in result} - CORE


def documented_by(module: Any) -> dict[str, Any]:
    return dict(yaml.safe_load(module.RETURN))


class Ledger:
    """One without events."""

    def history(self, *_filters: object) -> list[Event]:
        return []


@pytest.mark.parametrize(
    ("module", "results"),
    [
        (ots_share, [result_of("x", one, address) for one in ALL_OUTCOMES for address in (ADDRESS, None)]),
        (ots_generate, [result_of("x", one, address) for one in ALL_OUTCOMES for address in (ADDRESS, None)]),
        (ots_burn, [result_of("x", Outcome(action, former=RECORD), None) for action in (Action.BURNED, Action.ABSENT)]),
        (
            ots_ledger_info,
            [
                listing_of([]),
                listing_of([], content=True),
                {**history_of(Ledger(), Question()), **trail_of(Verdict(0))},
            ],
        ),  # type: ignore[arg-type]
        (ots_links, [result_of_many([], None), result_of_many([Result("x", problem="y")], None)]),
        (ots_metadata_info, [facts_of_link(Server(), key) for key in ("some", "none")]),  # type: ignore[arg-type]
        (ots_recent_info, [facts_of_recent(Server(), content=True)]),  # type: ignore[arg-type]
        (ots_status_info, [{"url": "", **facts_of_server(Server(), anonymous=False)}]),  # type: ignore[arg-type]
    ],
    ids=lambda value: getattr(value, "__name__", "").split(".")[-1],
)
def test_what_is_returned_is_documented_and_the_other_way_round(module: Any, results: list[dict[str, Any]]) -> None:
    documented = documented_by(module)
    only_generated = {"value"} if module is ots_share else set()

    assert set(documented) == returned_by(*results) - only_generated
    always = set.intersection(*(set(result) for result in results)) - CORE
    promised = {key for key, value in documented.items() if value["returned"] in ("success", "always")}
    assert promised == always


def test_every_fact_of_one_link_of_many_is_documented() -> None:
    results = [*(Result(str(number), one) for number, one in enumerate(ALL_OUTCOMES)), Result("x", problem="y")]
    returned = {fact for link in result_of_many(results, ADDRESS)["links"].values() for fact in link}

    assert set(documented_by(ots_links)["links"]["contains"]) == returned


def test_every_link_of_a_listing_is_documented() -> None:
    status = LinkStatus("x", RECORD, Action.KEPT, 0, 0, ())

    assert set(documented_by(ots_ledger_info)["links"]["contains"]) == set(
        listing_of([status], content=True)["links"][0]
    )


# -- lookups ------------------------------------------------------------------------------------------------------------------

LOOKUPS = [
    ("ots_generate", (*options.GENERATED, *options.CONNECTION)),
    ("ots_share", (*options.LINK, *options.CONNECTION)),
    ("ots_reveal", options.CONNECTION),
    ("ots_metadata", options.CONNECTION),
]


@pytest.mark.parametrize(("lookup", "table"), LOOKUPS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_documentation_of_a_lookup_is_what_the_table_says(lookup: str, table: tuple[Option, ...]) -> None:
    documented = lookup_loader.get(f"onetimesecret.ots.{lookup}").option_definitions

    for option in table:
        definition = documented[option.name]
        assert definition["type"] == option.type
        assert tuple(definition.get("choices") or ()) == option.choices
        sources = {
            "env": [{"name": f"OTS_{option.name.upper()}"}],
            "vars": [{"name": f"ots_{option.name}"}],
            "ini": [{"section": "onetimesecret_ots", "key": option.name}],
        }
        for source, places in sources.items():
            assert definition.get(source, []) == (places if option.shared else [])


# -- the role -----------------------------------------------------------------------------------------------------------------

ROLE = yaml.safe_load((CHECKOUT / "roles/credentials/meta/argument_specs.yml").read_text())["argument_specs"]["main"]
PEOPLE = ROLE["options"]["credentials_people"]["options"]
OF_ALL = {"credentials_" + name: option for name, option in ARGUMENTS.items() if name not in ("channel", "to")}


@pytest.mark.parametrize(
    ("documented", "spec"),
    [(PEOPLE["holds"]["options"], CREDENTIAL), (PEOPLE, {**PERSON, **GROUP})],
    ids=["a credential", "a person or a group"],
)
def test_what_the_role_takes_is_what_its_filter_takes(documented: argspec.Spec, spec: argspec.Spec) -> None:
    # These ots_links documents; one that is new is to take few files.
    of_every_link = {option.name for option in options.LINK}
    assert set(spec) - of_every_link <= set(documented) <= set(spec)
    for name, option in documented.items():
        for key in ("type", "choices", "elements"):
            assert option.get(key) == spec[name].get(key), name


def test_what_the_role_says_to_the_channels_is_what_they_take_and_core_never_shows_what_is_secret() -> None:
    options = ROLE["options"]
    for name, option in OF_ALL.items():
        assert options[name]["type"] == ("raw" if option.get("no_log") else option["type"])
        assert options[name].get("choices") == option.get("choices")
    assert options["credentials_people"]["elements"] == "raw"


@pytest.mark.parametrize("module", [ots_share, ots_generate], ids=["ots_share", "ots_generate"])
def test_each_option_says_whether_it_replaces_the_link(module: Any) -> None:
    documented = options_of(module)
    for option in options.LINK:
        said = "Changing it replaces the link." in " ".join(documented[option.name]["description"])
        assert said == option.content, f"{option.name}: its description in plugins/doc_fragments/link.py"
