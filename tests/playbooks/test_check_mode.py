# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No action and no lookup makes or changes a ledger in check mode, not even one of an earlier version."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.support import CHECKOUT
from tests.support.earlier_ledgers import earlier_ledger
from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant
from tests.support.world import KEY

LINK = "https://ots.example.com/secret/" + "k" * 31
ACTIONS: dict[str, dict[str, Any]] = {
    "ots_burn": {"name": "a"},
    "ots_deliver": {"name": "a", "channel": "webhook", "webhook_url": "https://chat.example.com/hooks/a"},
    "ots_generate": {"name": "a"},
    "ots_ledger": {"new_ledger_key": b64encode(b"n" * 32).decode()},
    "ots_ledger_info": {},
    "ots_links": {"links": [{"name": "a"}]},
    "ots_metadata_info": {"name": "a"},
    "ots_recent_info": {},
    "ots_reveal": {"name": "a", "link": LINK},
    "ots_share": {"name": "a", "secret": "s3cret"},
    "ots_status_info": {},
}
LOOKUPS = {
    "ots_generate": "'a'",
    "ots_metadata": "'a'",
    "ots_reveal": f"'{LINK}'",
    "ots_share": "'a', secret='s3cret'",
}
WITHOUT_LEDGER = {"ots_recent_info", "ots_status_info"}


def tasks() -> dict[str, dict[str, Any]]:
    """A task for each action and each lookup."""
    lookups = {f"lookup {name}": f"lookup('onetimesecret.ots.{name}', {terms})" for name, terms in LOOKUPS.items()}
    return {name: {f"onetimesecret.ots.{name}": arguments} for name, arguments in ACTIONS.items()} | {
        name: {"ansible.builtin.debug": {"msg": "{{ " + lookup + " }}"}} for name, lookup in lookups.items()
    }


def said_in_check_mode(playbooks: Playbooks, **environment: str) -> dict[str, str]:
    """What each task said, run in check mode."""
    names = [f"result_{number}" for number in range(len(tasks()))]
    registered = [
        {**task, "register": name, "ignore_errors": True} for name, task in zip(names, tasks().values(), strict=True)
    ]
    said = playbooks.save(f"[{', '.join(names)}] | map(attribute='msg', default='')") | {"check_mode": False}
    run = playbooks.run([*registered, said], "--check", **environment)
    assert run.exit_code == 0, run.output
    return dict(zip(tasks(), playbooks.registered(), strict=True))


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_action_and_every_lookup_is_here() -> None:
    for folder, named in (("action", ACTIONS), ("lookup", LOOKUPS)):
        assert {file.stem for file in (CHECKOUT / "plugins" / folder).glob("ots_*.py")} == set(named)


@pytest.mark.parametrize("key", ["", KEY], ids=["key file", "given key"])
def test_where_no_ledger_is_none_is_made(playbooks: Playbooks, tmp_path: Path, key: str) -> None:
    place = tmp_path / "ledgers"
    said_in_check_mode(playbooks, OTS_LEDGER=f"sqlite://{place}/ledger.sqlite3", OTS_LEDGER_KEY=key)

    assert not place.exists()


def test_an_earlier_ledger_is_left_as_it_is(stack: Tenant, playbooks: Playbooks, tmp_path: Path) -> None:
    place = tmp_path / "ledgers"
    url = f"sqlite://{place}/ledger.sqlite3"
    earlier_ledger("0.2.0", url)
    before = everything(place)
    said = said_in_check_mode(playbooks, OTS_LEDGER=url, OTS_LEDGER_KEY=KEY)

    assert everything(place) == before
    assert {name for name, text in said.items() if "run once without check mode" not in text} == WITHOUT_LEDGER
    assert stack.links_sent() == 0
