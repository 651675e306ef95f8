"""The provider block: its schema, and the settings that come out of it and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .diagnostics import Problem
from .onetime import options
from .onetime.address import REGIONS, Address, check_plain_http
from .onetime.checks import check_account, check_timeout
from .onetime.errors import InvalidInput
from .protocol.values import UNKNOWN, Values
from .schema import Schema, of_option

DEFAULT_TIMEOUT = 30.0

# Proxies come from the environment, and whoever does not verify the server may as well use plain HTTP.
NOT_OFFERED = ("proxy", "validate_certs")

DESCRIPTIONS = {
    "url": "Base URL of the service, such as `https://ots.example.com`. Or `OTS_URL`. Either this or `region`: there is no"
    " default, because an account lives in one place.",
    "region": "Region of the hosted service: " + ", ".join(f"`{region}`" for region in REGIONS) + ". Or `OTS_REGION`.",
    "username": "E-mail address of the account, in its exact case. Or `OTS_USERNAME`. Without it and `api_token` links are"
    " anonymous: no e-mail, no custom domain, shorter lives.",
    "api_token": "API token of the account. Or `OTS_API_TOKEN`.",
    "share_domain": "Custom domain of new links that name none themselves, a bare host name. Or `OTS_SHARE_DOMAIN`.",
    "allow_plain_http": "Whether `url` may be a plain `http` address of another machine. Anybody on the way can then read"
    " secrets and API token. Default `false`. Or `OTS_ALLOW_PLAIN_HTTP=true`.",
    "timeout": "Seconds in which a request must be over, from connecting to the last byte of its reply. A request that only"
    f" reads is tried up to three times. Default {DEFAULT_TIMEOUT:.0f}. Or `OTS_TIMEOUT`.",
    "ca_bundle": "File or folder of certificate authorities to verify the server by, instead of the usual ones. Or"
    " `OTS_CA_BUNDLE`.",
}

SCHEMA = Schema(
    "Hands out credentials by one-time links of [Onetime Secret](https://onetimesecret.com), the hosted service or a server"
    " of your own.",
    tuple(
        of_option(option, DESCRIPTIONS[option.name])
        for option in (*options.CONNECTION, *options.LINK)
        if option.name in DESCRIPTIONS
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
    problems = SCHEMA.problems(values) + _missing_place(values) + _wrong_account(values)
    if problems:
        return None, problems
    address = Address.of(values["url"], values["region"])
    try:
        check_plain_http(address, allowed=values["allow_plain_http"] in (True, "true"))
    except InvalidInput as error:
        return None, [Problem("Secrets would be sent unencrypted", f"The url {error.args[0]}.", error.field)]
    return Settings(
        address,
        username=values["username"] or "",
        api_token=values["api_token"] or "",
        share_domain=values["share_domain"],
        timeout=check_timeout(values["timeout"] or DEFAULT_TIMEOUT),
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
    if values["url"]:
        detail = "Give one of them, here or as OTS_URL or OTS_REGION: an account lives in one region."
        return [Problem("Both url and region", detail, "url")]
    detail = "Give one of them, here or as OTS_URL or OTS_REGION: there is no default, because an account lives in one region."
    return [Problem("Missing url or region", detail, "url")]


def _wrong_account(values: Values) -> list[Problem]:
    try:
        check_account(values["username"], values["api_token"])
    except InvalidInput as error:
        return [Problem(f"Invalid {error.field}", f"It {error.args[0]}.", error.field)]
    return []
