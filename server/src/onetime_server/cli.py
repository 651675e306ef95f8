"""The command line."""

from __future__ import annotations

import sqlite3
import sys

from .accounts import AccountError
from .commands import accounts, mails, serving, upkeep
from .commands.command import Parser
from .database import DatabaseError
from .options import read
from .settings import SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code. What the user can mend ends in one line on standard error and code 1."""
    try:
        given, unknown = _parser().parse_known_args(arguments)
        if unknown:
            # Without its value, which may be a secret.
            named = unknown[0].partition("=")[0] if unknown[0].startswith("-") else "An argument"
            given.parser.error(f"{named} is not for this command")
        return given.run(read(given.kind, vars(given)), given) or 0
    except (AccountError, DatabaseError, SettingsError, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"onetime-server: {error}\n")
        return 1


def _parser() -> Parser:
    parser = Parser(
        prog="onetime-server",
        description="A local server that answers as the Onetime Secret v1 REST API does.",
        epilog="Every option may be given as environment variable instead, --smtp-host as ONETIME_SERVER_SMTP_HOST, or in "
        "the TOML file of --config, as smtp_host. The command line wins over the environment, that over the file. "
        "ONETIME_SERVER_KEY replaces the data directory's server key (64 hexadecimal digits).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for kind in (serving, accounts, mails, upkeep):
        kind.add_to(commands)
    return parser
