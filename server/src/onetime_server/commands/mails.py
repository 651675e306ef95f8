"""`onetime-server mail`."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from ..options import Options
from ..outbox import Outbox
from ..settings import SettingsError
from .command import Group, command, database_of, group


def add_to(commands: Group) -> None:
    """Declare them."""
    mail = group(commands, "mail", "show e-mails that are not sent yet, and try them again")
    command(mail, "list", _list, Options, "number, state, tries, next try, recipient and problem of each; no link")
    retry = command(
        mail, "retry", _retry, Options, "try one, or all, now: also what failed, and what may have been sent"
    )
    retry.add_argument("number", metavar="NUMBER", type=int, nargs="?")


def _list(options: Options, _given: argparse.Namespace) -> None:
    with database_of(options) as (database, vault):
        for mail in Outbox(database, vault, time.time).all():
            due = (
                datetime.fromtimestamp(mail.due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if mail.state == "waiting" else "-"
            )
            sys.stdout.write(
                f"{mail.id} {mail.state} {mail.attempts} {due} {mail.notice.recipient} {mail.problem or '-'}\n"
            )


def _retry(options: Options, given: argparse.Namespace) -> None:
    with database_of(options) as (database, vault):
        count = Outbox(database, vault, time.time).retry(given.number)
    if given.number is not None and not count:
        raise SettingsError(f"Nothing waits or failed under the number {given.number}; see onetime-server mail list.")
    sys.stdout.write(f"{count} to be sent by the running server\n")
