"""What the README shows works as it stands there, from the built collection."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

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


def test_the_playbook_of_the_readme_runs_from_the_built_collection(
    stack: LocalStack, playbooks: Playbooks, tmp_path: Path
) -> None:
    source, installed = tmp_path / "source", tmp_path / "installed"
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    for name in filter(None, tracked):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, source / name)
    galaxy("build", folder=source)
    (artefact,) = source.glob("onetimesecret-ots-*.tar.gz")
    galaxy("install", str(artefact), "-p", str(installed), folder=tmp_path)
    playbooks.collections_path = str(installed)
    playbook = playbooks.folder / "handover.yml"
    playbook.write_text(re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0])

    first, second = playbooks.run(playbook), playbooks.run(playbook)
    assert (first.exit_code, first.changed) == (0, 1), first.output
    assert (second.exit_code, second.changed) == (0, 0), second.output
    assert re.search(r'"db/prod/alice": "(new|viewed)"', second.output)
    assert (stack.links_sent(), len(stack.mailbox.mails())) == (2, 2)
    content = {path.name for path in (installed / "ansible_collections" / "onetimesecret" / "ots").iterdir()}
    assert {"plugins", "playbooks", "roles", "server", "docs", "README.md", "LICENSE"} <= content
    assert not {"tests", "tools", "extensions", "terraform", "Makefile", ".ci", "conftest.py"} & content


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (CHECKOUT / target).exists(), target
