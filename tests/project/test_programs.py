# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that does not end fails its test, and does not hold it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.programs import output_of


def test_a_program_that_is_late_is_killed() -> None:
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    with pytest.raises(subprocess.TimeoutExpired):
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE) as process:
            output_of(process, 0.1)

    assert process.returncode == -9
