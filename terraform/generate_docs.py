"""Write docs/ in the registry's layout: the schema from the provider, examples from examples/, prose from templates/.

Run it after a change of any of them; a test compares.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from terraform_provider_onetimesecret.data_sources import DATA_SOURCES
from terraform_provider_onetimesecret.functions import FUNCTIONS, Function
from terraform_provider_onetimesecret.link import RESOURCES
from terraform_provider_onetimesecret.schema import Attribute, Schema, Type
from terraform_provider_onetimesecret.settings import SCHEMA

HERE = Path(__file__).resolve().parent
PROVIDER = "onetimesecret"

SECTIONS: dict[str, Callable[[Attribute], bool]] = {
    "Required": lambda attribute: attribute.required,
    "Optional": lambda attribute: attribute.optional,
    "Read-Only": lambda attribute: attribute.computed and not attribute.optional,
}


def pages() -> dict[str, str]:
    """Return all pages by their path below docs/."""
    found = {
        "index.md": _page(
            f"{PROVIDER} Provider",
            SCHEMA.summary,
            _example("provider/provider.tf"),
            _schema(SCHEMA),
            _prose("index.md"),
        )
    }
    for name, resource in RESOURCES.items():
        path = f"resources/{_short(name)}.md"
        found[path] = _resource_page(name, resource.lifecycle.schema, path)
    for name, source in DATA_SOURCES.items():
        path = f"data-sources/{_short(name)}.md"
        example = _example(f"data-sources/{name}/data-source.tf")
        title = f"{name} (Data Source)"
        found[path] = _page(title, source.schema.summary, example, _prose(path), _schema(source.schema))
    for name, function in FUNCTIONS.items():
        found[f"functions/{name}.md"] = _function_page(name, function)
    return found


def main() -> None:
    """Write the pages, and remove those of what there is no more."""
    docs = HERE / "docs"
    wanted = pages()
    for stale in set(docs.rglob("*.md")) - {docs / path for path in wanted}:
        stale.unlink()
    for path, text in wanted.items():
        (docs / path).parent.mkdir(parents=True, exist_ok=True)
        (docs / path).write_text(text)


def _resource_page(name: str, schema: Schema, path: str) -> str:
    folder = f"resources/{name}"
    return _page(
        f"{name} (Resource)",
        schema.summary,
        _example(f"{folder}/resource.tf"),
        _prose(path),
        _schema(schema),
        f"## Import\n\n{_fenced('shell', HERE / 'examples' / folder / 'import.sh')}\n\n{_import_block(name)}",
    )


def _function_page(name: str, function: Function) -> str:
    parameters = [*function.parameters, *filter(None, [function.variadic])]
    signature = ", ".join(f"{parameter.name} string" for parameter in function.parameters)
    if function.variadic:
        signature += f", {function.variadic.name} string..."
    arguments = "\n".join(f"1. `{parameter.name}` (String) {parameter.description}" for parameter in parameters)
    return _page(
        f"{name} (Function)",
        f"{function.summary}.",
        function.description,
        _example(f"functions/{name}/function.tf"),
        f"## Signature\n\n```text\n{name}({signature}) string\n```\n\n## Arguments\n\n{arguments}",
    )


def _page(title: str, summary: str, *parts: str) -> str:
    kind = title.rpartition("(")[2].rstrip(")") if "(" in title else ""
    name = title.partition(" ")[0]
    page_title = f"{name} {kind} - {PROVIDER}" if kind else title
    head = f'---\npage_title: "{page_title}"\nsubcategory: ""\ndescription: |-\n{textwrap.indent(summary, "  ")}\n---'
    made = "<!-- Made by generate_docs.py of the schema, examples/ and templates/: edit those. -->"
    return "\n\n".join([head, made, f"# {title}", summary, *filter(None, parts)]) + "\n"


def _schema(schema: Schema) -> str:
    parts = ["## Schema", *_attributes(schema.attributes)]
    for attribute in schema:
        if attribute.nested:
            anchor = f'<a id="nestedatt--{attribute.name}"></a>'
            parts += [f"{anchor}\n### Nested Schema for `{attribute.name}`", *_attributes(attribute.nested, level=0)]
    return "\n\n".join(parts)


def _attributes(attributes: tuple[Attribute, ...], level: int = 3) -> Iterator[str]:
    for title, belongs in SECTIONS.items():
        lines = [_attribute(attribute) for attribute in attributes if belongs(attribute)]
        if lines:
            yield f"{'#' * level} {title}".strip() + ("" if level else ":")
            yield "\n".join(lines)


def _attribute(attribute: Attribute) -> str:
    traits = ["Attributes List" if attribute.nested else _type(attribute.type)]
    traits += ["Sensitive"] * attribute.sensitive + ["Write-only"] * attribute.write_only
    more = f" (see [below for nested schema](#nestedatt--{attribute.name}))" if attribute.nested else ""
    return f"- `{attribute.name}` ({', '.join(traits)}) {attribute.description}{more}"


def _type(type_: Type) -> str:
    if isinstance(type_, str):
        return {"bool": "Boolean"}.get(type_, type_.capitalize())
    collection, element = type_
    return f"{collection.capitalize()} of {_type(element)}"


def _import_block(name: str) -> str:
    return (
        "With a block, and from Terraform 1.12 on by identity:\n\n```terraform\n"
        f'import {{\n  to = {name}.example\n  id = "METADATA_KEY"\n}}\n\n'
        f'import {{\n  to       = {name}.other\n  identity = {{ metadata_key = "METADATA_KEY" }}\n}}\n```'
    )


def _example(path: str) -> str:
    return f"## Example Usage\n\n{_fenced('terraform', HERE / 'examples' / path)}"


def _fenced(language: str, file: Path) -> str:
    return f"```{language}\n{file.read_text().strip()}\n```"


def _prose(path: str) -> str:
    file = HERE / "templates" / path
    return file.read_text().strip() if file.exists() else ""


def _short(name: str) -> str:
    return name.removeprefix(f"{PROVIDER}_")


if __name__ == "__main__":
    main()
