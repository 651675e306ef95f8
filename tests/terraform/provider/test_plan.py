"""Properties of the plan, for any configuration."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from terraform_provider_onetimesecret.link_schema import LINK
from terraform_provider_onetimesecret.onetime.reissue import ReissueOn
from terraform_provider_onetimesecret.plan import plan
from terraform_provider_onetimesecret.protocol.values import UNKNOWN, Values, decode, encode, is_known

TEXTS = st.none() | st.sampled_from(["", "one", "two"])
NUMBERS = st.none() | st.integers(1, 3)
CONFIGS = st.fixed_dictionaries(
    {
        "secret": TEXTS,
        "secret_wo": TEXTS | st.just(UNKNOWN),
        "secret_wo_version": NUMBERS,
        "passphrase": TEXTS,
        "passphrase_wo": TEXTS | st.just(UNKNOWN),
        "passphrase_wo_version": NUMBERS,
        "ttl": st.none() | st.sampled_from(["60", "1m", "1h", "3600"]),
        "recipient": TEXTS,
        "share_domain": TEXTS,
        "name": TEXTS,
        "rotate_when_changed": st.none() | st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy")),
        "reissue_on": st.none() | st.lists(st.sampled_from([reason.value for reason in ReissueOn]), unique=True),
        "burn_on_destroy": st.none() | st.booleans(),
    }
)
STATES = st.sampled_from(["new", "viewed", "received", "burned", "expired", "orphaned", "unknown"])
RESULTS = {
    "id": "i",
    "metadata_key": "m",
    "secret_key": "s",
    "url": "https://ots.example.com/secret/s",
    "ttl_granted": 60,
    "created_at": "2027-01-15T08:00:00Z",
    "expires_at": "2027-01-15T08:01:00Z",
    "received_at": None,
    "passphrase_required": False,
    "recipient_obfuscated": None,
}


def complete(config: Values) -> Values:
    return LINK.schema.complete(config)


def applied(config: Values, state: str) -> Values:
    """The state after an apply of CONFIG, of a link that came to STATE since."""
    planned = plan(LINK, None, complete(config), complete(config)).state
    return {**planned, **RESULTS, "state": state}


def proposed(config: Values, prior: Values) -> Values:
    """Terraform's proposal: what is configured, else for computed attributes what was there."""
    merged = complete(config)
    for attribute in LINK.schema:
        if attribute.computed and merged[attribute.name] is None:
            merged[attribute.name] = prior[attribute.name]
    return merged


def replan(config: Values, prior: Values) -> Any:
    return plan(LINK, prior, complete(config), proposed(config, prior))


@given(CONFIGS, STATES)
def test_the_same_configuration_changes_nothing_unless_the_link_is_to_be_reissued(config: Values, state: str) -> None:
    prior = applied(config, state)
    planned = replan(config, prior)
    end = "expired" if state == "orphaned" else state
    if end in (config["reissue_on"] or []):
        assert planned.replaced_by == ["state"]
    else:
        assert planned.replaced_by == []
        assert planned.state == prior


@given(CONFIGS, CONFIGS, STATES)
def test_a_plan_keeps_what_is_configured_and_nothing_that_is_write_only(old: Values, new: Values, state: str) -> None:
    planned = replan(new, applied(old, state)).state
    for attribute in LINK.schema:
        if attribute.write_only:
            assert planned[attribute.name] is None
        elif new.get(attribute.name) is not None:
            assert planned[attribute.name] == new[attribute.name]


@given(CONFIGS, CONFIGS, STATES)
def test_the_keys_of_a_link_stay_or_it_is_replaced(old: Values, new: Values, state: str) -> None:
    prior = applied(old, state)
    planned = replan(new, prior)
    for name in RESULTS:
        assert planned.state[name] == (UNKNOWN if planned.replaced_by else prior[name])
    for name in planned.replaced_by:
        assert planned.state[name] != prior[name]  # else Terraform would not replace it


@given(CONFIGS, STATES)
def test_an_imported_link_is_replaced_by_what_the_server_tells_otherwise(config: Values, state: str) -> None:
    told = {**RESULTS, "passphrase_required": True, "state": state, "burn_on_destroy": True}
    replaced_by = replan({**config, "reissue_on": None}, complete(told)).replaced_by
    others = {"recipient", "share_domain", "rotate_when_changed"}
    lifetime = {"ttl"} if config["ttl"] in ("1h", "3600") else set()  # the server tells 60 seconds
    assert set(replaced_by) == {name for name in others if config[name] is not None} | lifetime


@given(CONFIGS)
def test_values_come_over_the_wire_unchanged(config: Values) -> None:
    assert decode(encode(config)) == config
    assert is_known(config) is not any(value is UNKNOWN for value in config.values())
