# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names the ledger takes."""

from __future__ import annotations

import unicodedata

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import check_name


@pytest.mark.parametrize("name", ["a", "db/prod/alice", "two words", "ä" * 512, "n" * 512, "🔑"])
def test_a_name_is_taken(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty; give the credential a name, such as db/prod/alice"),
        (" \t", "is empty"),
        (" a", "begins or ends with a blank; remove it"),
        ("a\n", "begins or ends with a blank"),
        ("n" * 513, "has 513 characters; use at most 512"),
        ("a\nb", "has control characters; remove them"),
        ("a\x00b", "has control characters"),
    ],
)
def test_a_name_is_refused_with_the_reason(name: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_name(name)
    assert str(caught.value).startswith(f"name: {problem}")


def test_what_looks_the_same_is_the_same_name() -> None:
    assert check_name(unicodedata.normalize("NFD", "jürgen")) == check_name("jürgen") == "jürgen"
