# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server reports, as results for playbooks. Times are ISO 8601 in UTC, lifetimes seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    NotAuthorized,
    OnetimeError,
    UnknownSecret,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.tables import table

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata

NO_LINK = {"exists": False, "is_unread": False}

RECENT_COLUMNS = ("state", "recipient", "created_at", "expires_at")


def facts_of_link(client: Client, metadata_key: str) -> dict[str, Any]:
    """Return what became of a link; only NO_LINK where the server knows none with this key. Raises OnetimeError."""
    try:
        return {"exists": True, **_facts(client.metadata(metadata_key))}
    except UnknownSecret:
        return NO_LINK


def facts_of_recent(client: Client, *, content: bool) -> dict[str, Any]:
    """Return the account's links of the last 30 days, newest first, and a table; with `content` their metadata keys as well."""
    recent = sorted(client.recent(), key=lambda metadata: metadata.created, reverse=True)
    links = [_facts(metadata) for metadata in recent]
    result: dict[str, Any] = {"links": links, "table": table(RECENT_COLUMNS, links)}
    if content:
        for link, metadata in zip(links, recent, strict=True):
            link["metadata_key"] = metadata.metadata_key.get_secret_value()
        result["_ansible_no_log"] = True
    return result


def facts_of_server(client: Client, *, anonymous: bool) -> dict[str, Any]:
    """Return whether the server can be reached, whether it takes the credentials (None without any), and its release.

    A server that cannot be reached is a fact, not an error: `problem` says why.
    """
    try:
        client.status()
        authorized = None if anonymous else True
    except NotAuthorized as error:
        return {"reachable": True, "authorized": False, "release": None, "problem": str(error)}
    except OnetimeError as error:
        return {"reachable": False, "authorized": None, "release": None, "problem": str(error)}
    release = "before 0.24" if client.is_before_0_24() else "0.24 or later"
    return {"reachable": True, "authorized": authorized, "release": release, "problem": None}


def _facts(metadata: Metadata) -> dict[str, Any]:
    return {
        "state": metadata.state.value,
        "is_unread": metadata.is_unread,
        "recipient": ", ".join(metadata.recipient) or None,  # as the server shows it, obfuscated
        "share_domain": metadata.share_domain,
        "passphrase_required": metadata.passphrase_required,
        "ttl": metadata.ttl,
        "created_at": iso_time(metadata.created),
        "updated_at": iso_time(metadata.updated),
        "expires_at": iso_time(metadata.expires_at),
        "received_at": iso_time(metadata.received) if metadata.received else None,
    }
