# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An error that nobody expected is told by its place: its text may hold what was given."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader, lookup_loader
from ansible.template import Templar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.defects import place_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.action import OtsAction
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import Spec

SECRET = "".join(["s3cret", "-that-must-not-be-shown"])  # put together: a traceback shows the lines of the source


class Broken(OtsAction):
    SPEC: ClassVar[Spec] = {"secret": {"type": "str", "no_log": True}}

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:  # noqa: ARG002
        raise ValueError(options["secret"])


@pytest.mark.parametrize("loop", [None, [SECRET]])
def test_a_defect_of_an_action_is_a_failure_without_its_text(
    loop: list[str] | None, capfd: pytest.CaptureFixture[str]
) -> None:
    task = Task()
    task.action, task.args, task.loop = "onetimesecret.ots.broken", {"secret": SECRET}, loop
    loader, connection = DataLoader(), connection_loader.get("ansible.builtin.local", PlayContext())
    action = Broken(task, connection, None, loader, Templar(loader=loader, variables={}), None)
    result = action.run(task_vars={"item": SECRET})

    assert (result["failed"], result["changed"], result.get("_ansible_no_log")) == (True, False, loop and True)
    assert (
        "the collection has a defect; please report it, with this place: ValueError at test_defects.py:"
        in result["msg"]
    )
    assert "called at action.py:" in result["msg"]
    assert SECRET not in str(result) + "".join(capfd.readouterr())


def test_a_defect_of_a_lookup_is_an_error_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = lookup_loader.get(
        "onetimesecret.ots.ots_generate", loader=DataLoader(), templar=Templar(loader=DataLoader())
    )

    def broken(terms: list[str], *_: Mapping[str, Any], **__: bool) -> None:
        raise ValueError(terms[0])

    monkeypatch.setattr(lookup, "look_up", broken)
    with pytest.raises(
        AnsibleLookupError, match="has a defect; please report it, with this place: ValueError at"
    ) as error:
        lookup.run([SECRET], {})
    assert SECRET not in "".join(traceback.format_exception(error.value))


def test_a_place_is_told_with_those_that_called_it() -> None:
    def deep(number: int) -> None:
        if not number:
            raise KeyError(SECRET)
        deep(number - 1)

    with pytest.raises(KeyError) as error:
        deep(9)
    assert place_of(error.value).startswith("KeyError at test_defects.py:")
    assert place_of(error.value).count(", called at test_defects.py:") == 3
    assert place_of(KeyError(SECRET)) == "KeyError at no known place"
