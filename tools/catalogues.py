"""Bring the catalogues of the local server's languages up to date with its templates.

Usage: python tools/catalogues.py
What is new stands in them untranslated afterwards, what no template says any more is gone. A new language needs its
line in onetime_server/languages.py first.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from onetime_server.languages import ENGLISH, LANGUAGES, Language

SOURCES = Path(__file__).resolve().parents[1] / "server" / "src" / "onetime_server"
CATALOGUES = SOURCES / "catalogues"
METHODS = [("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
OPTIONS = {pattern: {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"} for pattern, _ in METHODS}
KEPT_HEADERS = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")


def said_in_templates() -> Catalog:
    """Everything that the templates say, in English."""
    catalog = Catalog()
    found = extract_from_dir(SOURCES, METHODS, OPTIONS)
    for file, _line, message, _comments, context in sorted(found, key=lambda entry: entry[:2]):
        catalog.add(message, locations=[(file, 0)], context=context)
    return catalog


def current(language: Language) -> Catalog:
    """A language's catalogue as it should stand in its file."""
    file = CATALOGUES / f"{language.code}.po"
    catalog = Catalog(locale=language.locale)
    if file.exists():
        with file.open("rb") as opened:
            catalog = read_po(opened, locale=language.locale)
    catalog.update(said_in_templates(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def written(catalog: Catalog) -> str:
    """The text of a catalogue's file: no dates and no line numbers, so that it changes where a message does."""
    text = BytesIO()
    write_po(text, catalog, width=0, include_lineno=False)
    header, blank, messages = text.getvalue().decode().partition("\n\n")
    lines = header.splitlines()
    start = lines.index('msgstr ""') + 1
    kept = [line for line in lines[start:] if line.startswith(tuple(f'"{name}:' for name in KEPT_HEADERS))]
    return "\n".join(['msgid ""', 'msgstr ""', *kept]) + blank + messages.rstrip("\n") + "\n"


def main() -> None:
    """Write every catalogue."""
    for language in LANGUAGES.values():
        if language is not ENGLISH:
            (CATALOGUES / f"{language.code}.po").write_text(written(current(language)))


if __name__ == "__main__":
    main()
