"""Every option of `onetime-server`: its name, type, default and help.

One is given on the command line (`--smtp-host`), else as environment variable (`ONETIME_SERVER_SMTP_HOST`), else in the
TOML file that `--config` names (`smtp_host`). No error quotes a value: it may be a secret in the wrong place.
"""

from __future__ import annotations

import argparse
import errno
import os
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from .names import is_host_name
from .profile import FREE, PLANS, PROFILES, V0_26
from .settings import LOG_FORMATS, SettingsError

PREFIX = "ONETIME_SERVER_"
_OF_OTHERS = 0o077


def _option(default: Any, metavar: str | None, help: str, alias: str | None = None) -> Any:  # noqa: A002
    """A field. Without `metavar` it is none of the command line, unless it is a flag."""
    return Field(default, alias=alias, title=metavar, description=help, validate_default=True)


def _one_of(*choices: str) -> BeforeValidator:
    def check(given: Any) -> Any:
        if given not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return given

    return BeforeValidator(check)


def _hosts(given: Any) -> frozenset[str]:
    hosts = given.split(",") if isinstance(given, str) else given
    named = frozenset(str(host).strip().lower() for host in hosts if str(host).strip())
    if not all(map(is_host_name, named)):
        raise ValueError("must be bare host names such as secrets.example.com, after commas")
    return named


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that are no IPv6 address
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be a URL such as https://secrets.example.com")
    return url.rstrip("/")


def _proxies(given: str) -> str:
    for name in given.split(",") if given != "*" else []:
        try:
            ip_network(name.strip())
        except ValueError:
            raise ValueError("must be addresses or networks after commas, or *") from None
    return given


def _given(path: Any) -> Any:
    if path == "":  # Path takes it for the directory that we are in
        raise ValueError("must not be empty")
    return path


_Path = Annotated[Path, BeforeValidator(_given), AfterValidator(Path.expanduser)]
_Port = Annotated[int, Field(ge=0, le=65_535)]
_Seconds = Annotated[int, Field(ge=1, le=86_400)]
_Count = Annotated[int, Field(ge=0)]
_Workers = Annotated[int, Field(ge=1, le=64)]
_Proxies = Annotated[str, AfterValidator(_proxies)]
_LogFormat = Annotated[str, _one_of(*LOG_FORMATS)]
_Origin = Annotated[str, AfterValidator(_origin)]
_Hosts = Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)]
_Release = Annotated[str, _one_of(*sorted(PROFILES))]
_Plan = Annotated[str, _one_of(*PLANS)]


class Options(BaseSettings):
    """What every command takes."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_prefix_target="all", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data: _Path = _option(Path("~/.local/share/onetime-server"), "DIR", "data directory")
    config: _Path | None = _option(None, "FILE", 'TOML file with options, such as smtp_host = "mail.example.com"')
    key: SecretStr | None = _option(None, None, "server key, in place of the data directory's")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - this and the next are not for us
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Of several places that give an option, the first wins."""
        file = init_settings().get("config") or env_settings().get("config")
        in_file = [_ConfigFile(settings_cls, Path(file).expanduser())] if file else []
        return (init_settings, env_settings, *in_file)


class TokenOptions(Options):
    """Where the token of an account comes from."""

    token_file: str | None = _option(None, "FILE", "use the token in this file (- for standard input), print none")


class AccountOptions(TokenOptions):
    """What a new account is given."""

    plan: _Plan = _option(FREE, "PLAN", " or ".join(PLANS))


