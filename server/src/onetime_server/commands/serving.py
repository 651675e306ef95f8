"""`onetime-server serve`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..options import ServeOptions
from ..profile import PROFILES
from ..settings import Settings, SettingsError, Smtp
from .command import Group, command, first_line, key_of


def add_to(commands: Group) -> None:
    """Declare it."""
    command(commands, "serve", _serve, ServeOptions, "run the server")


def _serve(options: ServeOptions, _given: argparse.Namespace) -> None:
    # Here, not above: other commands need no web server, which takes long to load.
    from ..protocol import TimeLimits
    from ..serve import Manner, bind, local_url, serve

    _forget_readiness(options.ready_file)
    key = key_of(options)
    bound = bind(options.host, options.port)
    url = local_url(bound, options.host, "https" if options.tls_certificate else "http")
    settings = Settings(
        data=options.data,
        server_key=key,
        public_url=options.public_url or url,
        profile=PROFILES[options.release],
        auth_enabled=not options.no_auth,
        smtp=smtp_of(options),
        link_domains=options.link_domains,
        creations_per_account=options.creations_per_account,
        creations_per_address=options.creations_per_address,
    )
    manner = Manner(
        url=url,
        limits=TimeLimits(options.header_timeout, options.request_timeout, options.idle_timeout),
        workers=options.workers,
        ready_file=options.ready_file,
        proxies=options.forwarded_allow_ips,
        certificate=options.tls_certificate,
        private_key=options.tls_key,
        metrics_host=options.metrics_host,
        metrics_port=options.metrics_port,
        log_file=options.log_file,
        log_format=options.log_format,
    )
    serve(settings, bound, manner)


def smtp_of(options: ServeOptions) -> Smtp | None:
    """The mail server, None without one."""
    if not options.smtp_host:
        return None
    password = first_line(str(options.smtp_password_file)) if options.smtp_password_file else None
    return Smtp(
        host=options.smtp_host,
        port=options.smtp_port,
        sender=options.smtp_from,
        starttls=options.smtp_starttls,
        user=options.smtp_user,
        password=password,
    )


def _forget_readiness(file: Path | None) -> None:
    """A ready file of an earlier run would tell a lie."""
    if file is None:
        return
    if not file.parent.is_dir():
        raise SettingsError(f"Cannot write {file}: there is no directory {file.parent}.")
    file.unlink(missing_ok=True)
