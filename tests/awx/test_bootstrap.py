"""The playbook awx_bootstrap.yml, run for real with awx.awx, against a stand-in that holds AWX's published rules."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import CHECKOUT
from tests.support.awx.job import data
from tests.support.awx.rules import RefusedError, check_credential, check_fields, check_survey, playbooks_of
from tests.support.awx.stand_in import Awx, awx
from tests.support.playbooks import Playbooks, Run

BOOTSTRAP = CHECKOUT / "playbooks" / "awx_bootstrap.yml"
AWX_COLLECTION = Path(sys.prefix) / "awx"
TOKEN = "0auth-t0ken-of-awx"
SECRETS = {
    "awx_ots_api_token": "t0ken-of-the-account",
    "awx_ledger": "postgresql://ots:pa55word@db.example.com/ots",
    "awx_ledger_key": base64.b64encode(b"k" * 32).decode(),
}
SETTINGS = {
    **SECRETS,
    "awx_ots_url": "https://ots.example.com",
    "awx_ots_username": "ops@example.com",
    "awx_execution_environment_image": "registry.example.com/onetimesecret-ee:0.3.0",
}
MADE = {
    "credential_types": ["Onetime Secret", "Onetime Secret ledger"],
    "credentials": ["Onetime Secret", "Onetime Secret ledger"],
    "projects": ["Onetime Secret"],
    "inventories": ["Onetime Secret"],
    "hosts": ["localhost"],
    "execution_environments": ["Onetime Secret"],
    "job_templates": ["Hand over a credential", "Rotate credentials", "Report on links", "Audit links"],
}


@pytest.fixture(scope="module")
def projects_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What AWX would check out: of this repository, the playbooks."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(CHECKOUT / "playbooks", folder / "playbooks")
    return folder


@pytest.fixture
def stand_in(projects_checkout: Path) -> Iterator[Awx]:
    with awx(TOKEN, projects_checkout) as running:
        yield running


@pytest.fixture
def bootstrap(stand_in: Awx, tmp_path: Path, collections_path: str) -> Playbooks:
    if not AWX_COLLECTION.exists():
        pytest.skip("the collection awx.awx is not here; make awx fetches it")
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": f"{collections_path}:{AWX_COLLECTION}",
        "CONTROLLER_HOST": stand_in.url,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
    }
    return Playbooks(tmp_path, collections_path, environment)


def run(bootstrap: Playbooks, *arguments: str, token: str = TOKEN, **settings: str) -> Run:
    file = bootstrap.folder / "settings.json"
    file.write_text(json.dumps({**SETTINGS, **settings}))
    return bootstrap.run(BOOTSTRAP, "-e", f"@{file}", "-vvv", *arguments, CONTROLLER_OAUTH_TOKEN=token)


@pytest.mark.long
def test_everything_is_made_once_and_nothing_by_a_check(stand_in: Awx, bootstrap: Playbooks) -> None:
    check_of_nothing = run(bootstrap, "--check")
    assert (check_of_nothing.exit_code, stand_in.writes) == (0, []), check_of_nothing.output
    assert check_of_nothing.changed > 0

    first = run(bootstrap)
    assert first.exit_code == 0, first.output
    assert {endpoint: stand_in.names(endpoint) for endpoint in MADE} == MADE
    written = len(stand_in.writes)

    runs = [run(bootstrap), run(bootstrap, "--check")]
    assert [(again.exit_code, again.changed) for again in runs] == [(0, 0), (0, 0)], runs[0].output + runs[1].output
    assert stand_in.writes[written:] == []

    for secret in (*SECRETS.values(), TOKEN, "pa55word"):
        assert [secret in each.output for each in (check_of_nothing, first, *runs)] == [False] * 4


@pytest.mark.long
def test_awx_gets_what_the_data_files_say_and_hand_made_changes_are_put_right(
    stand_in: Awx, bootstrap: Playbooks
) -> None:
    done = run(bootstrap)

    assert done.exit_code == 0, done.output
    for credential_type in data("credential_types"):
        sent = stand_in.named("credential_types", credential_type["name"])
        assert {part: sent[part] for part in credential_type} == credential_type
    for template in data("job_templates"):
        sent = stand_in.named("job_templates", template["name"])
        assert (sent["playbook"], sent["survey_enabled"]) == (template["playbook"], True)
        assert stand_in.survey(template["name"])["spec"] == template["survey"]
        assert stand_in.credentials(template["name"]) == MADE["credentials"]
    ledger = stand_in.named("credentials", "Onetime Secret ledger")["inputs"]
    assert ledger == {"ledger": SETTINGS["awx_ledger"], "ledger_key": SETTINGS["awx_ledger_key"]}
    host = json.loads(stand_in.named("hosts", "localhost")["variables"])
    assert host["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"

    stand_in.named("job_templates", "Report on links")["playbook"] = "playbooks/quickstart.yml"
    stand_in.survey("Rotate credentials")["spec"].pop()
    again = run(bootstrap)

    assert (again.exit_code, again.changed) == (0, 1), again.output  # one task made both
    assert stand_in.named("job_templates", "Report on links")["playbook"] == "playbooks/report.yml"
    assert len(stand_in.survey("Rotate credentials")["spec"]) == 2


@pytest.mark.long
@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"awx_ots_region": "eu"}, "one of awx_ots_url and awx_ots_region"),
        ({"awx_ledger": "sqlite:////tmp/l3dger"}, "awx_ledger (a URL postgresql://"),
        ({"awx_ledger_key": "sh0rt"}, "awx_ledger_key (of openssl rand -base64 32)"),
        ({"token": "wr0ng"}, "Invalid authentication credentials"),
        ({"awx_ots_url": "", "awx_ots_region": "moon"}, "is not one of"),
        ({"awx_organization": "Elsewhere"}, "returned 0 items, expected 1"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(bootstrap: Playbooks, settings: dict[str, str], problem: str) -> None:
    done = run(bootstrap, **settings)

    assert done.exit_code != 0
    assert problem in done.one_line
    for secret in (*SECRETS.values(), TOKEN, "wr0ng", "sh0rt", "l3dger"):
        assert secret not in done.output


FIELD = {"id": "url", "label": "URL", "type": "string"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "ssh"}, "kind"),
        ({"inputs": {"fields": [{**FIELD, "ask_at_runtime": True}]}}, "ask_at_runtime"),
        ({"inputs": {"fields": [FIELD, FIELD]}}, "unique"),
        ({"inputs": {"fields": [{**FIELD, "type": "boolean", "secret": True}]}}, "boolean"),
        ({"injectors": {"env": {"ANSIBLE_CONFIG": "x"}}}, "ANSIBLE_CONFIG"),
        ({"injectors": {"env": {"PYTHONPATH": "x"}}}, "PYTHONPATH"),
        ({"injectors": {"env": {"OTS_URL": "{{ uri }}"}}}, "'uri' is undefined"),
        ({"injectors": {"env": {"OTS_URL": "{{ tower.filename.key }}"}}}, "key"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_credential_type_that_awx_refuses_is_refused(change: dict[str, object], problem: str) -> None:
    good = {"name": "Onetime Secret", "kind": "cloud", "inputs": {"fields": [FIELD]}, "injectors": {}}
    check_fields("credential_types", good, is_new=True)

    with pytest.raises(RefusedError, match=problem):
        check_fields("credential_types", good | change, is_new=True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"type": "email"}, "not one of the allowed question types"),
        ({"required": "yes"}, "'required' expected to be bool"),
        ({"default": 7}, "expected to be str"),
        ({"type": "multiplechoice"}, "must specify choices"),
        ({"type": "multiplechoice", "choices": ["1d", "7d"], "default": "9y"}, "answered from the choices"),
        ({"max": "10"}, "The max limit expected to be integer"),
    ],
)
def test_a_survey_that_awx_refuses_is_refused(change: dict[str, object], problem: str) -> None:
    question = {"type": "text", "question_name": "Names", "variable": "names", "required": True}
    check_survey({"name": "", "description": "", "spec": [question]})

    with pytest.raises(RefusedError, match=problem):
        check_survey({"name": "", "description": "", "spec": [question | change]})


def test_a_region_outside_the_choices_is_refused() -> None:
    with pytest.raises(RefusedError, match="moon"):
        check_credential({"region": "moon"}, data("credential_types")[0])


def test_awx_finds_the_playbooks_in_the_project(projects_checkout: Path) -> None:
    assert {template["playbook"] for template in data("job_templates")} <= set(playbooks_of(projects_checkout))
