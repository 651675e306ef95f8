"""What a change of the configuration means for a link. Pure: nothing is asked and nothing done here.

| the configuration | the link is |
|---|---|
| names a link that is not in the state | created |
| changes the content, or a keeper in rotate_when_changed | replaced |
| stays, but the link has come to an end that is in reissue_on | replaced |
| changes anything else | updated, in the state only |

The state of an imported link holds what the server tells, and no arguments. What no server tells is taken for the link's own
when it is first given; what the server tells is compared with that; anything else replaces the link.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .lifecycle import Lifecycle
from .onetime.address import Address
from .onetime.agreement import is_obfuscated
from .onetime.durations import parse_duration
from .onetime.errors import InvalidInput
from .onetime.reissue import reason_to_reissue
from .onetime.state import State
from .protocol.values import UNKNOWN, Values
from .schema import Schema


@dataclass(frozen=True)
class Planned:
    """The state as it will be, and the attributes whose change replaces the link."""

    state: Values
    replaced_by: list[str] = field(default_factory=list)


def plan(lifecycle: Lifecycle, prior: Values | None, config: Values, proposed: Values) -> Planned:
    """Return what becomes of the link with the state PRIOR under CONFIG; PROPOSED is Terraform's merger of both."""
    never_kept = [attribute.name for attribute in lifecycle.schema if attribute.write_only]
    wanted = {**proposed, **_defaults(config), **dict.fromkeys(never_kept)}
    if prior is None:
        return Planned(_with_results_unknown(lifecycle.schema, wanted))
    if changed := [name for name in lifecycle.content if _is_changed(lifecycle, name, prior, wanted[name])]:
        return Planned(_with_results_unknown(lifecycle.schema, wanted), changed)
    if is_to_be_reissued(prior["state"], wanted["reissue_on"]):
        return Planned(_with_results_unknown(lifecycle.schema, wanted), ["state"])
    return Planned(wanted)


def is_to_be_reissued(state: str, reissue_on: object) -> bool:
    """Whether a link that ended as STATE is to be sent again."""
    if not isinstance(reissue_on, list):  # null, or not known yet
        return False
    return reason_to_reissue(State.of(state)) in reissue_on


def _defaults(config: Values) -> Values:
    return {"burn_on_destroy": True} if config["burn_on_destroy"] is None else {}


def _with_results_unknown(schema: Schema, wanted: Values) -> Values:
    results = [attribute.name for attribute in schema if attribute.computed and not attribute.optional]
    return {**wanted, **dict.fromkeys(results, UNKNOWN)}


def _is_changed(lifecycle: Lifecycle, name: str, prior: Values, wanted: object) -> bool:
    if prior[name] == wanted or (name == "ttl" and _seconds(prior[name]) == _seconds(wanted)):
        return False
    is_imported = all(prior[origin] is None for origin in lifecycle.origin)
    return not (is_imported and prior[name] is None and _is_its_own(lifecycle, name, prior, wanted))


def _is_its_own(lifecycle: Lifecycle, name: str, prior: Values, wanted: object) -> bool:
    """Whether an imported link has WANTED already, as far as anybody can tell."""
    for group in lifecycle.untold:
        if name in group:
            is_first = all(prior[member] is None for member in group)
            return is_first and not ("passphrase" in group and prior["passphrase_required"] is False)
    if not isinstance(wanted, str):  # not known yet, or of a kind that no server tells
        return False
    if name == "ttl":
        return bool(_seconds(wanted) == prior["ttl_granted"])
    if name == "recipient":
        shown = prior["recipient_obfuscated"]
        return shown is not None and is_obfuscated(shown, wanted.strip())
    return name == "share_domain" and _leads_to(prior["url"], wanted)


def _leads_to(url: str | None, share_domain: str) -> bool:
    # The link of one that is gone is not told.
    return url is None or Address.of_link(url).host == share_domain.strip().lower()


def _seconds(ttl: object) -> object:
    try:
        return parse_duration(ttl)
    except InvalidInput:
        return ttl
