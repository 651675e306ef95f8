"""What the README shows works as it stands there, from the built collection."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local_stack import LocalStack
from support.playbooks import Playbooks

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text()


def galaxy(*arguments: str, folder: Path) -> None:
    program = Path(sys.executable).with_name("ansible-galaxy")
    # No other collections path: what is found in one is not installed again.
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder / "none"), "HOME": str(folder)}
    command = [str(program), "collection", *arguments]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def installed(playbooks: Playbooks, tmp_path: Path) -> Path:
    """The collection as built and installed into an empty path, and no checkout in the playbooks' reach."""
    source, target = tmp_path / "source", tmp_path / "installed"
    tracked = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    for name in tracked.splitlines():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, source / name, follow_symlinks=False)
    galaxy("build", folder=source)
    (artefact,) = source.glob("onetimesecret-ots-*.tar.gz")
    galaxy("install", str(artefact), "-p", str(target), folder=tmp_path)
    shutil.rmtree(source)
    playbooks.collections_path = str(target)
    return target / "ansible_collections" / "onetimesecret" / "ots"


def test_the_playbook_of_the_readme_runs_from_the_built_collection(
    stack: LocalStack, playbooks: Playbooks, installed: Path
) -> None:
    playbook = playbooks.folder / "handover.yml"
    playbook.write_text(re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0])

    first, second = playbooks.run(playbook), playbooks.run(playbook)
    assert (first.exit_code, first.changed) == (0, 1), first.output
    assert (second.exit_code, second.changed) == (0, 0), second.output
    assert re.search(r'"db/prod/alice": "(new|viewed)"', second.output)
    assert (stack.links_sent(), len(stack.mailbox.mails())) == (2, 2)
    content = {path.name for path in installed.iterdir()}
    assert {"plugins", "playbooks", "roles", "server", "docs", "README.md", "LICENSE"} <= content
    assert not {"tests", "tools", "extensions", "terraform", "Makefile", ".ci", "conftest.py"} & content


def test_quickstart_and_a_role_run_from_the_built_collection(
    stack: LocalStack, playbooks: Playbooks, installed: Path, tmp_path: Path
) -> None:
    inventory = ["-i", str(installed / "playbooks" / "quickstart_files" / "inventory.yml")]
    folder = ["-e", f"quickstart_folder={tmp_path / 'servers'}"]
    quickstart = Path("onetimesecret.ots.quickstart")
    runs = [playbooks.run(quickstart, *inventory, *folder) for _ in range(2)]
    assert ([run.exit_code for run in runs], runs[1].changed) == ([0, 0], 0), runs[0].output

    example = re.findall(
        r"```yaml\n(.*?)```", (installed / "roles" / "credentials" / "README.md").read_text(), re.DOTALL
    )[0]
    playbook = playbooks.folder / "credentials.yml"
    playbook.write_text(example)
    (playbooks.folder / "files").mkdir()
    (playbooks.folder / "files" / "deploy_key").write_text("-----KEY-----")
    before = stack.links_sent()
    first, second = playbooks.run(playbook), playbooks.run(playbook)
    assert (first.exit_code, second.exit_code, second.changed) == (0, 0, 0), first.output
    assert stack.links_sent() == before + 3  # one is the passphrase of Bob's


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (CHECKOUT / target).exists(), target
