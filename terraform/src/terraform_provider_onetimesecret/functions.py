"""Functions: from a key to its link and back. Terraform calls them without the provider block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .onetime.address import REGIONS, Address, parse_link
from .onetime.checks import check_key
from .onetime.errors import InvalidInput
from .protocol import tfplugin6_pb2 as pb
from .schema import STRING, encode_type


@dataclass(frozen=True)
class Parameter:
    """One argument, a text."""

    name: str
    description: str

    def message(self) -> pb.Function.Parameter:
        """Return it in the protocol's form."""
        return pb.Function.Parameter(name=self.name, type=encode_type(STRING), description=self.description)


@dataclass(frozen=True)
class Function:
    """call: takes the environment and the arguments, returns a text, and raises InvalidInput with a parameter's name."""

    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    call: Callable[..., str]
    variadic: Parameter | None = None

    def message(self) -> pb.Function:
        """Return it in the protocol's form."""
        result = {"return": pb.Function.Return(type=encode_type(STRING))}
        return pb.Function(
            parameters=[parameter.message() for parameter in self.parameters],
            variadic_parameter=self.variadic.message() if self.variadic else None,
            summary=self.summary,
            description=self.description,
            description_kind=pb.MARKDOWN,
            **result,
        )

    def position(self, name: str) -> int | None:
        """Return which argument is called NAME, counted from 0."""
        names = [parameter.name for parameter in (*self.parameters, *filter(None, [self.variadic]))]
        return names.index(name) if name in names else None


def _link(environ: Mapping[str, str], secret_key: str, *service: str) -> str:
    if len(service) > 1:
        raise InvalidInput("is given more than once", field="service")
    key = check_key(secret_key, "secret_key")
    return _address(environ, service).link(key, environ.get("OTS_SHARE_DOMAIN", "") if not service else "")


def _address(environ: Mapping[str, str], service: tuple[str, ...]) -> Address:
    try:
        if service:
            return Address.of(region=service[0]) if service[0] in REGIONS else Address.of(service[0])
        return Address.of(environ.get("OTS_URL"), environ.get("OTS_REGION"))
    except InvalidInput as error:
        problem = str(error.args[0]) if service else "is missing, and neither OTS_URL nor OTS_REGION alone is set"
    raise InvalidInput(problem, field="service")


def _parse_link(_environ: Mapping[str, str], url: str) -> str:
    try:
        return parse_link(url)
    except InvalidInput as error:
        problem = str(error.args[0])
    raise InvalidInput(problem, field="url")


FUNCTIONS = {
    "link": Function(
        "The link to a secret",
        "Returns `https://HOST/secret/SECRET_KEY`. Terraform calls functions without the provider block: the host is that of"
        " `service`, else of the environment (`OTS_URL` or `OTS_REGION`, `OTS_SHARE_DOMAIN`).",
        (Parameter("secret_key", "The key of the secret."),),
        _link,
        variadic=Parameter("service", "Base URL or region of the service; may be left out."),
    ),
    "parse_link": Function(
        "The key in a link",
        "Returns the `secret_key` of a link such as `https://HOST/secret/SECRET_KEY`.",
        (Parameter("url", "The link."),),
        _parse_link,
    ),
}
