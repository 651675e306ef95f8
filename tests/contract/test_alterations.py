"""The proof of the proof: a recording that is altered in one place does not agree any more."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.reports.contract import check, report
from tests.support.contract import client_side, server_side
from tests.support.recorded import RELEASES, Exchange, load

*OLDER, NEWEST = RELEASES
# The checks know of no release, so one has its turn in `make test`.
NEWEST_AND_OTHERS = [NEWEST, *(pytest.param(release, marks=pytest.mark.long) for release in OLDER)]

READ_BY_CLIENT = {
    "metadata": {
        *("metadata_key", "state", "ttl", "created", "recipient", "share_domain", "updated", "received"),
        *("secret_key", "secret_ttl", "metadata_ttl", "passphrase_required"),
    },
    "share": {"metadata_key", "state", "ttl", "created", "recipient", "share_domain", "secret_key"},
    "reveal": {"value"},
    "status": {"status", "locale"},
    "burn": set(),  # 200 says it all
    "recent": set(),
}
READ_BY_CLIENT["generate"] = READ_BY_CLIENT["share"] | {"value"}


def with_json(exchange: Exchange, json: Any) -> Exchange:
    return replace(exchange, reply=replace(exchange.reply, json=json))


def altered_documents(json: Any) -> Iterator[tuple[str, Any]]:
    """Every document that lacks one field of `json`, or has another type or text there; fields within fields too."""
    if isinstance(json, list):
        for place, inner in enumerate(json):
            for label, altered in altered_documents(inner):
                yield f"{place}.{label}", [*json[:place], altered, *json[place + 1 :]]
    if not isinstance(json, dict):
        return
    for field, value in json.items():
        yield f"{field} removed", {name: kept for name, kept in json.items() if name != field}
        yield f"{field} of another type", {**json, field: [value] if isinstance(value, str) else str(value)}
        if field in ("message", "error"):
            yield f"{field} in other words", {**json, field: f"no {value}!"}
        for label, altered in altered_documents(value):
            yield f"{field}.{label}", {**json, field: altered}
    yield "a field too many", {**json, "surplus": 1}


def altered_replies(exchange: Exchange) -> Iterator[tuple[str, Exchange]]:
    reply = exchange.reply
    yield "status", replace(exchange, reply=replace(reply, status=500 if reply.status != 500 else 404))
    for header in ("content-type", "x-ots-intended-status", "x-request-id"):
        if header in reply.headers:
            fewer = {name: value for name, value in reply.headers.items() if name != header}
            yield f"{header} removed", replace(exchange, reply=replace(reply, headers=fewer))
    other = {**reply.headers, "content-type": "text/html"}
    yield "content-type", replace(exchange, reply=replace(reply, headers=other))


@pytest.mark.parametrize("release", NEWEST_AND_OTHERS)
def test_the_server_s_check_notices_every_alteration_of_a_reply(release: str) -> None:
    unnoticed, tried = [], 0
    for replayed in server_side.replay(release, load(release)):
        assert server_side.differences(replayed) == []
        candidates = [
            (label, replace(replayed, exchange=altered)) for label, altered in altered_replies(replayed.exchange)
        ]
        candidates += [
            (label, replace(replayed, expected_json=altered))
            for label, altered in altered_documents(replayed.expected_json)
        ]
        tried += len(candidates)
        unnoticed += [
            f"{replayed.exchange.name}: {label}"
            for label, candidate in candidates
            if not server_side.differences(candidate)
        ]

    assert unnoticed == []
    assert tried > 3_000


@pytest.mark.parametrize("release", NEWEST_AND_OTHERS)
def test_the_client_s_check_notices_every_alteration_of_what_the_client_reads(release: str) -> None:
    """Of exchanges that look alike, one is altered."""
    kinds = {_kind(exchange): exchange for exchange in load(release)}
    altered = [
        (f"{exchange.name}: {label}", candidate)
        for exchange in kinds.values()
        for label, candidate in altered_for_client(exchange)
    ]

    checked = client_side.check(release, [candidate for _, candidate in altered])

    assert [label for (label, _), one in zip(altered, checked, strict=True) if not one.differences] == []
    assert len(altered) > 100


def _kind(exchange: Exchange) -> tuple[object, ...]:
    json = exchange.reply.json if isinstance(exchange.reply.json, dict) else {}
    return (
        client_side.call_for(exchange),
        exchange.reply.status,
        json.get("message"),
        str(json.get("state")),
        frozenset(json),
    )


def altered_for_client(exchange: Exchange) -> Iterator[tuple[str, Exchange]]:
    """Other status, other words, and for a success other fields and another content type."""
    json, call = exchange.reply.json, client_side.call_for(exchange)
    if not isinstance(json, dict):
        return
    for label, document in altered_documents(json):
        field, _, how = label.partition(" ")
        if how == "in other words" or (exchange.reply.status == 200 and field in READ_BY_CLIENT[call]):
            yield label, with_json(exchange, document)
    if exchange.reply.status == 200:
        yield from (found for found in altered_replies(exchange) if found[0] != "x-request-id removed")


ALTERATIONS: dict[str, tuple[str, Callable[[Exchange], Exchange], set[str]]] = {
    "a field removed": (
        "share authenticated",
        lambda exchange: with_json(exchange, {k: v for k, v in exchange.reply.json.items() if k != "share_domain"}),
        {"client", "server"},
    ),
    "a field's type changed": (
        "share authenticated",
        lambda exchange: with_json(exchange, exchange.reply.json | {"passphrase_required": "False"}),
        {"client", "server"},
    ),
    "a message changed": (
        "status bad token",
        lambda exchange: with_json(exchange, {"message": "Not authorised"}),
        {"client", "server"},
    ),
    "a status changed": (
        "status bad token",
        lambda exchange: replace(exchange, reply=replace(exchange.reply, status=500)),
        {"client", "server"},
    ),
    "a header changed": (
        "status bad token",
        lambda exchange: replace(
            exchange, reply=replace(exchange.reply, headers=exchange.reply.headers | {"x-ots-intended-status": "403"})
        ),
        {"server"},  # the client goes by the message
    ),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_one_altered_exchange_fails_the_whole_report(alteration: str) -> None:
    name, alter, noticed_by = ALTERATIONS[alteration]
    exchanges = load("v0.26.6")[:30]
    assert report_of(exchanges)[-1].endswith(" 0 failed")

    altered = [alter(copy.deepcopy(one)) if one.name == name else one for one in exchanges]

    lines = report_of(altered)
    assert lines[-1].endswith(f" {len(noticed_by)} failed")
    failed = lines[lines.index("Failed:") + 1 :]
    for side in noticed_by:
        assert any(line.startswith(f"  v0.26.6 {side}, ") and f", {name}: " in line for line in failed)


def report_of(exchanges: list[Exchange]) -> list[str]:
    return list(report(check({"v0.26.6": exchanges})))
