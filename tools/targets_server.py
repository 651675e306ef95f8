"""The local server and its mailbox in the background, for scenarios whose playbooks hand out links.

Usage: python tools/targets_server.py start FOLDER    FOLDER/ots.yml then holds the variables ots_*, FOLDER/mail the mails
       python tools/targets_server.py stop FOLDER
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_stack import LocalStack
from targets_process import background_command


@contextmanager
def server(folder: Path) -> Iterator[dict[str, str]]:
    """Run them; yields the variables ots_*."""
    with LocalStack(folder) as stack:
        yield {name.lower(): value for name, value in stack.environment.items()}


if __name__ == "__main__":
    background_command(__file__, __doc__, server, "ots.yml")
