# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services of Apprise that texts go by, by the scheme of their URLs, and how each keeps a value from being read as markup.

A service is here if all of this holds of it; tests/unit/delivery/test_apprise_services.py checks what a test can:
- Apprise reaches it with one POST of the whole text, by the library requests, and needs nothing else: no login or look-up
  before it, no connection, file or program of its own.
- The text stands in the body as it was given, and none of it in the URL.
- It shows a value as it stands, by itself or as code.
- It is for people one by one: no public posts, no radio, no screen in a room, no alarms of a whole team, and no mail, which
  has a channel of its own.
"""

from __future__ import annotations

import html
from collections.abc import Callable

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.chats import in_code

# Modules of Apprise's package plugins, each with the schemes that it has there.
_SCHEMES = {
    # to chats and messengers
    "dingtalk": "dingtalk",
    "discord": "discord",
    "groupme": "groupme",
    "line": "line",
    "mattermost": "mmost mmosts",
    "nextcloudtalk": "nctalk nctalks",
    "revolt": "revolt",
    "signal_api": "signal signals",
    "slack": "slack",
    "telegram": "tgram",
    "wecombot": "wecombot",
    "wxpusher": "wxpusher",
    "zoom": "zoom",
    "zulip": "zulip",
    # to apps on telephones and desktops
    "bark": "bark barks",
    "chanify": "chanify",
    "gorush": "gorush gorushs",
    "gotify": "gotify gotifys",
    "kumulos": "kumulos",
    "nextcloud": "ncloud nclouds",
    "notica": "notica noticas",
    "ntfy": "ntfy ntfys",
    "one_signal": "onesignal",
    "parseplatform": "parsep parseps",
    "prowl": "prowl",
    "pushbullet": "pbul",
    "pushdeer": "pushdeer pushdeers",
    "pushjet": "pjet pjets",
    "pushover": "pover",
    "pushy": "pushy",
    "techuluspush": "push",
    # by SMS
    "africas_talking": "atalk",
    "bulksms": "bulksms",
    "bulkvs": "bulkvs",
    "burstsms": "burstsms kudosity",
    "clicksend": "clicksend",
    "cm": "cm",
    "d7networks": "d7sms",
    "eight00com": "eight00com",
    "exotel": "exotel",
    "fortysixelks": "46elks elks",
    "freemobile": "freemobile",
    "httpsms": "httpsms",
    "infobip": "infobip",
    "kaleyra": "kaleyra klr",
    "messagebird": "msgbird",
    "mobilemessage": "mobilemsg mobilemessage",
    "notifyre": "notifyre",
    "octopush": "octopush",
    "serwersms": "serwersms",
    "seven": "seven",
    "sinch": "sinch",
    "smsc": "smsc",
    "smseagle": "smseagle smseagles",
    "smstunnel": "smstunnel",
    "telesign": "telesign",
    "telnyx": "telnyx",
    "twilio": "twilio",
    "vonage": "vonage nexmo",
    # to a receiver of your own
    "custom_form": "form forms",
    "custom_json": "json jsons",
    "custom_xml": "xml xmls",
}

_MARKDOWN = ("discord", "mattermost", "nextcloudtalk", "revolt", "zulip")
_ESCAPED = ("custom_xml", "slack", "telegram")  # their requests have the text with the escapes of HTML

MODULES = {scheme: module for module, schemes in _SCHEMES.items() for scheme in schemes.split()}
"""In which module of Apprise each scheme is."""

OF_WEBHOOK = ("mattermost", "slack")
"""What the channel webhook sends to as well: the two are one way."""


def name_of(module: str) -> str:
    """Return under which name a service is shown and recorded: its first scheme."""
    return _SCHEMES[module].split()[0]


def quoting_of(module: str) -> Callable[[str], str]:
    """Return what keeps a value from being read as markup there. Others show plain text, or Apprise escapes the whole of it."""
    return in_code if module in _MARKDOWN else str


def written_for(module: str, text: str) -> str:
    """Return how a text has to be written in a request to a service, to be shown there as it stands."""
    return html.escape(text, quote=False) if module in _ESCAPED else text
