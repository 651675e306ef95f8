"""The lookup: one value per name, in every evaluation."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import CHECKOUT
from tests.support.ledgers import age, records
from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant

LOOKUP = "lookup('onetimesecret.ots.ots_generate', "


def test_every_evaluation_has_the_same_value(stack: Tenant, playbooks: Playbooks) -> None:
    playbooks.hosts = 3
    template = playbooks.folder / "app.j2"
    template.write_text("{{ " + LOOKUP + "'db/prod/app') }}")
    tasks = [
        {"ansible.builtin.set_fact": {"first": "{{ password }}", "second": "{{ password }}"}, "no_log": True},
        {
            "ansible.builtin.template": {
                "src": str(template),
                "dest": str(playbooks.folder / "{{ inventory_hostname }}"),
            }
        },
        playbooks.save("ansible_play_hosts | map('extract', hostvars) | map(attribute='first') | list + [second]"),
    ]
    for task in tasks:
        task["vars"] = {"password": "{{ " + LOOKUP + "'db/prod/app', ttl='7d', recipient='alice@example.com') }}"}
    assert playbooks.run(tasks).exit_code == 0
    assert playbooks.run(tasks).changed == 0

    (value,) = set(playbooks.registered())
    (record,) = records(stack).values()
    assert len(value) == 12
    assert (record.ttl, record.recipient) == (604_800, "alice@example.com")
    assert [mail["To"] for mail in stack.mailbox.mails()] == ["alice@example.com"]
    assert {(playbooks.folder / f"host{number}").read_text() for number in (1, 2, 3)} == {value}
    assert stack.links_sent() == 1
    assert stack.requests() == 1


def test_several_names_no_name_and_links(stack: Tenant, playbooks: Playbooks) -> None:
    playbooks.hosts = 2
    make = {
        "onetimesecret.ots.ots_generate": {"name": "a", "return_content": True},
        "register": "made",
        "run_once": True,
    }
    own = "{{ lookup('onetimesecret.ots.ots_generate', length=32) }}"
    expression = {
        "two": "{{ query('onetimesecret.ots.ots_generate', 'a', 'b') }}",
        "link": "{{ " + LOOKUP + "'a', return='link') }}",
        "own": "{{ ansible_play_hosts | map('extract', hostvars) | map(attribute='own') | list }}",
    }
    tasks = [make, {"ansible.builtin.set_fact": {"own": own}}, {"ansible.builtin.set_fact": {"all": expression}}]
    playbooks.run([*tasks, playbooks.save("{'all': all, 'made': made}")])
    saved = playbooks.registered()
    found, made = saved["all"], saved["made"]

    assert found["two"][0] == made["value"] != found["two"][1]
    assert found["link"] == made["link"]
    assert [len(value) for value in found["own"]] == [32, 32]
    assert len(set(found["own"])) == 2
    assert stack.links_sent() == 4


@pytest.mark.long
def test_an_end_that_is_known_makes_another_link_and_age_another_value(stack: Tenant, playbooks: Playbooks) -> None:
    again = "'db', ttl='1h', reissue_on=['received'], rotate_after='1d'"
    both = playbooks.save(f"[{LOOKUP}{again}), {LOOKUP}{again}, return='link')]")

    def evaluated() -> list[str]:
        run = playbooks.run([both])
        assert run.exit_code == 0, run.output
        return list(playbooks.registered())

    first = evaluated()
    requests.post(f"{stack.url}/api/v1/secret/{first[1].rpartition('/')[2]}", timeout=30).raise_for_status()
    assert evaluated() == first, "a lookup asks no server what became of a link"
    noted = playbooks.run([{"onetimesecret.ots.ots_generate": {"name": "db", "ttl": "1h"}}])
    assert (noted.exit_code, noted.changed) == (0, 0), noted.output
    second = evaluated()
    age(stack, "db", 2 * 86_400)
    third = evaluated()

    assert (first[0] == second[0], first[1] == second[1]) == (True, False)
    assert (second[0] == third[0], second[1] == third[1]) == (False, False)
    assert evaluated() == third
    assert stack.links_sent() == 3


def test_check_mode_makes_nothing(stack: Tenant, playbooks: Playbooks) -> None:
    value = {"msg": "{{ " + LOOKUP + "'a') }} {{ " + LOOKUP + "'a', return='link') }}"}
    run = playbooks.run([{"ansible.builtin.debug": value}], "--check")

    assert f"no-value-in-check-mode {stack.url}/secret/no-value-in-check-mode" in run.output
    assert stack.requests() == 0


def test_a_known_name_needs_neither_server_nor_libraries(stack: Tenant, playbooks: Playbooks, tmp_path: Path) -> None:
    evaluate = playbooks.save(LOOKUP + "'a')")
    playbooks.run([evaluate])
    value, sent = playbooks.registered(), stack.requests()
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    for library in ("requests", "pydantic", "urllib3"):
        (blocked / f"{library}.py").write_text("raise ImportError(__name__)")

    assert playbooks.run([evaluate], PYTHONPATH=str(blocked)).exit_code == 0
    assert playbooks.registered() == value
    assert stack.requests() == sent

    run = playbooks.run([{"debug": {"msg": "{{ " + LOOKUP + "'b') }}"}}], PYTHONPATH=str(blocked))
    assert "the Python package requests is missing or too old" in run.one_line
    assert "Traceback" not in run.output


BAD_INPUT = {
    "'a', tll='7d'": "tll: is not an option of the lookup ots_generate; its options are",
    "'a', ttl='soon'": "ttl: is 'soon', which is not a duration",
    "' '": "name: is empty",
    "'a', length=129": "length: is not a whole number from 4 to 128",
    "'a', passphrase='x' * 129": "passphrase: has 129 characters",
}


def test_bad_input_is_named_and_nothing_is_sent(playbooks: Playbooks, stack: Tenant) -> None:
    def attempt(number: int, arguments: str) -> dict[str, Any]:
        said = playbooks.save("ansible_failed_result.msg", f"said_{number}")
        return {"block": [playbooks.save(LOOKUP + arguments + ")") | {"no_log": False}], "rescue": [said]}

    run = playbooks.run([attempt(number, arguments) for number, arguments in enumerate(BAD_INPUT)])

    assert run.exit_code == 0, run.output
    for number, message in enumerate(BAD_INPUT.values()):
        assert message in playbooks.registered(f"said_{number}")
    assert "Traceback" not in run.output
    assert stack.requests() == 0


@pytest.mark.long
def test_the_bare_name_works_where_the_lookup_path_is_set(stack: Tenant, playbooks: Playbooks) -> None:
    """As docs/examples/bare_lookup shows it, with its own ansible.cfg."""
    example = playbooks.folder / "example"
    shutil.copytree(CHECKOUT / "docs" / "examples" / "bare_lookup", example)
    (example / "collections").symlink_to(playbooks.collections_path)
    playbooks.folder = example
    settings: dict[str, Any] = {"ANSIBLE_COLLECTIONS_PATH": "", "ANSIBLE_CONFIG": str(example / "ansible.cfg")}

    first = playbooks.run(example / "site.yml", **settings)
    second = playbooks.run(example / "site.yml", **settings)
    assert (first.exit_code, first.changed, second.changed) == (0, 1, 0), first.output
    assert stack.links_sent() == 1


def test_a_lookup_follows_the_check_mode_of_its_task(playbooks: Playbooks) -> None:
    def evaluated(number: int, **task: object) -> dict[str, Any]:
        value = "{{ " + LOOKUP + f"'app/{number}')" + " }}"
        return {"ansible.builtin.set_fact": {f"value_{number}": value}, **task}

    values = "[value_1, value_2]"
    playbooks.run([evaluated(1, check_mode=True), evaluated(2), playbooks.save(values)])
    simulated, made = playbooks.registered()
    assert simulated == "no-value-in-check-mode"
    assert made != simulated

    run = playbooks.run(
        [evaluated(1), evaluated(3, check_mode=False), playbooks.save("[value_1, value_3]") | {"check_mode": False}],
        "--check",
    )
    assert run.exit_code == 0, run.output
    simulated, made = playbooks.registered()
    assert simulated == "no-value-in-check-mode"
    assert made != simulated


def test_a_condition_follows_the_check_mode_of_its_task(playbooks: Playbooks) -> None:
    condition = LOOKUP + "'app/1') != 'no-value-in-check-mode'"
    task = {"ansible.builtin.debug": {"msg": "made"}, "when": condition}
    run = playbooks.run(
        [task | {"check_mode": "{{ cautious }}", "vars": {"cautious": True}}, task | {"check_mode": True}, task]
    )

    assert run.output.count("skipping:") == 2
    assert run.output.count('"msg": "made"') == 1


def test_a_lookup_makes_a_value_of_the_characters_that_are_asked_for(playbooks: Playbooks) -> None:
    omitted = "recipient=nobody | default(omit), ttl=never | default(omit)"  # which is not given
    look_up = f"{LOOKUP}'api/token', chars=['digits', '-'], length=40, {omitted})"
    run = playbooks.run([playbooks.save(look_up), playbooks.save(look_up, "again")])

    assert run.exit_code == 0, run.output
    assert set(playbooks.registered()) <= set("0123456789-")
    assert len(playbooks.registered()) == 40
    assert playbooks.registered("again") == playbooks.registered()
