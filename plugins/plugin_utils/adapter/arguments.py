# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments, checked before core sees them, and completed by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import Spec
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.kinds import check_arguments, given


def validated(arguments: Mapping[str, Any], spec: Spec, owner: str, rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with the defaults of those that are not given. `rules`: what core's validator is to know more.

    Raises InvalidInput, which names the option and the problem and never the value. `owner` is whose arguments they are.
    """
    check_arguments(arguments, spec, owner)
    arguments = given(arguments)
    for option in arguments.keys() & {option for option, argument in spec.items() if "options" in argument}:
        arguments[option] = [given(each) for each in arguments[option]]
    validation = ArgumentSpecValidator(spec, **rules).validate(arguments)
    if validation.error_messages:
        raise InvalidInput("; ".join(validation.error_messages))
    return dict(validation.validated_parameters)
