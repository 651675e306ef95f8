# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who runs Ansible, for the audit trail: the controller's user and host, and the job of AWX where it is one."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Mapping
from contextlib import suppress

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.variables import Variables

JOB = {"job": "job_id", "job_user": "user_name", "job_template": "job_template_name"}  # as AWX calls them
PREFIXES = ("awx", "tower")
LONGEST = 200  # characters


def who_runs(variables: Variables, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is known of who runs. AWX tells the job by extra variables, and its number in JOB_ID as well."""
    by = {"user": _user(), "host": socket.gethostname()}
    for field, variable in JOB.items():
        for prefix in PREFIXES:
            with suppress(InvalidInput):
                if field not in by and (value := variables.value(f"{prefix}_{variable}")) is not None:
                    by[field] = str(value)[:LONGEST]
    if "job" not in by and environment.get("JOB_ID"):
        by["job"] = environment["JOB_ID"][:LONGEST]
    return by


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # as in a container
        return str(os.geteuid())
