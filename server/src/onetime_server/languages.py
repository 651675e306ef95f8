"""The languages that people are spoken to in, and which of them a person gets.

Pages and e-mails are written in English; `catalogues/LANGUAGE.po` says them in another language. The API is English.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO


@dataclass(frozen=True)
class Language:
    """`tag` is what HTML calls it, `locale` how dates are written, `name` what its speakers call it."""

    code: str
    tag: str
    locale: str
    name: str


ENGLISH = Language("en", "en", "en_GB", "English")
LANGUAGES = {
    language.code: language
    for language in (
        ENGLISH,
        Language("de", "de", "de_DE", "Deutsch"),
        Language("sv", "sv", "sv_SE", "Svenska"),
        Language("uk", "uk", "uk_UA", "Українська"),
        Language("ja", "ja", "ja_JP", "日本語"),
        Language("zh", "zh-Hans", "zh_Hans_CN", "中文"),
    )
}


def chosen(wish: str, accepted: str) -> Language:
    """The language of `wish`, such as "ja", or else the best one of an Accept-Language header, or else English."""
    return LANGUAGES.get(_code(wish)) or next(
        (LANGUAGES[code] for code in _by_preference(accepted) if code in LANGUAGES), ENGLISH
    )


@cache
def translations(language: Language) -> NullTranslations:
    """What gettext needs. The catalogues are read as they are: no compiled copy of them can be forgotten, or be old."""
    if language is ENGLISH:
        return NullTranslations()
    # Only who needs them pays for Babel's readers.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (files(__package__) / "catalogues" / f"{language.code}.po").open("rb") as catalogue:
        write_mo(compiled, read_po(catalogue, language.locale))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _by_preference(accepted: str) -> list[str]:
    """The codes that a header names, the dearest first; what is refused (q=0) or makes no sense is left out."""
    ranked = []
    for position, entry in enumerate(accepted.split(",")):
        tag, _semicolon, weight = entry.partition(";")
        quality = _quality(weight)
        if quality > 0:
            ranked.append((-quality, position, _code(tag)))
    return [code for _quality, _position, code in sorted(ranked)]


def _quality(weight: str) -> float:
    name, _equals, value = weight.partition("=")
    if not name.strip():
        return 1
    try:
        quality = float(value)
    except ValueError:
        return 0
    return quality if 0 < quality <= 1 else 0


def _code(tag: str) -> str:
    return tag.strip().replace("_", "-").partition("-")[0].lower()
