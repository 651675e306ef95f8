"""Programs that a test starts, and what they print."""

from __future__ import annotations

import subprocess

RUN_LIMIT = 600  # seconds, for one run on a busy machine


def output_of(process: subprocess.Popen[str], limit: float = RUN_LIMIT) -> str:
    """Return all that a program prints until its end, which comes within so many seconds. Raises TimeoutExpired.

    One that is late is killed: leaving its `with` waits for it, and ansible-playbook never ends when its reader is gone.
    """
    try:
        return process.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        raise
