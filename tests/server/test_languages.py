"""Everybody is spoken to in a language of theirs: pages, form errors and e-mails, whole sentences only."""

from __future__ import annotations

import re
from typing import Any

import catalogues
import pytest

from onetime_server.languages import ENGLISH, LANGUAGES, Language, chosen, translations
from onetime_server.moments import distance, moment
from tests.support.live_server import LiveServer
from tests.support.pages import PAGES, open_page

OTHERS = [language for language in LANGUAGES.values() if language is not ENGLISH]
SCRIPTS = {"ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "zh": r"[\u4e00-\u9fff]", "uk": r"[\u0400-\u04ff]"}


def code(language: Language) -> str:
    return language.code


@pytest.mark.parametrize(
    ("wish", "accepted", "expected"),
    [
        ("", "", "en"),
        ("", "ja", "ja"),
        ("", "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("", "en;q=0.5, uk;q=0.7", "uk"),
        ("", "fr-FR, sv;q=0.4, en;q=0.2", "sv"),
        ("", "zh-TW", "zh"),
        ("", "DE_at", "de"),
        ("", "ja;q=0, sv;q=0.1", "sv"),
        ("", "ja;q=x, de", "de"),
        ("", "ja;q=nan, de", "de"),
        ("", "ja;q=2, de", "de"),
        ("", "*", "en"),
        ("", ",;=,", "en"),
        ("uk", "ja", "uk"),
        ("nosuch", "ja", "ja"),
        ("../../etc", "", "en"),
    ],
)
def test_the_wish_wins_then_the_browsers_preference_then_english(wish: str, accepted: str, expected: str) -> None:
    assert chosen(wish, accepted).code == expected


@pytest.mark.parametrize("language", OTHERS, ids=code)
def test_a_catalogue_says_all_that_the_templates_say(language: Language) -> None:
    catalogue = catalogues.current(language)
    file = catalogues.CATALOGUES / f"{language.code}.po"

    assert file.read_text() == catalogues.written(catalogue), "python tools/catalogues.py writes it anew"
    assert [message.id for message in catalogue if message.id and not _is_whole(message)] == []


def _is_whole(message: Any) -> bool:
    """Translated in each form, with the same placeholders, and checked by somebody."""
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    singular = message.id[0] if isinstance(message.id, tuple) else message.id
    return not message.fuzzy and all(said) and all(_places(one) == _places(singular) for one in said)


def _places(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def test_the_check_notices_what_is_not_translated() -> None:
    catalogue = catalogues.said_in_templates()

    assert not any(_is_whole(message) for message in catalogue if message.id)


FOREIGN_MARKS = {"ja": r"[,.;:!?()'\"]", "zh": r"[,.;:!?()'\"]"}


@pytest.mark.parametrize("language", OTHERS, ids=code)
def test_its_marks_are_those_of_the_language(language: Language) -> None:
    """Japanese and Chinese write full-width ones; nobody has the typewriter's quotes and apostrophes."""
    foreign = FOREIGN_MARKS.get(language.code, r"['\"]")
    for message in catalogues.current(language):
        for said in message.string if isinstance(message.string, tuple) else (message.string,):
            assert not message.id or not re.search(foreign, re.sub(r"%\(\w+\)s", "", said)), said


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("en", {1: "1 try left", 2: "2 tries left", 20: "20 tries left"}),
        ("de", {1: "1 Versuch.", 2: "2 Versuche.", 20: "20 Versuche."}),
        ("sv", {1: "1 försök", 2: "2 försök"}),
        ("uk", {1: "1 спроба", 2: "2 спроби", 5: "5 спроб.", 11: "11 спроб.", 12: "12 спроб.", 21: "21 спроба"}),
        ("ja", {1: "1 回", 20: "20 回"}),
        ("zh", {1: "1 次", 20: "20 次"}),
    ],
)
def test_a_number_has_its_plural(language: str, counts: dict[int, str]) -> None:
    said = translations(LANGUAGES[language]).ngettext
    for count, expected in counts.items():
        sentence = said("You have %(count)s try left.", "You have %(count)s tries left.", count)
        assert expected in sentence % {"count": count}


@pytest.mark.parametrize(
    ("language", "expected", "ahead"),
    [
        ("en", "15 January 2027, 08:00 UTC", "in 2 days"),
        ("de", "15. Januar 2027, 08:00 UTC", "in 2 Tagen"),
        ("sv", "15 januari 2027 08:00 UTC", "om 2 dagar"),
        ("uk", "15 січня 2027 \u0440., 08:00 UTC", "через 2 дні"),
        ("ja", "2027年1月15日 8:00 UTC", "2 日後"),
        ("zh", "2027年1月15日 08:00 UTC", "2天后"),
    ],
)
def test_a_date_is_written_as_the_language_does(language: str, expected: str, ahead: str) -> None:
    assert " ".join(moment(1_800_000_000, LANGUAGES[language]).split()) == expected  # some blanks do not break
    assert distance(2 * 86_400, LANGUAGES[language]) == ahead


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=code)
def test_every_page_speaks_it(server: LiveServer, language: Language) -> None:
    messages = [message.id for message in catalogues.said_in_templates() if isinstance(message.id, str)]
    said = translations(language).gettext
    english = [one for one in messages if len(one) > 8 and "%" not in one and said(one) != one]
    for name, (status, opened) in PAGES.items():
        page = opened(server, f"{language.tag};q=0.9, fr;q=0.5")

        assert page.answer.status == status, name
        assert page.language == language.tag, name
        assert page.answer.headers["content-language"] == language.tag
        assert re.search(SCRIPTS.get(language.code, "[a-z]"), page.of("h1")), name
        assert [one for one in english if one in page.words] == [], name


def test_a_page_offers_the_other_languages(server: LiveServer) -> None:
    target = f"/secret/{server.share('x')['secret_key']}"
    page = open_page(server, target, "ja")

    assert page.targets == [f"?lang={language}" for language in LANGUAGES]
    for language in LANGUAGES.values():
        assert language.name in page.words
        assert open_page(server, f"{target}?lang={language.code}", "ja").language == language.tag


@pytest.mark.parametrize("name", ["secret", "several lines", "unreadable"])
def test_what_is_shown_once_offers_no_click_that_would_lose_it(server: LiveServer, name: str) -> None:
    _status, opened = PAGES[name]

    assert [target for target in opened(server, "de").targets if target != "../file"] == []
