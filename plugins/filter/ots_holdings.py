# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From people and what they hold to what ots_links and ots_deliver are to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.holdings import Holdings, Ways
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.kinds import check_given, check_kind

PARTS = ("needs_ledger", "values", "links", "deliveries")


def ots_holdings(
    people: Any,
    part: str,
    *,
    groups: Any = None,
    delivery: str = "server",
    passphrase_delivery: str = "none",  # noqa: S107 - the word
    webhook_url: Any = None,
    notify_url: Any = None,
    same_channel: Any = False,
    held: Any = None,
    values: Any = None,
    made: Any = None,
) -> Any:
    """Return a part of what the people's credentials come to."""
    try:
        check_given("part", {"choices": PARTS}, part)
        urls = {"webhook": webhook_url, "notify": notify_url}
        for channel, url in urls.items():
            check_kind(f"credentials_{channel}_url", "str", "" if url is None else url)
        given_urls = [channel for channel, url in urls.items() if url]
        ways = Ways(delivery, passphrase_delivery, given_urls, boolean(same_channel))
        holdings = Holdings(people, groups or {}, ways)
        parts: dict[str, Callable[[], Any]] = {
            "needs_ledger": lambda: holdings.needs_ledger,
            "values": lambda: holdings.values(held or []),
            "links": lambda: holdings.links(held or [], values or {}),
            "deliveries": lambda: holdings.deliveries(held or [], made or {}),
        }
        return parts[part]()
    except InvalidInput as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ots_holdings": ots_holdings}
