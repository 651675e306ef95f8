"""What a change of the configuration means for a link. Pure: nothing is asked and nothing done here.

| the configuration | the link is |
|---|---|
| names a link that is not in the state | created |
| changes the content, or a keeper in rotate_when_changed | replaced |
| stays, but the link has come to an end that is in reissue_on | replaced |
| changes anything else | updated, in the state only |

An imported link has no content in the state, because no server tells it: the first configuration that gives some is taken for
the link's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .onetime.durations import parse_duration
from .onetime.errors import InvalidInput
from .protocol.values import UNKNOWN, Values
from .schema import Schema

# What other ends a word in reissue_on covers: a link that the server lost was as little read as an expired one.
COVERS = {"expired": ("expired", "orphaned")}


@dataclass(frozen=True)
class Lifecycle:
    """What of a resource makes its link what it is.

    content: a change of any of these replaces the link. origin: the attributes of which a link that Terraform made has
    one in its state, and an imported one none.
    """

    schema: Schema
    content: tuple[str, ...]
    origin: tuple[str, ...]


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
    changed = [name for name in lifecycle.content if _differs(name, prior[name], wanted[name])]
    if changed and not _is_imported(lifecycle, prior):
        return Planned(_with_results_unknown(lifecycle.schema, wanted), changed)
    if is_to_be_reissued(prior["state"], wanted["reissue_on"]):
        return Planned(_with_results_unknown(lifecycle.schema, wanted), ["state"])
    return Planned(wanted)


def is_to_be_reissued(state: str, reissue_on: object) -> bool:
    """Whether a link that ended as STATE is to be sent again."""
    if not isinstance(reissue_on, list):  # null, or not known yet
        return False
    return any(state in COVERS.get(word, (word,)) for word in reissue_on)


def _defaults(config: Values) -> Values:
    return {"burn_on_destroy": True} if config["burn_on_destroy"] is None else {}


def _with_results_unknown(schema: Schema, wanted: Values) -> Values:
    results = [attribute.name for attribute in schema if attribute.computed and not attribute.optional]
    return {**wanted, **dict.fromkeys(results, UNKNOWN)}


def _differs(name: str, prior: object, wanted: object) -> bool:
    if wanted is UNKNOWN:
        return True
    if name == "ttl":
        return _seconds(prior) != _seconds(wanted)
    return prior != wanted


def _seconds(ttl: object) -> object:
    try:
        return parse_duration(ttl)
    except InvalidInput:
        return None


def _is_imported(lifecycle: Lifecycle, prior: Values) -> bool:
    return all(prior[name] is None for name in lifecycle.origin)
