"""The local server and its mailbox in the background, for scenarios whose playbooks hand out links.

Usage: python tools/targets_server.py start FOLDER    FOLDER/ots.yml then holds the variables ots_*, FOLDER/mail the mails
       python tools/targets_server.py stop FOLDER
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from local_stack import LocalStack
from targets_process import end, remember, wait_until


def start(folder: Path) -> None:
    """Start them; when this returns, they answer. Ends what an earlier start has left."""
    stop(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "stack.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, __file__, "serve", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    remember(process.pid, folder / "stack.process")
    wait_until(lambda: (folder / "ots.yml").exists() or process.poll() is not None)
    if process.poll() is not None:
        sys.exit(f"the local server did not start: {(folder / 'stack.log').read_text().strip()}")


def serve(folder: Path) -> None:
    """Run them until SIGTERM comes."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    with LocalStack(folder) as stack:
        variables = folder / "ots.yml"
        unfinished = variables.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(yaml.safe_dump({name.lower(): value for name, value in stack.environment.items()}))
        unfinished.rename(variables)
        signal.pause()


def stop(folder: Path) -> None:
    """Stop them, if they run. What they wrote stays."""
    for record in folder.glob("stack.process"):
        end(record, signal.SIGTERM)


def main(arguments: list[str]) -> None:
    commands = {"start": start, "serve": serve, "stop": stop}
    match arguments:
        case [command, folder] if command in commands:
            os.umask(0o077)
            commands[command](Path(folder).absolute())
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
