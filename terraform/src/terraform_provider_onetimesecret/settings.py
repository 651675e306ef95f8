"""The provider block: its schema, and the settings that come out of it and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .diagnostics import Problem
from .onetime.address import REGIONS, Address
from .onetime.checks import check_share_domain
from .onetime.errors import InvalidInput
from .protocol.values import UNKNOWN, Values
from .schema import NUMBER, STRING, Schema, optional

DEFAULT_TIMEOUT = 30.0

LONGEST_TIMEOUT = 86_400  # as the client has it


def _check_timeout(value: Any) -> None:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise InvalidInput(f"is no number of seconds above 0 and up to {LONGEST_TIMEOUT}", field="timeout")


def _check_ca_bundle(path: str) -> None:
    if not Path(path).exists():
        raise InvalidInput("is no file or folder on this machine", field="ca_bundle")


SCHEMA = Schema(
    "Hands out credentials by one-time links of [Onetime Secret](https://onetimesecret.com), the hosted service or a server"
    " of your own.",
    (
        optional(
            "url",
            STRING,
            "Base URL of the service, such as `https://ots.example.com`. Or `OTS_URL`. Either this or `region`: there is no"
            " default, because an account lives in one place.",
            check=lambda url: Address.of(url=url),
        ),
        optional(
            "region",
            STRING,
            "Region of the hosted service: " + ", ".join(f"`{region}`" for region in REGIONS) + ". Or `OTS_REGION`.",
            check=lambda region: Address.of(region=region),
        ),
        optional(
            "username",
            STRING,
            "E-mail address of the account, in its exact case. Or `OTS_USERNAME`. Without it and `api_token` links are"
            " anonymous: no e-mail, no custom domain, shorter lives.",
        ),
        optional("api_token", STRING, "API token of the account. Or `OTS_API_TOKEN`.", sensitive=True),
        optional(
            "share_domain",
            STRING,
            "Custom domain of new links that name none themselves, a bare host name. Or `OTS_SHARE_DOMAIN`.",
            check=check_share_domain,
        ),
        optional(
            "timeout",
            NUMBER,
            f"Seconds to wait for a connection, and for each piece of a reply. Default {DEFAULT_TIMEOUT:.0f}. Or `OTS_TIMEOUT`.",
            check=_check_timeout,
        ),
        optional(
            "ca_bundle",
            STRING,
            "File or folder of certificate authorities to verify the server by, instead of the usual ones. Or"
            " `OTS_CA_BUNDLE`.",
            check=_check_ca_bundle,
        ),
    ),
)


@dataclass(frozen=True)
class Settings:
    """Where to call, as whom, and how. username and api_token are both empty for anonymous use."""

    address: Address
    username: str = ""
    api_token: str = field(default="", repr=False)
    share_domain: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    ca_bundle: str | None = None


def read_settings(config: Values, environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, or None with the problems. What the block lacks comes from the environment.

    Nothing may be unknown in CONFIG.
    """
    values = _resolve(config, environ)
    problems = SCHEMA.problems(values) + _missing_place(values) + _half_credentials(values)
    if problems:
        return None, problems
    return Settings(
        Address.of(values["url"], values["region"]),
        username=values["username"] or "",
        api_token=values["api_token"] or "",
        share_domain=values["share_domain"],
        timeout=float(values["timeout"] or DEFAULT_TIMEOUT),
        ca_bundle=values["ca_bundle"],
    ), []


def unknown_settings(config: Values) -> list[str]:
    """Return which arguments are known only after apply."""
    return [name for name, value in config.items() if value is UNKNOWN]


def _resolve(config: Values, environ: Mapping[str, str]) -> Values:
    values = {name: config.get(name) for name in SCHEMA.names}
    # A block that names the place is not contradicted by the environment.
    place_given = bool(values["url"] or values["region"])
    for name in SCHEMA.names:
        if values[name] is None and not (place_given and name in ("url", "region")):
            values[name] = environ.get(f"OTS_{name.upper()}") or None
    return values


def _missing_place(values: Values) -> list[Problem]:
    if bool(values["url"]) != bool(values["region"]):
        return []
    detail = "Give either url or region, here or as OTS_URL or OTS_REGION: an account lives in one place."
    return [Problem("Which Onetime Secret?", detail, "url")]


def _half_credentials(values: Values) -> list[Problem]:
    for given, missing in (("username", "api_token"), ("api_token", "username")):
        if values[given] and not values[missing]:
            detail = f"Give it along with {given}, or neither for anonymous links."
            return [Problem(f"Missing {missing}", detail, missing)]
    return []
