"""Who an event of the audit trail is told to be by."""

from __future__ import annotations

import os
import pwd
import socket
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.variables import Variables
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.who import who_runs

HERE = {"user": pwd.getpwuid(os.geteuid()).pw_name, "host": socket.gethostname()}
JOB = {"job_id": 17, "user_name": "alice", "job_template_name": "Hand over"}
TOLD = {"job": "17", "job_user": "alice", "job_template": "Hand over"}


class Plain:
    """A templar of values that are no templates."""

    def template(self, value: Any) -> Any:
        if value == "{{ broken }}":
            raise ValueError(value)
        return value


@pytest.mark.parametrize(
    ("variables", "environment", "told"),
    [
        ({}, {}, {}),
        ({f"awx_{name}": value for name, value in JOB.items()}, {"JOB_ID": "17"}, TOLD),
        ({f"tower_{name}": value for name, value in JOB.items()}, {}, TOLD),
        ({"awx_job_id": 17, "tower_job_id": 18}, {}, {"job": "17"}),
        ({}, {"JOB_ID": "17"}, {"job": "17"}),  # a job that nobody launched
        ({"awx_user_name": "{{ broken }}", "awx_job_id": 17}, {}, {"job": "17"}),
        ({"awx_job_template_name": "x" * 1000}, {}, {"job_template": "x" * 200}),
    ],
)
def test_it_is_the_controllers_user_and_host_and_the_job(
    variables: dict[str, Any], environment: dict[str, str], told: dict[str, str]
) -> None:
    assert who_runs(Variables(variables, Plain()), environment) == {**HERE, **told}


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert who_runs(Variables({}, Plain()), {})["user"] == str(os.geteuid())
