# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of the job templates, by hand: which names they are about. `tests/awx` runs them as AWX does."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.support import CHECKOUT
from tests.support.ledgers import age, records
from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant

PLAYBOOKS = CHECKOUT / "playbooks"
NAMES = [
    "db/p.od/alice",
    "db/prod/alice",
    "db/p.od/alice/passphrase",
    "xdb/p.od/alice",
    "c++/alice",
    "(old/alice",
    "[a-z]/alice",
    "a/alice",
    "^$|/alice",
]


@pytest.fixture
def due(stack: Tenant, playbooks: Playbooks) -> Playbooks:
    """Playbooks with a value under each name that is a month old."""
    make = {"onetimesecret.ots.ots_generate": {"name": "{{ item }}", "ttl": "1h"}, "loop": NAMES}
    assert playbooks.run([make]).changed == 1
    for name in NAMES:
        age(stack, name, 30 * 86_400)
    playbooks.environment["ANSIBLE_SHOW_CUSTOM_STATS"] = "true"
    return playbooks


@pytest.mark.long
def test_names_are_taken_as_they_stand_whatever_a_regular_expression_would_make_of_them(
    stack: Tenant, due: Playbooks
) -> None:
    matching = {
        "db/p.od/": ["db/p.od/alice"],
        "c++/": ["c++/alice"],
        "(old": ["(old/alice"],
        "[a-z]/": ["[a-z]/alice"],
        "^$|": ["^$|/alice"],
        ".*": [],
    }
    plays = [
        {"ansible.builtin.import_playbook": str(PLAYBOOKS / playbook), "vars": {names: begin, "rotate_after": "30d"}}
        for begin in matching
        for playbook, names in (("report.yml", "report_names"), ("rotate.yml", "rotate_names"))
    ]
    (due.folder / "all.yml").write_text(yaml.safe_dump(plays))
    before = records(stack)
    run = due.run(due.folder / "all.yml")
    after = records(stack)

    assert run.exit_code == 0, run.output
    played = run.output.split("PLAY [")[1:]
    for expected, report, rotation in zip(matching.values(), played[::2], played[1::2], strict=True):
        rows = [name for name in NAMES if re.search(rf"\"{re.escape(name)} +-", report)]
        assert [name for name in rows if not name.endswith("/passphrase")] == expected
        assert re.findall(r"^changed: \[localhost\] => \(item=(.+)\)", rotation, re.MULTILINE) == expected
    rotated = [name for name in after if after[name].value != before[name].value]
    assert sorted(rotated) == sorted(name for names in matching.values() for name in names)
    assert all(f'"{name}"' in played[-1] for name in rotated)  # among the job's artifacts, which are shown at the end
