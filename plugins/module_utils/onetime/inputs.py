# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""What the client sends: checked on construction, unchangeable, and with no secret in any repr."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from ._thirdparty import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError
from .checks import check_length, check_passphrase, check_recipient, check_secret, check_share_domain, check_ttl
from .errors import InvalidInput


def plain(text: str | SecretStr) -> str:
    """Return the text itself. Beyond this point it must not be kept, shown or logged."""
    return text.get_secret_value() if isinstance(text, SecretStr) else text


def _given(check: Callable[[object], object]) -> Callable[[object], object]:
    """Return CHECK for a field that may be left out, and whose value may be wrapped as a secret."""

    def checked(value: object) -> object:
        if value is None:
            return None
        return check(value.get_secret_value() if isinstance(value, SecretStr) else value)

    return checked


class _Request(BaseModel):
    model_config: ClassVar[ConfigDict] = {"frozen": True, "extra": "forbid", "hide_input_in_errors": True}

    passphrase: Annotated[SecretStr | None, BeforeValidator(_given(check_passphrase))] = None
    ttl: Annotated[int | None, BeforeValidator(_given(check_ttl))] = None
    recipient: Annotated[str | None, BeforeValidator(_given(check_recipient))] = None
    share_domain: Annotated[str | None, BeforeValidator(_given(check_share_domain))] = None

    def __init__(self, **fields: object) -> None:
        """Take the fields by name. A wrong one raises InvalidInput: pydantic's own error would hold the values."""
        problem = None
        try:
            super().__init__(**fields)
        except ValidationError as error:
            problem = _first_problem(error)
        if problem:
            raise problem

    def form(self) -> dict[str, str]:
        """Return the fields as they are sent. What was not given is left out: an empty ttl would mean 60 seconds."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            name: plain(value) if isinstance(value, SecretStr) else str(value)
            for name, value in given.items()
            if value is not None
        }


class ShareRequest(_Request):
    """A secret of the caller's own.

    secret: 1 to 10 000 bytes in UTF-8. passphrase: what its reader must know as well. ttl: lifetime in seconds; without
    it the server's default, usually 7 days. recipient: the e-mail address to send the link to; needs an account.
    share_domain: the account's custom domain that the link shall lead to.
    """

    secret: Annotated[SecretStr, BeforeValidator(_given(check_secret))]


class GenerateRequest(_Request):
    """A secret that the server makes up: `length` characters (its default is 12). The rest as in ShareRequest."""

    length: Annotated[int | None, BeforeValidator(_given(check_length))] = None


def _first_problem(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False, include_input=False)[0]
    found = first.get("ctx", {}).get("error")
    if isinstance(found, InvalidInput):
        return found
    return InvalidInput(first["msg"], field=".".join(map(str, first["loc"])))
