"""What a block of configuration may hold, told once: the protocol's schema, the documentation and validation read it here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .diagnostics import Problem
from .onetime.errors import InvalidInput
from .onetime.options import Option
from .protocol import tfplugin6_pb2 as pb
from .protocol.values import Values, is_known

Type = str | list[Any]
"""A type as Terraform writes it in JSON: "string", or ["map", "string"]."""

STRING, NUMBER, BOOL = "string", "number", "bool"
STRINGS: Type = ["set", "string"]
STRING_MAP: Type = ["map", "string"]

_TYPES = {"str": STRING, "path": STRING, "int": NUMBER, "float": NUMBER, "bool": BOOL}


@dataclass(frozen=True)
class Attribute:
    """One attribute. check: raises InvalidInput for a value that cannot be. nested: the attributes of each of a list."""

    name: str
    type: Type
    description: str
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    write_only: bool = False
    check: Callable[[Any], object] | None = None
    nested: tuple[Attribute, ...] = ()

    def message(self) -> pb.Schema.Attribute:
        """Return it in the protocol's form."""
        nested = pb.Schema.Object(
            attributes=[attribute.message() for attribute in self.nested], nesting=pb.Schema.Object.LIST
        )
        return pb.Schema.Attribute(
            name=self.name,
            type=b"" if self.nested else encode_type(self.type),
            nested_type=nested if self.nested else None,
            description=self.description,
            description_kind=pb.MARKDOWN,
            required=self.required,
            optional=self.optional,
            computed=self.computed,
            sensitive=self.sensitive,
            write_only=self.write_only,
        )


def required(
    name: str, type_: Type, description: str, *, sensitive: bool = False, check: Callable[[Any], object] | None = None
) -> Attribute:
    """An argument that must be given."""
    return Attribute(name, type_, description, required=True, sensitive=sensitive, check=check)


def optional(
    name: str,
    type_: Type,
    description: str,
    *,
    sensitive: bool = False,
    write_only: bool = False,
    check: Callable[[Any], object] | None = None,
) -> Attribute:
    """An argument that may be left out."""
    return Attribute(name, type_, description, optional=True, sensitive=sensitive, write_only=write_only, check=check)


def of_option(option: Option, description: str) -> Attribute:
    """The argument that an option of the client is given by."""
    return optional(option.name, _TYPES[option.type], description, sensitive=option.secret, check=option.check)


def computed(name: str, type_: Type, description: str, *, sensitive: bool = False) -> Attribute:
    """An attribute that the provider fills in."""
    return Attribute(name, type_, description, computed=True, sensitive=sensitive)


def defaulted(attribute: Attribute) -> Attribute:
    """An argument for which the provider fills in a default."""
    return replace(attribute, optional=True, computed=True)


@dataclass(frozen=True)
class Schema:
    """The attributes of a resource, a data source or the provider. summary: one sentence of Markdown."""

    summary: str
    attributes: tuple[Attribute, ...]

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.attributes)

    @property
    def names(self) -> list[str]:
        """The names of all attributes."""
        return [attribute.name for attribute in self.attributes]

    def message(self) -> pb.Schema:
        """Return it in the protocol's form."""
        attributes = [attribute.message() for attribute in self.attributes]
        return pb.Schema(
            block=pb.Schema.Block(attributes=attributes, description=self.summary, description_kind=pb.MARKDOWN)
        )

    def complete(self, values: Mapping[str, Any]) -> Values:
        """Return an object of this schema: null for what VALUES lack, nothing that the schema does not have."""
        return {name: values.get(name) for name in self.names}

    def problems(self, config: Values) -> list[Problem]:
        """Return what is wrong with single arguments. Unknown ones are looked at again once they are known."""
        found = []
        for attribute in self.attributes:
            value = config.get(attribute.name)
            if attribute.check is None or value is None or not is_known(value):
                continue
            try:
                attribute.check(value)
            except InvalidInput as error:
                found.append(Problem(f"Invalid {attribute.name}", f"It {error.args[0]}.", attribute.name))
        return found


def encode_type(type_: Type) -> bytes:
    """Return a type in the protocol's form."""
    return json.dumps(type_).encode()
