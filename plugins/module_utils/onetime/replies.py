# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""What the server replies: every release's fields in one form (v1 contract §3 to §8), and no secret in any repr.

Times are unix seconds in UTC, durations are seconds. Numbers may come as integers, as servers send them, or as strings,
as their documentation shows them. Fields that are not named here are ignored.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, Self

from ._thirdparty import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError
from .checks import check_key, check_share_domain
from .errors import InvalidInput
from .state import State

_END_OF_TIME = 100_000_000_000  # seconds; two of them added up still make a date that Python can hold


def read_json(body: bytes) -> Any:
    """Return the document in BODY, or None when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _within_time(seconds: int | None) -> int | None:
    if seconds is not None and not 0 <= seconds <= _END_OF_TIME:
        raise ValueError
    return seconds


def _known_time(seconds: int | None) -> int | None:
    """A time, where 0 says that the server does not know."""
    return _within_time(seconds) or None


def _encodable(text: object) -> object:
    """Text that UTF-8 can carry, for JSON can hold other."""
    if isinstance(text, str):
        text.encode()
    return text


def _key(value: object) -> str:
    return check_key(value, "key")


def _key_if_any(value: object) -> str | None:
    return check_key(value, "key") if value else None


def _recipients(value: object) -> tuple[str, ...]:
    addresses = value if isinstance(value, list) else [value]
    return tuple(address for address in addresses if isinstance(address, str) and address)


def _share_domain(value: object) -> str:
    """A bare host name or nothing, since links are built from it."""
    try:
        return check_share_domain(value)
    except InvalidInput:
        return ""


class _Reply(BaseModel):
    model_config: ClassVar[ConfigDict] = {"frozen": True, "extra": "ignore", "hide_input_in_errors": True}

    @classmethod
    def of(cls, document: object) -> Self | None:
        """Return the reply that a JSON DOCUMENT holds, or None when it holds none of this kind."""
        try:
            return cls.model_validate(document)
        except ValidationError:
            return None


class _Record(_Reply):
    metadata_key: Annotated[SecretStr, BeforeValidator(_key)]
    created: Annotated[int, AfterValidator(_within_time)]
    ttl: Annotated[int, AfterValidator(_within_time)]
    recipient: Annotated[tuple[str, ...], BeforeValidator(_recipients)] = ()
    share_domain: Annotated[str, BeforeValidator(_share_domain)] = ""

    @property
    def expires_at(self) -> int:
        """When the secret disappears unread."""
        return self.created + self.ttl


class Status(_Reply):
    """The service is up, and took the credentials if there were any. status: `nominal`."""

    status: str
    locale: str = ""


class Issued(_Record):
    """A secret that was just shared or generated.

    metadata_key: the creator's private key, to follow and burn it. secret_key: what goes into the link. ttl: the
    lifetime granted, which may differ from the one asked for. recipient: the obfuscated address that was mailed, or
    nothing. share_domain: the custom domain, or "". value: what was generated; None for what the caller shared.
    """

    secret_key: Annotated[SecretStr, BeforeValidator(_key)]
    state: Annotated[State, BeforeValidator(State.of)] = State.NEW
    passphrase_required: bool = False
    value: Annotated[SecretStr | None, BeforeValidator(_encodable)] = None


class Revealed(_Reply):
    """A secret that was just read, and thereby destroyed at the server."""

    value: Annotated[SecretStr, BeforeValidator(_encodable)]


class Metadata(_Record):
    """What became of a secret. Never its value, though some releases send it along (v1 contract §0).

    secret_key: None once it is gone, and in the list of recent ones. updated: when the state last changed. received:
    when it was read, None when it was not or when the server does not know. passphrase_required: None once it is gone.
    secret_ttl, metadata_ttl: seconds left, where the server tells; a secret_ttl may exceed the ttl by a server's fault.
    """

    secret_key: Annotated[SecretStr | None, BeforeValidator(_key_if_any)] = None
    state: State
    updated: Annotated[int, AfterValidator(_within_time)]
    received: Annotated[int | None, AfterValidator(_known_time)] = None
    passphrase_required: bool | None = None
    secret_ttl: int | None = None
    metadata_ttl: int | None = None

    @classmethod
    def of(cls, document: object) -> Self | None:
        """Return the metadata that a JSON DOCUMENT holds, or None. The secret's value is dropped first of all."""
        if not isinstance(document, dict):
            return None
        fields = {name: document[name] for name in cls.model_fields if name in document}
        fields["state"] = _state(fields)
        return super().of(fields)

    @property
    def is_unread(self) -> bool:
        """Whether the secret is still there for its recipient."""
        return self.state.is_unread

    @property
    def is_final(self) -> bool:
        """Whether the secret is gone for good."""
        return self.state.is_final


def _state(fields: dict[str, Any]) -> State:
    """The state, corrected where a secret vanished early and releases up to 0.23 still call it new or viewed.

    The sign is an empty secret_key without a secret_ttl. Lists of recent secrets leave the secret_key out altogether,
    which means nothing (v1 contract §6, §8).
    """
    state = State.of(fields.get("state"))
    vanished = "secret_key" in fields and not fields["secret_key"] and fields.get("secret_ttl") is None
    return State.ORPHANED if vanished and not state.is_final else state
