"""Every playbook of the guides runs as it stands: a block of YAML whose first line is the name of its file."""

from __future__ import annotations

import re

import pytest

from tests.support import CHECKOUT
from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant

BLOCK = re.compile(r"^```yaml\n# ([a-z_]+\.yml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GUIDES = {
    guide: dict(BLOCK.findall((CHECKOUT / "docs" / f"{guide}.md").read_text()))
    for guide in ("cookbook", "lookups", "migration", "reporting")
}
# How many links each sends, where that is not one: `uri` sends one in each run, and three name the same credential.
LINKS = {"before.yml": 2, "password.yml": 0, "ssh_key.yml": 2, "leaver.yml": 0, "lookups.yml": 0, "generated.yml": 0}


@pytest.mark.long
@pytest.mark.newcomer
def test_the_playbooks_of_the_guides_run_and_send_nothing_the_second_time(stack: Tenant, playbooks: Playbooks) -> None:
    texts = {name: text for guide in GUIDES.values() for name, text in guide.items()}
    for name, text in texts.items():
        (playbooks.folder / name).write_text(f"---\n{text}")
    first, *others = (playbooks.folder / name for name in texts)
    runs = [playbooks.run(first, *map(str, others)) for _ in range(2)]

    assert [run.exit_code for run in runs] == [0, 0], runs[0].output + runs[1].output
    assert runs[1].changed == 0, runs[1].output
    assert stack.links_sent() == sum(LINKS.get(name, 1) for name in texts)
    assert "s3cret" not in runs[0].output + runs[1].output


def test_every_guide_has_playbooks_of_its_own() -> None:
    names = [name for guide in GUIDES.values() for name in guide]
    assert all(GUIDES.values())
    assert len(names) == len(set(names))
