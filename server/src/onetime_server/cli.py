"""The command line: `onetime-server serve`, `account` and `domain`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from . import log
from .accounts import AccountError, Accounts
from .app import create_app
from .database import Database, DatabaseError
from .languages import ENGLISH, LANGUAGES
from .names import is_host_name
from .outbox import Outbox
from .profile import FREE, PLANS, PROFILES, V0_26
from .serve import bind, local_url, serve
from .services import DATABASE_FILE
from .settings import Settings, SettingsError, Smtp, data_directory, server_key
from .vault import Vault

_PREFIX = "ONETIME_SERVER_"
_DATA = "~/.local/share/onetime-server"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code. What the user can mend ends in one line on standard error and code 1."""
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
    except (AccountError, DatabaseError, SettingsError, OSError) as error:
        sys.stderr.write(f"onetime-server: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="onetime-server",
        description="A local server that answers as the Onetime Secret v1 REST API does.",
        epilog="Every option may be given as environment variable instead: --smtp-host as ONETIME_SERVER_SMTP_HOST. "
        "ONETIME_SERVER_KEY replaces the data directory's server key (64 hexadecimal digits).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="run the server"))
    _add_account(commands.add_parser("account", help="add, list and remove accounts"))
    _add_domain(commands.add_parser("domain", help="give custom domains to accounts"))
    _add_mail(commands.add_parser("mail", help="show e-mails that are not sent yet, and try them again"))
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    _data_option(parser)
    _option(parser, "--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    _option(parser, "--port", type=_port, default=7143, help="port to listen on; 0 takes a free one (%(default)s)")
    _option(parser, "--public-url", metavar="URL", help="origin of links, such as https://secrets.example.com")
    _option(parser, "--ready-file", type=Path, metavar="FILE", help='written once it listens: {"url": "http://…"}')
    _option(parser, "--log-file", type=Path, metavar="FILE", help="log there instead of to standard error")
    _option(
        parser,
        "--as",
        dest="release",
        choices=sorted(PROFILES),
        default=V0_26.name,
        help="release to answer as (%(default)s)",
    )
    _option(
        parser,
        "--link-domains",
        type=_hosts,
        default=frozenset(),
        metavar="HOST,HOST",
        help="custom domains for everybody, without registration (v0.26 only)",
    )
    _option(
        parser,
        "--forwarded-allow-ips",
        metavar="ADDRESS,ADDRESS",
        help="reverse proxies whose X-Forwarded-For is believed, networks too, * for all; none unless given",
    )
    _flag(parser, "--no-auth", help="refuse requests with credentials, as with AUTH_ENABLED=false")
    _option(parser, "--smtp-host", metavar="HOST", help="mail server; without one no e-mail is sent")
    _option(parser, "--smtp-port", type=_port, default=25, metavar="PORT", help="(%(default)s)")
    _option(parser, "--smtp-from", default="onetime-server@localhost", metavar="ADDRESS", help="sender (%(default)s)")
    _flag(parser, "--smtp-starttls", help="encrypt the connection to the mail server")
    _option(parser, "--smtp-user", metavar="NAME", help="log in to the mail server")
    _option(parser, "--smtp-password-file", type=Path, metavar="FILE", help="holds the password of --smtp-user")
    parser.set_defaults(run=_serve)


def _add_account(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="ACTION")
    add = commands.add_parser("add", help="create an account and print its API token, this once")
    add.add_argument("email", metavar="EMAIL")
    _option(add, "--plan", choices=PLANS, default=FREE, help="(%(default)s)")
    _option(add, "--token-file", metavar="FILE", help="use the token in this file (- for standard input), print none")
    _language_option(add)
    _data_option(add)
    add.set_defaults(run=_account_add)
    change = commands.add_parser("change", help="have its e-mails to recipients in another language")
    change.add_argument("email", metavar="EMAIL")
    _language_option(change, required=True)
    _data_option(change)
    change.set_defaults(run=_account_change)
    every = commands.add_parser("list", help="e-mail address, external id, plan, language and domains of every account")
    _data_option(every)
    every.set_defaults(run=_account_list)
    remove = commands.add_parser("remove", help="delete an account; its secrets stay until read or expired")
    remove.add_argument("email", metavar="EMAIL")
    _data_option(remove)
    remove.set_defaults(run=_account_remove)


def _add_domain(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="ACTION")
    add = commands.add_parser("add", help="let an account share on a custom domain")
    add.add_argument("host", metavar="HOST")
    add.add_argument("--account", required=True, metavar="EMAIL")
    _data_option(add)
    add.set_defaults(run=_domain_add)


def _add_mail(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="ACTION")
    every = commands.add_parser("list", help="number, state, tries, next try, recipient and problem of each; no link")
    _data_option(every)
    every.set_defaults(run=_mail_list)
    retry = commands.add_parser("retry", help="try one, or all, now: also what failed, and what may have been sent")
    retry.add_argument("number", metavar="NUMBER", type=int, nargs="?")
    _data_option(retry)
    retry.set_defaults(run=_mail_retry)


def _option(
    parser: argparse.ArgumentParser, name: str, choices: Sequence[str] | None = None, **settings: object
) -> None:
    """An option that an environment variable may set."""
    variable = _PREFIX + name.removeprefix("--").replace("-", "_").upper()
    if variable in os.environ:
        settings["default"] = _one_of(choices, os.environ[variable], variable)
    parser.add_argument(name, choices=choices, **settings)  # type: ignore[arg-type]


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port number")
    return int(text)


def _hosts(text: str) -> frozenset[str]:
    hosts = frozenset(host.strip().lower() for host in text.split(",") if host.strip())
    for host in hosts:
        if not is_host_name(host):
            raise argparse.ArgumentTypeError(f"{host!r} is not a bare host name such as secrets.example.com")
    return hosts


def _one_of(choices: Sequence[str] | None, given: str, variable: str) -> str:
    """`given`, which argparse does not check where it is a default. Raises SettingsError."""
    if choices is not None and given not in choices:
        raise SettingsError(f"{variable} must be one of: {', '.join(choices)}.")
    return given


def _flag(parser: argparse.ArgumentParser, name: str, help: str) -> None:  # noqa: A002
    variable = _PREFIX + name.removeprefix("--").replace("-", "_").upper()
    set_by_environment = os.environ.get(variable, "").lower() in ("1", "true", "yes", "on")
    parser.add_argument(name, action="store_true", default=set_by_environment, help=help)


def _language_option(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    parser.add_argument(
        "--language",
        choices=sorted(LANGUAGES),
        default=ENGLISH.code,
        required=required,
        help="of its e-mails to recipients" + ("" if required else " (%(default)s)"),
    )


def _data_option(parser: argparse.ArgumentParser) -> None:
    default = Path(_DATA).expanduser()
    _option(parser, "--data", type=Path, default=default, metavar="DIR", help=f"data directory ({_DATA})")


def _serve(options: argparse.Namespace) -> None:
    _forget_readiness(options.ready_file)
    data = data_directory(options.data)
    key = server_key(data, os.environ.get(f"{_PREFIX}KEY"))
    bound = bind(options.host, options.port)
    log.set_up(options.log_file)
    url = local_url(bound, options.host)
    settings = Settings(
        data=data,
        server_key=key,
        public_url=(options.public_url or url).rstrip("/"),
        profile=PROFILES[options.release],
        auth_enabled=not options.no_auth,
        smtp=_smtp(options),
        link_domains=options.link_domains,
    )
    serve(create_app(settings), bound, url, options.ready_file, options.forwarded_allow_ips)


def _forget_readiness(file: Path | None) -> None:
    """A ready file of an earlier run would tell a lie."""
    if file is None:
        return
    if not file.parent.is_dir():
        raise SettingsError(f"Cannot write {file}: there is no directory {file.parent}.")
    file.unlink(missing_ok=True)


def _smtp(options: argparse.Namespace) -> Smtp | None:
    if options.smtp_host is None:
        return None
    password = _first_line(str(options.smtp_password_file)) if options.smtp_password_file else None
    return Smtp(
        host=options.smtp_host,
        port=options.smtp_port,
        sender=options.smtp_from,
        starttls=options.smtp_starttls,
        user=options.smtp_user,
        password=password,
    )


def _account_add(options: argparse.Namespace) -> None:
    given = _first_line(options.token_file) if options.token_file else None
    with _accounts(options.data) as accounts:
        _account, token = accounts.add(options.email, options.plan, given, options.language)
    if given is None:
        sys.stdout.write(f"{token}\n")


def _account_change(options: argparse.Namespace) -> None:
    with _accounts(options.data) as accounts:
        accounts.speak(options.email, options.language)


def _account_list(options: argparse.Namespace) -> None:
    with _accounts(options.data) as accounts:
        for account, domains in accounts.all():
            sys.stdout.write(
                f"{' '.join([account.email, account.external_id, account.plan, account.language, *domains])}\n"
            )


def _account_remove(options: argparse.Namespace) -> None:
    with _accounts(options.data) as accounts:
        accounts.remove(options.email)


def _domain_add(options: argparse.Namespace) -> None:
    with _accounts(options.data) as accounts:
        accounts.add_domain(options.host, options.account)


def _mail_list(options: argparse.Namespace) -> None:
    with _database(options.data) as (database, vault):
        for mail in Outbox(database, vault, time.time).all():
            due = (
                datetime.fromtimestamp(mail.due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if mail.state == "waiting" else "-"
            )
            sys.stdout.write(
                f"{mail.id} {mail.state} {mail.attempts} {due} {mail.notice.recipient} {mail.problem or '-'}\n"
            )


def _mail_retry(options: argparse.Namespace) -> None:
    with _database(options.data) as (database, vault):
        count = Outbox(database, vault, time.time).retry(options.number)
    if options.number is not None and not count:
        raise SettingsError(f"Nothing waits or failed under the number {options.number}; see onetime-server mail list.")
    sys.stdout.write(f"{count} to be sent by the running server\n")


@contextmanager
def _accounts(data: Path) -> Iterator[Accounts]:
    with _database(data) as (database, vault):
        yield Accounts(database, vault)


@contextmanager
def _database(data: Path) -> Iterator[tuple[Database, Vault]]:
    vault = Vault(server_key(data_directory(data), os.environ.get(f"{_PREFIX}KEY")))
    database = Database(data / DATABASE_FILE, vault)
    try:
        yield database, vault
    finally:
        database.close()


def _first_line(file: str) -> str:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
    except OSError as error:
        raise SettingsError(f"Cannot read {file}: {error.strerror}.") from None
    return text.split("\n", 1)[0].strip()
