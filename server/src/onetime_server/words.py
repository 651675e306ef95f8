"""The templates of pages and e-mails in one language each."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from . import moments
from .languages import Language, translations

_loader = PackageLoader("onetime_server")


def said(template: str, language: Language, **content: Any) -> str:
    """A template of this package with `content` in it."""
    return _templates(language).get_template(template).render(**content)


@cache
def _templates(language: Language) -> Environment:
    environment = Environment(
        loader=_loader,
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {
        "language": language,
        "moment": partial(moments.moment, language=language),
        "distance": partial(moments.distance, language=language),
        "machine_readable": moments.machine_readable,
    }
    return environment
