# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are searched for in all that a run shows and leaves: planted where they do not belong, in loops that fail, echoed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import ENTRY
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.holdings import CREDENTIAL, GROUP, PERSON
from tests.support.core import MADE_TEXT
from tests.support.echoes import CARRIERS, SENT, echoing, pairs, traces
from tests.support.planted import HOLDINGS, KINDS, NUMBERS, SECRET, Plant, actions, table, text
from tests.support.playbooks import Playbooks, Run
from tests.support.replay import Answer, replaying
from tests.support.tenants import Tenant

PLANTS = table()
SIZES = [pytest.param(False, id="some"), pytest.param(True, id="all", marks=pytest.mark.long)]


@pytest.fixture
def watched(playbooks: Playbooks) -> Iterator[Playbooks]:
    """Playbooks that write down all that they can, in their folder, and in one for temporary files."""
    folder = playbooks.folder
    for name in ("home", "retry", "facts"):
        (folder / name).mkdir()
    playbooks.environment |= {
        "HOME": str(folder / "home"),
        "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
        "ANSIBLE_RETRY_FILES_ENABLED": "true",
        "ANSIBLE_RETRY_FILES_SAVE_PATH": str(folder / "retry"),
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree",
        "ANSIBLE_CALLBACK_TREE_DIR": str(folder / "tree"),
        "JUNIT_OUTPUT_DIR": str(folder / "junit"),
    }
    with TemporaryDirectory() as short:  # core 2.21 and later have a socket there, whose path is at most 108 bytes long
        playbooks.environment["TMPDIR"] = short
        yield playbooks


def run_all(watched: Playbooks, tasks: Sequence[dict[str, Any]], *arguments: str, **variables: Any) -> Run:
    """Run tasks, each of which may fail, and end in failure, which writes a retry file."""
    given = watched.folder.with_name("given.json")  # outside of all that is searched
    given.write_text(json.dumps(variables))
    end = {"ansible.builtin.fail": {"msg": "the end"}}
    run = watched.run([*tasks, end], *("-vvvvv", "-e", f"@{given}", *arguments))
    assert run.exit_code == 2, run.output
    assert "the end" in run.output
    assert "Traceback" not in run.output
    assert "has a defect" not in run.output
    return run


def told_of(watched: Playbooks, tasks: Sequence[dict[str, Any]], **variables: Any) -> tuple[Run, list[str]]:
    """Run tasks as `run_all` does. Returns as well what each of them said; all results go into the cache of facts."""
    names = [f"result_{number}" for number in range(len(tasks))]
    results = "[" + ", ".join(names) + "]"
    registered = [{**task, "register": name, "ignore_errors": True} for task, name in zip(tasks, names, strict=True)]
    keep = {"ansible.builtin.set_fact": {"results": "{{ " + results + " }}", "cacheable": True}, "no_log": True}
    run = run_all(
        watched, [*registered, keep, watched.save(results + " | map(attribute='msg', default='')")], **variables
    )
    assert list((watched.folder / "facts").glob("*host1"))
    return run, watched.registered()


def places(watched: Playbooks, stack: Tenant, run: Run) -> Iterator[tuple[str, str]]:
    """All that a run has shown and left: place and text."""
    yield "the output", run.output
    for folder in (watched.folder, stack.folder, Path(watched.environment["TMPDIR"])):
        for path in folder.rglob("*"):
            if path.is_file():
                yield path.name, path.read_bytes().decode(errors="replace")


def shown_of(secret: re.Pattern[str], watched: Playbooks, stack: Tenant, run: Run) -> dict[str, list[str]]:
    """Return what of a pattern is found, by place. All places must have been written."""
    for name in ("ansible.log", "tree/host1", "junit/*.xml", "retry/*.retry"):
        assert list(watched.folder.glob(name)), name
    found = {place: sorted(set(secret.findall(content))) for place, content in places(watched, stack, run)}
    return {place: secrets for place, secrets in found.items() if secrets}


