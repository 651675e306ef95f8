"""The values in Terraform's messages as plain Python: None is null, UNKNOWN is what only the apply will tell."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]

from .tfplugin6_pb2 import DynamicValue

Values = dict[str, Any]
"""An object: one value for each attribute of its schema."""


class Unknown(Enum):
    """The type of UNKNOWN."""

    UNKNOWN = "known after apply"


UNKNOWN: Final = Unknown.UNKNOWN

_UNKNOWN_ON_THE_WIRE = msgpack.ExtType(0, b"\0")


def decode(value: DynamicValue) -> Any:
    """Return what VALUE holds; None for one that is empty."""
    if value.msgpack:
        # Every extension is an unknown value; some tell more about it, which nothing here needs.
        return msgpack.unpackb(value.msgpack, ext_hook=lambda _code, _data: UNKNOWN)
    return json.loads(value.json) if value.json else None


def encode(value: Any) -> DynamicValue:
    """Return VALUE as it is sent."""
    return DynamicValue(msgpack=msgpack.packb(value, default=_encode_unknown))


def is_known(value: Any) -> bool:
    """Whether VALUE, with all that it contains, is known."""
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    if isinstance(value, list):
        return all(map(is_known, value))
    return value is not UNKNOWN


def _encode_unknown(value: object) -> msgpack.ExtType:
    if value is UNKNOWN:
        return _UNKNOWN_ON_THE_WIRE
    raise TypeError(f"Terraform has no value of type {type(value).__name__}")
