"""The job templates on AWX's own engine: what they do, and what they leave behind."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Entry
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger
from tests.support.awx.job import data
from tests.support.replay import Answer, replaying
from tests.support.rows import note
from tests.support.tenants import Tenant

if TYPE_CHECKING:
    from tests.support.awx.job import Finished

Credentials = dict[str, dict[str, str]]
PEOPLE = "alice@example.com\nbob@example.com\n"
NAMES = ["db/prod/alice@example.com", "db/prod/bob@example.com"]


def ledger_of(stack: Tenant, credentials: Credentials) -> AbstractContextManager[Ledger]:
    settings = {**credentials["Onetime Secret ledger"], "ledger_key_file": None, "ledger_wait": 10}
    return open_ledger(settings, f"{stack.url} {stack.username}")


def entries(stack: Tenant, credentials: Credentials) -> dict[str, Entry]:
    with ledger_of(stack, credentials) as ledger:
        return ledger.entries()


def age(stack: Tenant, credentials: Credentials, name: str, seconds: int) -> None:
    """Make the value that is recorded under the name older."""
    with ledger_of(stack, credentials) as ledger, ledger.locked(name):
        record = ledger.read(name).record
        assert record is not None
        note(ledger, name, replace(record, value_created_at=record.value_created_at - seconds))


def secrets_of(stack: Tenant, credentials: Credentials) -> list[str]:
    records = [entry.record for entry in entries(stack, credentials).values() if entry.record]
    parts = [
        part for record in records for part in (record.value, record.secret_key, record.metadata_key, record.passphrase)
    ]
    fields = credentials["Onetime Secret ledger"]
    return [part for part in parts if part] + [
        stack.environment["OTS_API_TOKEN"],
        fields["ledger_key"],
        fields["ledger"],
    ]


@pytest.mark.long
def test_a_handover_is_made_once_and_leaves_no_secret(
    stack: Tenant, credentials: Credentials, run: Callable[..., Finished]
) -> None:
    first = run("handover", handover_credential="db/prod", handover_recipients=PEOPLE, handover_ttl="1d")
    second = run("handover", handover_credential="db/prod", handover_recipients=PEOPLE, handover_ttl="1d")
    report = run("report", report_names="db/")
    audit = run("audit", audit_names="db/", audit_recipient="", audit_since="90d")

    assert [job.exit_code for job in (first, second, report, audit)] == [0] * 4, first.output + audit.output
    assert audit.artefacts["audit"] == {"events": 2, "trail": {"intact": True, "events": 2, "problems": []}}
    assert "admin@" in audit.output  # who had the jobs run
    assert first.artefacts == {"handover": dict.fromkeys(NAMES, "created")}
    assert second.artefacts == {"handover": dict.fromkeys(NAMES, "kept")}
    assert report.artefacts == {"unread": NAMES, "due": {}}
    assert (stack.links_sent(), len(stack.mailbox.mails()), second.changed) == (2, 2, 0)
    for secret in secrets_of(stack, credentials):
        assert [job.places_of(secret) for job in (first, second, report, audit)] == [[]] * 4


@pytest.mark.long
def test_a_given_secret_with_its_passphrase_in_the_chat(
    stack: Tenant, credentials: Credentials, run: Callable[..., Finished]
) -> None:
    with replaying(Answer(200)) as chat:
        job = run(
            "handover",
            handover_credential="vpn",
            handover_recipients="alice@example.com",
            handover_secret="s3cret-of-the-survey",
            handover_passphrase_channel="chat",
            handover_webhook_url=f"{chat.url}/hooks/T0ken",
        )

    assert job.exit_code == 0, job.output
    passphrase = entries(stack, credentials)["vpn/alice@example.com"].record.passphrase  # type: ignore[union-attr]
    assert passphrase
    text = html.unescape(json.loads(chat.received[0].body)["text"])  # a chat shows it without the escapes
    assert passphrase in text
    for secret in (*secrets_of(stack, credentials), "T0ken"):
        assert job.places_of(secret) == []


@pytest.mark.long
def test_twelve_jobs_three_at_a_time_make_one_post_for_each_name(
    stack: Tenant, credentials: Credentials, run: Callable[..., Finished]
) -> None:
    def launch(_number: int) -> Finished:
        return run("handover", handover_credential="db/prod", handover_recipients=PEOPLE)

    with ThreadPoolExecutor(3) as slots:
        jobs = list(slots.map(launch, range(12)))

    assert [job.exit_code for job in jobs] == [0] * 12, [job.output for job in jobs if job.exit_code]
    assert stack.links_sent() == 2
    assert sum(job.changed for job in jobs) in (1, 2)  # tasks; one job may have made both
    assert sorted(entries(stack, credentials)) == NAMES


@pytest.mark.long
def test_a_rotation_makes_what_is_due_and_nothing_else(
    stack: Tenant, credentials: Credentials, run: Callable[..., Finished]
) -> None:
    run("handover", handover_credential="db/prod", handover_recipients=PEOPLE)
    before = {name: entry.record for name, entry in entries(stack, credentials).items()}
    age(stack, credentials, NAMES[0], 7 * 86400)
    first = run("rotate", rotate_names="db/prod/", rotate_after="7d")
    second = run("rotate", rotate_names="db/prod/", rotate_after="7d")
    after = {name: entry.record for name, entry in entries(stack, credentials).items()}

    assert (first.exit_code, first.artefacts, second.artefacts) == (0, {"rotated": NAMES[:1]}, {"rotated": []}), (
        first.output
    )
    assert (first.changed, second.changed) == (1, 0)
    values = [(before[name].value, after[name].value) for name in NAMES]  # type: ignore[union-attr]
    assert values[0][0] != values[0][1]
    assert values[1][0] == values[1][1]
    assert after[NAMES[0]].recipient == "alice@example.com"  # type: ignore[union-attr]
    for secret in secrets_of(stack, credentials):
        assert [job.places_of(secret) for job in (first, second)] == [[], []]


@pytest.mark.parametrize(
    ("playbook", "survey", "problem"),
    [
        ("handover", {"handover_credential": "db", "handover_recipients": "alice"}, "give one mail address a line"),
        (
            "handover",
            {"handover_credential": "db", "handover_recipients": "a@b.example", "handover_ttl": "9y"},
            "value of handover_ttl must be one of",
        ),
        ("handover", {"handover_recipients": "a@b.example"}, "missing required arguments: handover_credential"),
        ("rotate", {"rotate_names": "db", "rotate_after": "1s"}, "value of rotate_after must be one of"),
    ],
)
def test_a_survey_that_is_wrong_sends_nothing(
    stack: Tenant, run: Callable[..., Finished], playbook: str, survey: dict[str, str], problem: str
) -> None:
    job = run(playbook, **survey)

    assert job.exit_code != 0
    assert problem in " ".join(job.output.split())
    assert stack.links_sent() == 0


def test_the_surveys_offer_what_the_playbooks_take() -> None:
    for template in data("job_templates"):
        for question in template["survey"]:
            assert question["type"] in (
                "text",
                "textarea",
                "password",
                "integer",
                "float",
                "multiplechoice",
                "multiselect",
            )
            if question["type"] == "multiplechoice":
                assert question["default"] in question["choices"]


def test_no_variable_is_one_that_awx_refuses() -> None:
    for credential_type in data("credential_types"):
        fields = {field["id"] for field in credential_type["inputs"]["fields"]}
        assert set(credential_type["inputs"]["required"]) <= fields
        assert not [name for name in credential_type["injectors"]["env"] if name.startswith("ANSIBLE_")]