# -- where they do not belong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("all_of_them", SIZES)
@pytest.mark.parametrize("of", ["ots_", "lookup ", pytest.param("filter ", marks=pytest.mark.long), "variable"])
def test_no_value_of_a_wrong_kind_is_shown_whatever_the_option(
    stack: Tenant, watched: Playbooks, of: str, *, all_of_them: bool
) -> None:
    plants = [plant for plant in PLANTS if plant.place.startswith(of) and plant.kind not in MADE_TEXT]
    chosen = plants if all_of_them else one_of_each(plants)
    run, told = told_of(watched, [plant.task for plant in chosen], **{plant.name: plant.value for plant in chosen})

    wrong = [
        (plant.place, plant.option, plant.kind, said)
        for plant, said in zip(chosen, told, strict=True)
        if not re.search(plant.told, said)
    ]
    assert wrong == []
    assert shown_of(SECRET, watched, stack, run) == {}
    assert stack.requests() == 0


def one_of_each(plants: Sequence[Plant]) -> list[Plant]:
    """One plant for every option, wherever that is found first; of all kinds in turn."""
    by_option: dict[str, list[Plant]] = {}
    for plant in plants:
        by_option.setdefault(plant.option, []).append(plant)
    return [ones[number % len(ones)] for number, ones in enumerate(by_option.values())]


def test_the_table_has_every_option_of_every_plugin_and_every_kind() -> None:
    there = {(plant.place, plant.option) for plant in PLANTS}
    assert {(owner, option) for owner, spec in actions().items() for option in spec} <= there
    assert {(HOLDINGS, option) for option in (*PERSON, *GROUP, *CREDENTIAL)} <= there
    assert {("variable", "ots_api_token"), ("lookup ots_reveal", "_terms"), ("lookup ots_generate", "ttl")} <= there
    assert {plant.kind for plant in one_of_each(PLANTS)} == {plant.kind for plant in PLANTS} == set(KINDS)
    shown = [SECRET.findall(json.dumps(plant.value)) for plant in PLANTS if plant.value is not True]
    assert {len(found) for found in shown} == {1}


# -- in loops -----------------------------------------------------------------------------------------------------------------

# How a task in a loop fails: its arguments, from the secret option, and what is said. An item has a password and a number.
FAILURES: dict[str, tuple[Callable[[str], dict[str, Any]], str]] = {
    "an unknown option": (
        lambda option: {option: "{{ item.deep[0].password }}", "tll": "1h"},
        "tll: is not an option of",
    ),
    "a wrong kind": (lambda option: {option: "{{ item }}"}, "OPTION: is a mapping, not text"),
    "a number": (lambda option: {option: "{{ item.number }}"}, "OPTION: is a number, not text"),
    "another wrong kind": (
        lambda option: {option: "{{ item.number | string }}", "timeout": "soon"},
        "timeout: is text, not a number",
    ),
    "a part of it": (
        lambda option: {option: "x: {{ item.deep[0].password }}", "timeout": []},
        "timeout: is a list, not a",
    ),
    "a variable": (
        lambda option: {option: "{{ item.deep[0].password }}"},
        "ots_ledger_wait: cannot be evaluated: 'nobody",
    ),
    "nothing, or the server": (lambda option: {option: "{{ item.deep[0].password }}"}, ""),
}


# What a task of the action needs in any case.
NEEDED: dict[str, dict[str, Any]] = {
    "ots_burn": {"name": "db/alice"},
    "ots_deliver": {"name": "db/alice", "channel": "webhook"},
    "ots_generate": {"name": "db/alice"},
    "ots_links": {"links": [{"name": "db/alice"}]},
    "ots_metadata_info": {"name": "db/alice"},
    "ots_reveal": {"name": "db/alice", "secret_key": "k" * 31},
    "ots_share": {"name": "db/alice", "secret": "s3cret"},
}
INSTEAD_OF_A_NAME = ("metadata_key", "link")
TO_ADOPT = {"adopt": "db/alice", "metadata_key": "k" * 31}  # what ots_ledger needs beside what it adopts
OF_ADOPTION = ("metadata_key", "secret", "passphrase")


