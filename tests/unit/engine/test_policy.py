"""The policy that options name."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy, ReissueOn


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({"reissue_on": []}, Policy(frozenset())),
        ({"reissue_on": ["expired", "burned"]}, Policy(frozenset({ReissueOn.EXPIRED, ReissueOn.BURNED}))),
        ({"reissue_on": ["expired"], "rotate_after": None}, Policy()),
        ({"reissue_on": ["expired"], "rotate_after": ""}, Policy()),
        ({"reissue_on": ["expired"], "rotate_after": "2h"}, Policy(rotate_after=7200)),
    ],
    ids=["never", "two ends", "no age", "an empty age", "two hours"],
)
def test_options_name_a_policy(options: dict[str, Any], policy: Policy) -> None:
    assert Policy.of(options) == policy


def test_a_wrong_duration_names_its_option() -> None:
    with pytest.raises(InvalidInput, match=r"^rotate_after: "):
        Policy.of({"reissue_on": [], "rotate_after": "soon"})
