# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task returns. A result with a link or a value in it is hidden from all output and whole when registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Record
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.survey import Standing
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.tables import table
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.times import iso_time


def result_of(name: str | None, outcome: Outcome, address: Address) -> dict[str, Any]:
    """Return the task result of an outcome."""
    result: dict[str, Any] = {
        "changed": outcome.action.is_change,
        "action": outcome.action.value,
        "name": name,
        "state": outcome.state,
        "recipient": outcome.recipient,
        "diff": {"before": _summary(outcome.former), "after": _summary(outcome.record) or _plan(outcome.desired)},
    }
    if outcome.warnings:
        result["warnings"] = list(outcome.warnings)
    if outcome.record:
        # Not by no_log's masking, which would also eat every part of the link that looks like a passphrase
        # (ansible/ansible#71789).
        result |= {"_ansible_no_log": True, **_link(outcome.record, address)}
    return result


def listing_of(standings: Sequence[Standing]) -> dict[str, Any]:
    """Return what a survey has found, as data for playbooks and as a table for people. No secret is in it."""
    links = [_line(standing) for standing in standings]
    return {"links": links, "table": table(LISTED, links)}


LISTED = ("name", "recipient", "state", "created_at", "expires_at", "due")


def _line(standing: Standing) -> dict[str, Any]:
    record = standing.record
    return {
        "name": standing.name,
        "kind": record.kind.value if record else None,
        "recipient": record.recipient if record else None,
        "state": record.state.value if record else None,
        "passphrase_required": record.passphrase is not None if record else None,
        "ttl_asked": record.ttl_asked if record else None,
        "ttl": record.ttl if record else None,
        "value_created_at": iso_time(record.value_created_at) if record else None,
        "created_at": iso_time(record.created_at) if record else None,
        "expires_at": iso_time(record.expires_at) if record else None,
        "received_at": iso_time(record.received_at) if record and record.received_at else None,
        "delivered": [{**asdict(delivery), "sent_at": iso_time(delivery.sent_at)} for delivery in standing.deliveries],
        "due": standing.due.value,
        "burns_owed": standing.burns_owed,
        "possible_orphans": standing.possible_orphans,
    }


def _link(record: Record, address: Address) -> dict[str, Any]:
    fields = {
        "link": address.link(record.secret_key, record.share_domain),
        "secret_key": record.secret_key,
        "metadata_key": record.metadata_key,
        "ttl_asked": record.ttl_asked,
        "ttl": record.ttl,
        "expires_at": iso_time(record.expires_at),
        "passphrase_required": record.passphrase is not None,
    }
    return fields if record.value is None else {**fields, "value": record.value}


def _summary(record: Record | None) -> dict[str, Any]:
    """What a diff may show of a link."""
    if record is None:
        return {}
    return {"state": record.state.value, "recipient": record.recipient, "expires_at": iso_time(record.expires_at)}


def _plan(desired: Desired | None) -> dict[str, Any]:
    """The same of a link that check mode did not make."""
    if desired is None:
        return {}
    lifetime = f"{desired.ttl} seconds after it is made" if desired.ttl else "as the server decides"
    return {"state": State.NEW.value, "recipient": desired.recipient, "expires_at": lifetime}
