"""The documentation of every action says what its arguments are; options of all actions are documented once."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import add_fragments

from ansible_collections.onetimesecret.ots.plugins.modules import (
    ots_burn,
    ots_deliver,
    ots_generate,
    ots_ledger,
    ots_ledger_info,
    ots_metadata_info,
    ots_recent_info,
    ots_reveal,
    ots_share,
    ots_status_info,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils import arguments
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.decision import Action

MODULES = [
    (ots_share, arguments.SHARE),
    (ots_generate, arguments.GENERATE),
    (ots_burn, arguments.BURN),
    (ots_deliver, arguments.DELIVER),
    (ots_ledger, arguments.NEW_KEY),
    (ots_ledger_info, arguments.LEDGER_INFO),
    (ots_metadata_info, arguments.METADATA_INFO),
    (ots_recent_info, arguments.SERVER_INFO),
    (ots_reveal, arguments.REVEAL),
    (ots_status_info, arguments.SERVER_INFO),
]
SHARED = {**arguments.CONNECTION, **arguments.LEDGER}


def options_of(module: Any) -> dict[str, Any]:
    documentation = yaml.safe_load(module.DOCUMENTATION)
    add_fragments(documentation, module.__file__, fragment_loader, is_module=True)
    return dict(documentation["options"])


@pytest.mark.parametrize(("module", "spec"), MODULES, ids=lambda value: getattr(value, "__name__", "").split(".")[-1])
def test_documentation_and_argument_spec_are_equal(module: Any, spec: arguments.Spec) -> None:
    documented = options_of(module)

    assert set(documented) == set(spec)
    for name, option in spec.items():
        # The documented default of a shared option is the last resort after variable, environment and ansible.cfg.
        keys = {"type", "choices", "elements", "required"} | (set() if name in SHARED else {"default"})
        assert {key: documented[name].get(key) for key in keys} == {key: option.get(key) for key in keys}


@pytest.mark.parametrize(("module", "not_its"), [(ots_share, {Action.ROTATED}), (ots_generate, set())])
def test_every_action_that_a_result_may_name_is_documented(module: Any, not_its: set[Action]) -> None:
    assert set(yaml.safe_load(module.RETURN)["action"]["choices"]) == set(Action) - not_its
