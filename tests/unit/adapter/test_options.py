# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options from variables, environment and ansible.cfg: the most specific one counts, and one that is wrong is not shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible import constants, template
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.options import options_of_action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.variables import Variables

# Up to 2.18 any text may be a template.
trusted = getattr(template, "trust_as_template", str)

SECRET = "s3cret-that-must-not-be-shown"

# What core takes for false, or prints, or both.
WRONG = {
    "validate_certs": "is text, not a boolean; give true or false",
    "allow_plain_http": "is text, not a boolean; give true or false",
    "timeout": "is text, not a number",
    "ledger_wait": "is text, not a number",
    "region": "is not one of us, eu, ca, nz, uk",
}


def options(arguments: dict[str, Any] | None = None, **variables: str) -> dict[str, Any]:
    templates = {name: trusted(text) for name, text in variables.items()}
    templar = Templar(loader=DataLoader(), variables=templates)
    return options_of_action(arguments or {}, Variables(templates, templar))


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ansible.cfg in the place of whatever there is."""
    path = tmp_path / "ansible.cfg"
    monkeypatch.setattr(constants, "CONFIG_FILE", str(path))
    monkeypatch.setattr(constants.config, "_config_file", str(path))
    return path


@pytest.mark.parametrize("option", WRONG)
def test_what_is_wrong_in_the_environment_is_told_by_its_name(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = f"OTS_{option.upper()}"
    monkeypatch.setenv(variable, SECRET)
    with pytest.raises(InvalidInput, match=f"^{variable}: {WRONG[option]}") as error:
        options()
    assert SECRET not in str(error.value)
    assert options({option: right(option)})[option] == right(option), "nobody asks for what is given more specifically"
    assert options(**{f"ots_{option}": str(right(option))})[option] == right(option)


def right(option: str) -> Any:
    return {"region": "eu", "validate_certs": True, "allow_plain_http": False}.get(option, 7.0)


@pytest.mark.parametrize("option", WRONG)
def test_what_is_wrong_in_ansible_cfg_is_told_by_its_name(
    option: str, config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config_file.write_text(f"[onetimesecret_ots]\n{option} = {SECRET} ; a comment\n")
    with pytest.raises(InvalidInput, match=f"^{option} in ansible.cfg: {WRONG[option]}") as error:
        options()
    assert SECRET not in str(error.value)
    monkeypatch.setenv(f"OTS_{option.upper()}", str(right(option)))
    assert options()[option] == right(option)


@pytest.mark.parametrize("option", WRONG)
def test_what_is_right_in_ansible_cfg_is_taken(option: str, config_file: Path) -> None:
    config_file.write_text(f"[onetimesecret_ots]\n{option} = {right(option)} ; a comment\n")
    assert options()[option] == right(option)


@pytest.mark.parametrize("word", ["no", "False", "0", "off", "f"])
def test_certificates_go_unverified_only_where_that_is_said(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert options()["validate_certs"] is True
    monkeypatch.setenv("OTS_VALIDATE_CERTS", word)
    assert options()["validate_certs"] is False
    for typing_error in ("ture", "yess", "fales", "none", "2"):
        monkeypatch.setenv("OTS_VALIDATE_CERTS", typing_error)
        with pytest.raises(InvalidInput, match="OTS_VALIDATE_CERTS: "):
            options()


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ nobody_defines_this }}", "cannot be evaluated: 'nobody_defines_this' is undefined"),
        ("{{ nobody_defines_this | int }}", "cannot be evaluated: 'nobody_defines_this' is undefined"),
        (f"{{{{ '{SECRET}' | from_json }}}}", "cannot be evaluated; look at it with ansible.builtin.debug"),
        (f"{{{{ '{SECRET}' | no_such_filter }}}}", "cannot be evaluated; look at it with ansible.builtin.debug"),
        (f"{{{{ ['{SECRET}'] }}}}", "is a list, not a number"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(template: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=f"^ots_timeout: {told}") as error:
        options(ots_timeout=template)
    assert SECRET not in str(error.value)
    assert SECRET not in repr(error.value.__context__)


def test_a_variable_is_evaluated_once() -> None:
    class Counting(Templar):
        count = 0

        def template(self, *arguments: Any, **more: Any) -> Any:
            self.count += 1
            return super().template(*arguments, **more)

    templar = Counting(loader=DataLoader(), variables={})
    variables = Variables({"ots_ttl": trusted("{{ 7 }}d"), "ots_proxy": ""}, templar)

    assert [variables.value("ots_ttl") for _ in range(2)] == ["7d", "7d"]
    assert variables.value("ots_proxy") is None
    assert variables.value("ots_region") is None
    assert templar.count == 2
