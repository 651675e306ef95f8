"""What the README shows works as it stands there, from the built collection."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from local_stack import LocalStack
from tests.support import CHECKOUT
from tests.support.galaxy import galaxy
from tests.support.ledgers import records
from tests.support.tenants import Tenant

README = (CHECKOUT / "README.md").read_text()
REPOSITORY = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["repository"]
NOT_SHIPPED = {
    "tests",
    "tools",
    "extensions/molecule",
    "terraform",
    "requirements",
    "Makefile",
    ".ci",
    "CONTRIBUTING.md",
}


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


class Newcomer:
    """Somebody with an empty home, Ansible on PATH, and the README: enters commands, and reads what they print."""

    def __init__(self, folder: Path, galaxy_url: str, stack: Tenant) -> None:
        self.home = folder / "home"
        self.stack = stack
        self.home.mkdir()
        program_folder = Path(sys.executable).parent
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "OTS_", "COV_"))
        } | {
            "HOME": str(self.home),
            "PATH": f"{program_folder}:{os.environ['PATH']}",
            "ANSIBLE_GALAXY_SERVER": galaxy_url,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    @property
    def collection(self) -> Path:
        return self.home / ".ansible" / "collections" / "ansible_collections" / "onetimesecret" / "ots"

    def enter(self, commands: str, folder: Path | None = None) -> str:
        """Enter commands, the placeholders for server and account replaced by those that are there."""
        for name in ("OTS_URL", "OTS_USERNAME", "OTS_API_TOKEN"):
            value = self.stack.environment[name]
            commands = re.sub(rf"\b{name}=\S+", f"{name}={value}", commands)
        finished = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            env=self.environment,
            cwd=folder or self.home,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert finished.returncode == 0, f"{commands}\n{finished.stdout}"
        return finished.stdout


def commands(block: str) -> list[str]:
    return re.findall(r"^\$ (.*)$", block, re.MULTILINE)


def printed(block: str) -> list[str]:
    return [line for line in block.splitlines() if not line.startswith("$ ")]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout, and in it the tarball that is built of it."""
    folder = tmp_path_factory.mktemp("checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    for name in tracked.splitlines():
        if (CHECKOUT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, folder / name, follow_symlinks=False)
    program = Path(sys.executable).with_name("ansible-galaxy")
    subprocess.run([str(program), "collection", "build"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="module")
def newcomer(source: Path, shared_server: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    """Somebody who has installed the collection in each way that the README shows, each time into an empty home."""
    folder = tmp_path_factory.mktemp("newcomer")
    (artefact,) = source.glob("onetimesecret-ots-*.tar.gz")
    with galaxy(artefact) as url:
        person = Newcomer(folder, url, Tenant(shared_server, folder / "stack"))
        *ways, pip = commands(blocks("console")[1])
        assert len(ways) == 3
        for way in ways:
            shutil.rmtree(person.home)
            person.home.mkdir()
            person.enter(way, source)
            assert (person.collection / "MANIFEST.json").exists() or (person.collection / "galaxy.yml").exists(), way
        assert "already satisfied" in person.enter(pip)
    return person


def test_what_is_tried_first_is_what_every_change_must_pass() -> None:
    every_change = (CHECKOUT / ".ci" / "run").read_text().splitlines()
    tried = [command.partition("  #")[0].strip() for command in commands(blocks("console")[0])]
    assert tried == ["make demo", "make test"]
    assert set(tried) <= set(every_change)


@pytest.mark.long
def test_the_server_is_checked_and_the_playbooks_run_as_the_readme_shows_them(newcomer: Newcomer) -> None:
    check, use = blocks("console")[2:]
    stack, settings = newcomer.stack, commands(check)[0]
    said = newcomer.enter("\n".join(commands(check)))
    assert [line for line in printed(check) if line not in said.splitlines()] == []

    (newcomer.home / "handover.yml").write_text(blocks("yaml")[0])
    handover, quickstart = commands(use)
    assert "changed=1 " in newcomer.enter(f"{settings}\n{handover}")
    assert (stack.links_sent(), len(stack.mailbox.mails())) == (2, 2)
    again = newcomer.enter(f"{settings}\n{handover}")
    assert "changed=0 " in again
    assert re.search(r'"db/prod/alice: (new|viewed)"', again)
    assert "(item=alice)" in again
    assert set(newcomer.home.glob(".ansible/onetimesecret/*")) == {
        newcomer.home / ".ansible/onetimesecret" / name
        for name in ("ledger.sqlite3", "ledger.sqlite3.key", "ledger.sqlite3.lock")
    }

    first, second = (newcomer.enter(f"{settings}\n{quickstart}") for _ in range(2))
    assert "failed=0" in first
    assert set(re.findall(r"changed=(\d+)", second)) == {"0"}


@pytest.mark.long
def test_a_value_in_a_template_survives_the_shell(newcomer: Newcomer) -> None:
    settings = commands(blocks("console")[2])[0]
    (newcomer.home / "app.env.j2").write_text(blocks("jinja")[0])
    template = "ansible localhost -m ansible.builtin.template -a 'src=app.env.j2 dest=app.env'"
    newcomer.enter(f"{settings}\n{template}")
    sourced = newcomer.enter('set -a; . ./app.env; printf %s "$DB_PASSWORD"')
    ledger = f"sqlite://{newcomer.home}/.ansible/onetimesecret/ledger.sqlite3"
    assert sourced == records(newcomer.stack, ledger)["db/prod/app"].value


@pytest.mark.long
def test_the_examples_of_a_role_run(newcomer: Newcomer) -> None:
    settings = commands(blocks("console")[2])[0]
    (newcomer.home / "files").mkdir()
    (newcomer.home / "files" / "deploy_key").write_text("-----KEY-----")
    role = (newcomer.collection / "roles" / "credentials" / "README.md").read_text()
    example, _members, people = blocks("yaml", role)
    (newcomer.home / "credentials.yml").write_text(example)
    (newcomer.home / "people.yml").write_text(people)
    (newcomer.home / "people.csv").write_text("name,email\ndave,dave@example.com\nerin,erin@example.com\n")
    before = newcomer.stack.links_sent()
    ledger = f"export OTS_LEDGER=sqlite://{newcomer.home}/of-the-role.sqlite3"
    runs = [newcomer.enter(f"{settings}\n{ledger}\nansible-playbook credentials.yml people.yml") for _ in range(2)]
    assert "changed=0 " in runs[1]
    assert newcomer.stack.links_sent() == before + 4 + 2 + 2  # beside the passphrase of Bob's and the shared value
    for line in (r"db/prod/bob +bob@example.com +kept +new", r"vpn/erin +erin@example.com +kept +new"):
        assert re.search(line, runs[1])


def test_every_command_and_block_is_run() -> None:
    """The Terraform example is applied by tests/terraform/commands/test_examples.py."""
    assert [len(blocks(language)) for language in ("console", "yaml", "jinja", "terraform")] == [4, 1, 1, 1]
    assert README.count("```") == 2 * (4 + 1 + 1 + 1)


def links(text: str) -> list[str]:
    return [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)]


@pytest.mark.long
def test_every_link_of_what_is_installed_leads_somewhere(newcomer: Newcomer) -> None:
    content = {path.name for path in newcomer.collection.iterdir()}
    assert {"plugins", "playbooks", "roles", "server", "docs", "README.md", "LICENSE", "requirements.txt"} <= content
    assert not NOT_SHIPPED & content

    broken = []
    for document in newcomer.collection.rglob("*.md"):
        for link in filter(None, links(document.read_text())):
            place = link.removeprefix(f"{REPOSITORY}/blob/main/").removeprefix(f"{REPOSITORY}/tree/main/")
            target = CHECKOUT / place if place != link else document.parent / link
            if not link.startswith(("http:", "https:", "mailto:")) or place != link:
                broken += [f"{document.name}: {link}"] if not target.exists() else []
    assert not broken


@pytest.mark.parametrize("document", sorted(CHECKOUT.glob("*.md")), ids=lambda path: path.name)
def test_every_link_of_a_checkout_leads_somewhere(document: Path) -> None:
    assert [link for link in links(document.read_text()) if "://" not in link and not (CHECKOUT / link).exists()] == []
