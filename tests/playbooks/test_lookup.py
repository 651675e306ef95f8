"""The lookup: one value per name, in every evaluation."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from local_stack import LocalStack
from support.playbooks import Playbooks

CHECKOUT = Path(__file__).resolve().parents[2]
LOOKUP = "lookup('onetimesecret.ots.ots_generate', "


def test_every_evaluation_has_the_same_value(stack: LocalStack, playbooks: Playbooks) -> None:
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
    assert len(value) == 12
    assert {(playbooks.folder / f"host{number}").read_text() for number in (1, 2, 3)} == {value}
    assert stack.links_sent() == 1
    assert stack.requests() == 1


def test_several_names_no_name_and_links(stack: LocalStack, playbooks: Playbooks) -> None:
    playbooks.hosts = 2
    make = {"onetimesecret.ots.ots_generate": {"name": "a"}, "register": "made", "run_once": True}
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


def test_check_mode_makes_nothing(stack: LocalStack, playbooks: Playbooks) -> None:
    value = {"msg": "{{ " + LOOKUP + "'a') }} {{ " + LOOKUP + "'a', return='link') }}"}
    run = playbooks.run([{"ansible.builtin.debug": value}], "--check")

    assert f"no-value-in-check-mode {stack.url}/secret/no-value-in-check-mode" in run.output
    assert stack.requests() == 0


def test_a_known_name_needs_neither_server_nor_libraries(
    stack: LocalStack, playbooks: Playbooks, tmp_path: Path
) -> None:
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

    run = playbooks.run([playbooks.save(LOOKUP + "'b')")], PYTHONPATH=str(blocked))
    assert "the Python package requests is missing or too old" in run.one_line
    assert "Traceback" not in run.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'a', tll='7d'", "tll: is no option of this lookup; it has"),
        ("'a', ttl='soon'", "ttl: "),
        ("' '", "name: is empty"),
        ("'a', length=129", "length: is no whole number from 1 to 128"),
        ("'a', passphrase='x' * 129", "passphrase: "),
    ],
)
def test_bad_input_is_named(playbooks: Playbooks, stack: LocalStack, arguments: str, message: str) -> None:
    run = playbooks.run([playbooks.save(LOOKUP + arguments + ")")])

    assert run.exit_code == 2
    assert message in run.one_line
    assert "Traceback" not in run.output
    assert stack.requests() == 0


def test_the_bare_name_works_where_the_lookup_path_is_set(stack: LocalStack, playbooks: Playbooks) -> None:
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
