# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form in which each chat takes a text, and how a value is kept from being read as markup there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shape:
    """body: the JSON for a text. quoted: a name or a passphrase as it goes into the text."""

    body: Callable[[str], dict[str, Any]]
    quoted: Callable[[str], str]


def _slack(text: str) -> dict[str, Any]:
    """The whole text is escaped: Slack has three characters for it, and none of them stands in a link."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def _teams(text: str) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def in_code(value: str) -> str:
    """As Markdown's code: nothing else keeps @channel from calling everybody, and :) from becoming a picture."""
    fence = "`" * (max(map(len, re.findall("`+", value)), default=0) + 1)
    pad = " " if value[:1] in ("`", " ") or value[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{value}{pad}{fence}"


def _with_backslashes(value: str) -> str:
    """Adaptive cards know no code."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!~|<>&])", r"\\\1", value)


# Previews are switched off where that can be said: to make one, the chat would open the link.
SHAPES = {
    "slack": Shape(_slack, str),
    "mattermost": Shape(lambda text: {"text": text}, in_code),
    "teams": Shape(_teams, _with_backslashes),
}
