# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks Ansible. On a Python that is too old it says so: else core would take the failed import for a bug of its own."""

from __future__ import annotations

import sys

from ansible.errors import AnsibleError

MINIMUM = (3, 11)


def check_python(version: tuple[int, int], program: str) -> None:
    """Raise AnsibleError where Python is older than the collection needs."""
    if version < MINIMUM:
        raise AnsibleError(
            "onetimesecret.ots needs Python {}.{} or later on the controller, and {} is Python {}.{}; install ansible-core into"
            " a newer Python.".format(*MINIMUM, program, *version)
        )


check_python(sys.version_info[:2], sys.executable)
