"""Log in over SSH as a person at a terminal does: with a password, and changing it when the host demands that.

Usage: python tools/targets_login.py < JSON
JSON in: {"ssh": [arguments of ssh], "password": …, "new_password": … or none, "command": …}
JSON out: {"outcome": "refused", "changed" (the password, and the session ended) or "entered", "output": …}
"""

from __future__ import annotations

import json
import sys

import pexpect

LIMIT = 30  # seconds
BY_PASSWORD = ["-tt", "-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR"]


def log_in(ssh: list[str], password: str, new_password: str | None, command: str) -> tuple[str, str]:
    """Log in, run a command, and return the outcome and what the host said. `new_password` None: refuse to change it."""
    with pexpect.spawn("ssh", [*BY_PASSWORD, *ssh, command], encoding="utf-8", timeout=LIMIT) as terminal:
        terminal.expect("password: ")
        terminal.sendline(password)
        answers = ["Permission denied", "Current password: ", pexpect.EOF]
        answer = terminal.expect(answers)
        said = str(terminal.before)
        if answer == 1 and new_password is not None:
            said += change(terminal, password, new_password)
    return ("refused", "changed", "entered")[answer], said


def change(terminal: pexpect.spawn[str], password: str, new_password: str) -> str:
    """Answer the three questions of `passwd`, and return what the host said."""
    terminal.sendline(password)
    for question in ("New password: ", "Retype new password: "):
        terminal.expect(question)
        terminal.sendline(new_password)
    terminal.expect(pexpect.EOF)
    return str(terminal.before)


def main() -> None:
    order = json.load(sys.stdin)
    outcome, output = log_in(order["ssh"], order["password"], order.get("new_password"), order["command"])
    print(json.dumps({"outcome": outcome, "output": output}))


if __name__ == "__main__":
    main()
