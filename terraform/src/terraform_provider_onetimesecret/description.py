"""What the provider has, as plain data: for people, and for tools that want it without Terraform."""

from __future__ import annotations

from typing import Any

from .data_sources import DATA_SOURCES
from .functions import FUNCTIONS
from .link import RESOURCES
from .schema import Attribute, Schema
from .settings import SCHEMA


def description() -> dict[str, Any]:
    """Return all schemas, in the words of `terraform providers schema -json`."""
    return {
        "provider": _schema(SCHEMA),
        "resource_schemas": {name: _schema(resource.lifecycle.schema) for name, resource in RESOURCES.items()},
        "data_source_schemas": {name: _schema(source.schema) for name, source in DATA_SOURCES.items()},
        "functions": {
            name: {
                "summary": function.summary,
                "description": function.description,
                "parameters": [parameter.name for parameter in function.parameters],
                "variadic_parameter": function.variadic.name if function.variadic else None,
            }
            for name, function in FUNCTIONS.items()
        },
    }


def _schema(schema: Schema) -> dict[str, Any]:
    return {"description": schema.summary, "attributes": {each.name: _attribute(each) for each in schema}}


def _attribute(attribute: Attribute) -> dict[str, Any]:
    traits = ("required", "optional", "computed", "sensitive", "write_only")
    return {
        "type": {each.name: _attribute(each) for each in attribute.nested} or attribute.type,
        "description": attribute.description,
        **{trait: True for trait in traits if getattr(attribute, trait)},
    }