class ServeOptions(Options):
    """What the server runs with."""

    host: str = _option("127.0.0.1", "HOST", "address to listen on")
    port: _Port = _option(7143, "PORT", "port to listen on; 0 takes a free one")
    public_url: _Origin | None = _option(None, "URL", "where links begin, such as https://secrets.example.com")
    ready_file: _Path | None = _option(None, "FILE", 'written once it listens: {"url": "http://…"}')
    log_file: _Path | None = _option(None, "FILE", "log there instead of to standard error")
    log_format: _LogFormat = _option(
        LOG_FORMATS[0], "FORMAT", f"{' or '.join(LOG_FORMATS)}: one line, or one object a line"
    )
    release: _Release = _option(V0_26.name, "RELEASE", f"answer as {', '.join(sorted(PROFILES))}", alias="as")
    link_domains: _Hosts = _option(
        frozenset(), "HOST,HOST", "custom domains for everybody, without registration (v0.26 only)"
    )
    forwarded_allow_ips: _Proxies | None = _option(
        None,
        "ADDRESS,ADDRESS",
        "reverse proxies whose X-Forwarded-For is believed, networks too, * for all; none unless given",
    )
    no_auth: bool = _option(False, None, "refuse requests with credentials, as with AUTH_ENABLED=false")
    tls_certificate: _Path | None = _option(None, "FILE", "speak TLS, with this certificate and its chain (PEM)")
    tls_key: _Path | None = _option(None, "FILE", "private key of --tls-certificate (PEM)")
    workers: _Workers = _option(1, "NUMBER", "processes that answer")
    metrics_port: _Port | None = _option(None, "PORT", "serve metrics for Prometheus there; not at all unless given")
    metrics_host: str = _option("127.0.0.1", "HOST", "address for the metrics")
    header_timeout: _Seconds = _option(15, "SECONDS", "most for a request's head")
    request_timeout: _Seconds = _option(60, "SECONDS", "most for a request's body, and for a caller to take the answer")
    idle_timeout: _Seconds = _option(75, "SECONDS", "how long a connection may wait for its next request")
    creations_per_account: _Count = _option(
        10_000, "NUMBER", "most secrets that an account creates in 20 minutes; 0 for any number"
    )
    creations_per_address: _Count = _option(
        10_000, "NUMBER", "most secrets that are created from one address in 20 minutes; 0 for any number"
    )
    smtp_host: str | None = _option(None, "HOST", "mail server; without one no e-mail is sent")
    smtp_port: _Port = _option(25, "PORT", "port of the mail server")
    smtp_from: str = _option("onetime-server@localhost", "ADDRESS", "sender of e-mails")
    smtp_starttls: bool = _option(False, None, "encrypt the connection to the mail server")
    smtp_user: str | None = _option(None, "NAME", "log in to the mail server")
    smtp_password_file: _Path | None = _option(None, "FILE", "holds the password of --smtp-user")


_Kind = TypeVar("_Kind", bound=Options)


def add_to(parser: argparse.ArgumentParser, kind: type[Options]) -> None:
    """Have a command take the options of `kind`. What is not given is not in the parsed namespace."""
    for name, field in _named(kind).items():
        flag = field.annotation is bool
        if not flag and field.title is None:
            continue
        default = "" if flag or field.default in (None, frozenset()) else f" ({field.default})"
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            metavar="true|false" if flag else field.title,
            nargs="?" if flag else None,
            const="true" if flag else None,
            default=argparse.SUPPRESS,
            help=f"{field.description}{default}".replace("%", "%%"),
        )


def read(kind: type[_Kind], given: Mapping[str, Any]) -> _Kind:
    """The options of `kind`; `given` are those of the command line. Raises SettingsError."""
    on_command_line = {name: value for name, value in given.items() if name in _named(kind)}
    variables = {name.upper()[len(PREFIX) :].lower(): name for name in os.environ if name.upper().startswith(PREFIX)}
    for name in variables:
        _refuse_unknown(name, lambda name: f"{PREFIX}{name.upper()}")
    try:
        return kind(**on_command_line)
    except ValidationError as error:
        wrong = error.errors(include_input=False)[0]
        name = str(wrong["loc"][0])
        place = f"{name} in the file of --config"
        if name in on_command_line:
            place = f"--{name.replace('_', '-')}"
        elif name in variables:
            place = variables[name]
        problem = wrong["msg"].removeprefix("Value error, ").replace("Input should", "must")
        raise SettingsError(f"{place} {problem}.") from None


class _ConfigFile(TomlConfigSettingsSource):
    """The file of `--config`. Raises SettingsError."""

    def __init__(self, kind: type[BaseSettings], file: Path) -> None:
        try:
            open_to = file.stat().st_mode & _OF_OTHERS
            if file.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            super().__init__(kind, file)
        except OSError as error:
            raise SettingsError(f"Cannot read {file}: {error.strerror}.") from None
        except ValueError as error:
            problem = error if isinstance(error, tomllib.TOMLDecodeError) else "It is not UTF-8"
            raise SettingsError(f"{file} is not TOML: {problem}.") from None
        for name in self.toml_data:
            _refuse_unknown(name, lambda name: f"{name} in {file}")
        if "key" in self.toml_data and open_to:
            raise SettingsError(f"{file} holds the server key and is open to others: chmod 600 {file}.")


def _refuse_unknown(name: str, spelled: Callable[[str], str]) -> None:
    known = [*_named(ServeOptions), *_named(AccountOptions)]
    if name not in known:
        similar = get_close_matches(name, known, 1)
        hint = f" Did you mean {spelled(similar[0])}?" if similar else ""
        raise SettingsError(f"{spelled(name)} is not an option.{hint}")


def _named(kind: type[Options]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in kind.model_fields.items()}
