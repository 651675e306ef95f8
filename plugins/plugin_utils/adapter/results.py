# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task returns. Nothing secret unless it is asked for; then the result is hidden from output and whole when registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.tables import table
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.terraform import imports_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import Action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.links import Result
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import LinkStatus
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Record


def result_of(name: str | None, outcome: Outcome, address: Address | None) -> dict[str, Any]:
    """Return the task result of an outcome; with the server's address its link, keys and value as well."""
    result: dict[str, Any] = {
        "changed": outcome.action.is_change,
        "action": outcome.action.value,
        "name": name,
        "state": outcome.state,
        "recipient": outcome.recipient,
        "diff": _diff(name, outcome),
    }
    if outcome.warnings:
        result["warnings"] = list(outcome.warnings)
    if outcome.record:
        result |= _facts(outcome.record)
    if outcome.record and address:
        # Not by no_log's masking, which would also eat every part of the link that looks like a passphrase
        # (ansible/ansible#71789).
        result |= {"_ansible_no_log": True, **_content(outcome.record, address)}
    return result


MANY = ("name", "recipient", "action", "state", "expires_at")
PROBLEMS_SHOWN = 20


def result_of_many(results: Sequence[Result], address: Address | None) -> dict[str, Any]:
    """Return the task result of many links, by name; failed where one of them is, with a table of what failed and why."""
    links, warnings = {}, []
    for each in results:
        if each.outcome is None:
            links[each.name] = {"name": each.name, "changed": False, "failed": True, "msg": each.problem}
            continue
        one = result_of(each.name, each.outcome, address)
        warnings += [f"{each.name}: {warning}" for warning in one.pop("warnings", [])]
        links[each.name] = {key: value for key, value in one.items() if key not in ("diff", "_ansible_no_log")}
    done = [link for link in links.values() if not link.get("failed")]
    result: dict[str, Any] = {
        "changed": any(link["changed"] for link in done),
        "links": links,
        "table": table(MANY, [{"expires_at": None, **link} for link in done]),
        "diff": _diff_of_many(results),
    }
    if warnings:
        result["warnings"] = warnings
    if len(done) < len(links):
        failed = [{"name": link["name"], "problem": link["msg"]} for link in links.values() if link.get("failed")]
        more = len(failed) - PROBLEMS_SHOWN
        shown = [*table(("name", "problem"), failed[:PROBLEMS_SHOWN]), *([f"and {more} more"] if more > 0 else [])]
        result |= {"failed": True, "msg": "\n".join([f"{len(failed)} of {len(links)} links failed:", *shown])}
    if address:
        result["_ansible_no_log"] = True
    return result


def _diff_of_many(results: Sequence[Result]) -> dict[str, Any]:
    changed = [(each.name, each.outcome) for each in results if each.outcome and each.outcome.action.is_change]
    header = f"{len(changed)} of {len(results)} links"
    before = [{"name": name, **lines} for name, one in changed if (lines := _summary(one.former))]
    after = [
        {"name": f"{name} ({one.action.value})", **lines}
        for name, one in changed
        if (lines := _summary(one.record) or _plan(one))
    ]
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(f"{line}\n" for line in table(("name", *SUMMARY), before)) if before else "",
        "after": "".join(f"{line}\n" for line in table(("name", *SUMMARY), after)) if after else "",
    }


def listing_of(statuses: Sequence[LinkStatus], *, content: bool = False) -> dict[str, Any]:
    """Return what a survey has found, as data for playbooks and as a table for people.

    No secret is in it, but with `content` the links' metadata keys, and what Terraform needs to take the links over.
    """
    links = [line_of(status) for status in statuses]
    result: dict[str, Any] = {"links": links, "table": table(LISTED, links)}
    if content:
        for link, status in zip(links, statuses, strict=True):
            link["metadata_key"] = status.record.metadata_key if status.record else None
        result |= {"imports_tf": imports_of(statuses), "_ansible_no_log": True}
    return result


LISTED = ("name", "recipient", "state", "created_at", "expires_at", "due")


def line_of(status: LinkStatus) -> dict[str, Any]:
    record = status.record
    return {
        "name": status.name,
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
        "delivered": [{**asdict(delivery), "sent_at": iso_time(delivery.sent_at)} for delivery in status.deliveries],
        "due": status.due.value,
        "burns_pending": status.burns_pending,
        "possible_orphans": status.possible_orphans,
    }


def _facts(record: Record) -> dict[str, Any]:
    return {
        "ttl_asked": record.ttl_asked,
        "ttl": record.ttl,
        "expires_at": iso_time(record.expires_at),
        "passphrase_required": record.passphrase is not None,
    }


def _content(record: Record, address: Address) -> dict[str, Any]:
    fields = {
        "link": address.link(record.secret_key, record.share_domain),
        "secret_key": record.secret_key,
        "metadata_key": record.metadata_key,
    }
    return fields if record.value is None else {**fields, "value": record.value}


def _diff(name: str | None, outcome: Outcome) -> dict[str, Any]:
    header = f"{name or 'link'} ({outcome.action.value})"
    return {
        "before_header": header,
        "after_header": header,
        "before": _summary(outcome.former),
        "after": _summary(outcome.record) or _plan(outcome),
    }


SUMMARY = ("state", "recipient", "value_created_at", "expires_at")


def _summary(record: Record | None) -> dict[str, Any]:
    """What a diff may show of a link."""
    if record is None:
        return {}
    return {
        "state": record.state.value,
        "recipient": record.recipient,
        "value_created_at": iso_time(record.value_created_at),
        "expires_at": iso_time(record.expires_at),
    }


def _plan(outcome: Outcome) -> dict[str, Any]:
    """The same of a link that check mode did not make."""
    desired, former = outcome.desired, outcome.former
    if desired is None:
        return {}
    desired = desired.completed_from(former)
    keeps_value = former is not None and outcome.action is Action.REISSUED
    born = iso_time(former.value_created_at) if former and keeps_value else "when the link is created"
    lifetime = f"{desired.ttl} seconds after it is created" if desired.ttl else "the server's default"
    return {"state": State.NEW.value, "recipient": desired.recipient, "value_created_at": born, "expires_at": lifetime}