def failing_in_loops(*, all_of_them: bool) -> Iterator[tuple[dict[str, Any], str]]:
    """Tasks, and what each must tell: every secret option of every action, in all failures or in each one in turn."""
    turn = 0
    places = [
        (owner, option, state)
        for owner, spec in actions().items()
        for option, argument in spec.items()
        if argument.get("no_log")
        for state in spec.get("state", {}).get("choices", [None])
    ] + [
        ("ots_links", f"links[0].{option}", state)
        for option, argument in ENTRY.items()
        if argument.get("no_log")
        for state in ENTRY["state"]["choices"]
    ]
    for owner, option, state in places:
        for failure in FAILURES if all_of_them else [list(FAILURES)[turn % len(FAILURES)]]:
            turn += 1
            give, told = FAILURES[failure]
            outer, _, inner = option.rpartition("[0].")
            needed = {} if option in INSTEAD_OF_A_NAME else NEEDED.get(owner, {})
            if owner == "ots_ledger" and option in OF_ADOPTION:
                needed = TO_ADOPT
            item = {"name": "alice", "deep": [{"password": text(turn)}], "number": NUMBERS + turn}
            given = give(inner)
            if outer:
                entry = {"name": "db/alice", inner: given.pop(inner), "state": state}
                given |= {outer: [entry]}
            elif state:
                given["state"] = state
            task = {
                f"onetimesecret.ots.{owner}": {**needed, **given},
                "loop": [item],
                "ignore_errors": True,
                "vars": {"ots_ledger_wait": "{{ nobody_defines_this }}"} if failure == "a variable" else {},
            }
            is_told = told and failure.removeprefix("a ") not in MADE_TEXT
            yield task, f"[ERROR]: onetimesecret.ots.{owner}: {told.replace('OPTION', option)}" if is_told else ""


@pytest.mark.parametrize("all_of_them", SIZES)
@pytest.mark.parametrize(
    "arguments", [("--diff",), pytest.param(("--check", "--diff"), marks=pytest.mark.long)], ids=" ".join
)
def test_no_item_that_holds_a_secret_is_shown_when_its_task_fails(
    stack: Tenant, watched: Playbooks, arguments: tuple[str, ...], *, all_of_them: bool
) -> None:
    cases = list(failing_in_loops(all_of_them=all_of_them))
    items = {f"items_{number}": task["loop"] for number, (task, _) in enumerate(cases)}
    tasks = [{**task, "loop": "{{ items_" + str(number) + " }}"} for number, (task, _) in enumerate(cases)]
    with replaying(Answer(404, json={"message": "Not authorized"})) as server:
        run = run_all(watched, tasks, *arguments, **items, ots_url=server.url)

    assert shown_of(SECRET, watched, stack, run) == {}
    assert [told for _, told in cases if told not in run.one_line] == []


# Given by a variable, or not as they stand in the item. The last one is refused as a place that is none.
BY_OTHER_WAYS: list[dict[str, Any]] = [
    {"vars": {"ots_api_token": "{{ item.password }}"}},
    {"vars": {"ots_proxy": "ftp://me:{{ item.password }}@127.0.0.1:1"}},
    {"vars": {"ots_ledger": "mysql://me:{{ item.password }}@127.0.0.1:1/ots"}},
    {"vars": {"ots_ledger_key": "{{ item.password }}"}},
    {"module_defaults": {"onetimesecret.ots.ots_status_info": {"api_token": "{{ item.password }}"}}},
    {"onetimesecret.ots.ots_status_info": {"url": "https://me:{{ item.password }}@127.0.0.1:1"}},
    {"onetimesecret.ots.ots_status_info": {"api_token": "{{ item.password }}"}, "async": 1, "poll": 1},
    {
        "onetimesecret.ots.ots_status_info": {"api_token": "{{ person.password }}"},
        "loop_control": {"loop_var": "person"},
    },
]


