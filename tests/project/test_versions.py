"""Collection, provider, server, changelog and documentation name one version."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from release import version_of_all
from tests.support import CHECKOUT


def test_the_versions_agree_and_the_guide_names_the_image_of_this_one() -> None:
    version = version_of_all(CHECKOUT)
    assert set(re.findall(r"onetimesecret-ee:([\d.]+)", (CHECKOUT / "docs/awx.md").read_text())) == {version}


def test_versions_that_differ_are_named(tmp_path: Path) -> None:
    for part in ("plugins/module_utils/onetime", "server", "changelogs"):
        shutil.copytree(CHECKOUT / part, tmp_path / part, ignore=shutil.ignore_patterns("src", "fragments"))
    (tmp_path / "galaxy.yml").write_text("version: 9.9.9")
    with pytest.raises(SystemExit, match=r"the versions differ: galaxy\.yml 9\.9\.9, .*server/pyproject\.toml \d"):
        version_of_all(tmp_path)
