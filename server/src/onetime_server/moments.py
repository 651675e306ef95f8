"""Times as a language writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from babel.dates import format_date, format_time, format_timedelta, get_datetime_format

from .languages import Language


def moment(seconds: float, language: Language) -> str:
    """Such as "26 November 2026 at 21:39 UTC"."""
    at = datetime.fromtimestamp(seconds, UTC)
    pattern = str(get_datetime_format("long", locale=language.locale)).replace("'", "")
    day, time = format_date(at, "long", locale=language.locale), format_time(at, "short", locale=language.locale)
    return f"{pattern.replace('{0}', time).replace('{1}', day)} UTC"


def distance(seconds: float, language: Language) -> str:
    """How far ahead (or behind, if negative) something is, such as "in 7 days"."""
    return format_timedelta(
        timedelta(seconds=seconds), granularity="minute", add_direction=True, locale=language.locale
    )


def machine_readable(seconds: float) -> str:
    """What the attribute `datetime` of HTML's <time> holds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