def test_nor_is_one_that_gives_it_by_other_ways(stack: Tenant, watched: Playbooks) -> None:
    items = {f"items_{number}": [{"password": text(number)}] for number in range(len(BY_OTHER_WAYS))}
    tasks = [
        {
            "onetimesecret.ots.ots_status_info": {},
            "loop": "{{ items_" + str(number) + " }}",
            "ignore_errors": True,
            **way,
        }
        for number, way in enumerate(BY_OTHER_WAYS)
    ]
    run = run_all(watched, tasks, **items, ots_username="")

    assert shown_of(SECRET, watched, stack, run) == {}
    assert run.output.count("censored") >= len(tasks)


# -- from a server that repeats what it was sent ------------------------------------------------------------------------------


def calls(base: str, base_of_known: str, number: int) -> dict[str, dict[str, Any]]:
    """A task for every way to reach a server at BASE. What it sends is in variables of the names that `SENT` has."""
    name, by_key = f"db/{number}", {"url": base_of_known, "metadata_key": "{{ key }}"}
    protected = {"url": base, "passphrase": "{{ passphrase }}"}
    share = f"lookup('onetimesecret.ots.ots_share', 'l/{name}', url='{base}', secret=secret, passphrase=passphrase)"
    reveal = f"lookup('onetimesecret.ots.ots_reveal', '{base}/secret/' ~ key, passphrase=passphrase, url='{base}')"
    return {
        "share": {"onetimesecret.ots.ots_share": {**protected, "name": name, "secret": "{{ secret }}"}},
        "burn": {"onetimesecret.ots.ots_burn": {**by_key, "passphrase": "{{ passphrase }}"}},
        "look a link up": {"ansible.builtin.set_fact": {"found": "{{ " + reveal + " }}"}},
        "generate": {"onetimesecret.ots.ots_generate": {**protected, "name": name}},
        "reveal": {"onetimesecret.ots.ots_reveal": {**protected, "secret_key": "{{ key }}"}},
        "share in a lookup": {"ansible.builtin.set_fact": {"found": "{{ " + share + " }}"}},
        "metadata": {"onetimesecret.ots.ots_metadata_info": {"url": base, "metadata_key": "{{ key }}"}},
        "recent": {"onetimesecret.ots.ots_recent_info": {"url": base}},
        "status": {"onetimesecret.ots.ots_status_info": {"url": base}},
    }


READS = ("metadata", "recent", "status")  # which are repeated, after a pause, where the reply was lost


@pytest.mark.parametrize(
    ("turns", "ways"), [pytest.param(1, 3, id="some"), pytest.param(4, 9, id="many", marks=pytest.mark.long)]
)
def test_nothing_that_a_server_repeats_is_shown(stack: Tenant, watched: Playbooks, turns: int, ways: int) -> None:
    with echoing() as server:
        tasks = [
            task
            for number, (encoding, carrier) in enumerate(pairs(turns))
            for call, task in list(
                calls(
                    server.base(encoding, carrier), server.base(encoding, carrier, knows_the_link=True), number
                ).items()
            )[:ways]
            if not (CARRIERS[carrier].is_lost and call in READS)
        ]
        variables = {**SENT, "ots_username": "ops@example.com", "ots_api_token": SENT["api_token"]}
        run, told = told_of(watched, tasks, **variables)

    assert set(SENT.values()) <= set(server.heard)
    assert len(told) == len(tasks)
    found = {place: traces(content) for place, content in places(watched, stack, run)}
    assert {place: pieces for place, pieces in found.items() if pieces} == {}
