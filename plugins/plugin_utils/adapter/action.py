# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions have in common: arguments in, result out, all of it on the controller."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.defects import place_of
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, OnetimeError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import GROUP, Spec
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.arguments import validated
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.core import hide, opened, text_of_file
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.loops import holds_secret
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.masking import (
    mask_content,
    mask_given,
    values_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.options import (
    LENDER,
    options_of_action,
    variables_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.repeats import repeat_in_task
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.results import result_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.variables import Variables
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import check_name
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger

# Core imports an action before it forks the workers: what takes long to import is so imported once, not again for each host.
for _module in ("module_utils.onetime.client", "plugin_utils.ledger.postgresql"):
    import_module(f"ansible_collections.onetimesecret.ots.plugins.{_module}")
lookup_loader.get(LENDER)  # so is the documentation of the options, which takes longest


class OtsAction(ActionBase):
    """Base of all actions: a subclass names its arguments and makes the result."""

    TRANSFERS_FILES = False
    _requires_connection = False  # nothing of this happens on the managed host
    _supports_async = False
    _supports_check_mode = True

    SPEC: ClassVar[Spec]
    RULES: ClassVar[dict[str, Any]] = {}

    @abstractmethod
    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        """Do what the task asks for and return its result. Raises OnetimeError and LedgerError."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = Variables(task_vars or {}, self._templar)
        result, problem = {}, ""
        try:
            result = super().run(tmp, task_vars)
            options = options_of_action(self._arguments(), variables)
            mask_given(options, self.SPEC)
            result |= self.perform(options, check=bool(self._task.check_mode))
            mask_content(result)
        except (OnetimeError, LedgerError, DeliveryError, AnsibleActionFail) as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - its text may hold what was given
            problem = f"the collection has a defect; please report it, with this place: {place_of(error)}"
        if problem:  # returned, not raised, so that until, retries and failed_when see it
            result |= {"failed": True, "changed": False, "msg": problem}
        if self._item_is_secret(task_vars or {}, variables):
            result["_ansible_no_log"] = True
            if problem:  # which core does not print of a hidden result
                Display().error(f"{self._task.action}: {problem}")
        if result.get("_ansible_no_log"):
            hide(self._task, result)
        return result

    def file_content(self, path: str) -> str:
        """Return the text of a file on the controller, looked for as other actions look for theirs; vaulted ones are opened.

        In memory only. Raises InvalidInput, which names `src`.
        """
        try:
            text = text_of_file(self._loader, self._find_needle("files", path))  # type: ignore[no-untyped-call]
        except AnsibleError:
            raise InvalidInput("cannot be read; give a file on the controller", field="src") from None
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            # Core has escaped what is no UTF-8.
            raise InvalidInput("is not text in UTF-8; encode it, as with b64encode, and give it as secret", field="src")
        return text

    def _arguments(self) -> dict[str, Any]:
        action = str(self._task.action).rpartition(".")[2]
        arguments = {
            option: opened(value)
            for option, value in self._task.args.items()
            if option in self.SPEC or option not in GROUP
        }
        options = validated(arguments, self.SPEC, action, self.RULES)
        if options.get("name") is not None:
            options["name"] = check_name(options["name"])
        return options

    def _item_is_secret(self, task_vars: Mapping[str, Any], variables: Variables) -> bool:
        """Whether the item of a loop, which core prints with each result, holds a secret that was given to the task."""
        if self._task.loop is None:
            return False
        loop = self._task.loop_control.loop_var if self._task.loop_control else "item"
        by_variables = {option: _evaluated(variables, name) for option, name in variables_of(self.SPEC).items()}
        given_values = [*values_of(self._task.args, self.SPEC), *values_of(by_variables, self.SPEC)]
        return holds_secret(task_vars.get(loop), given_values)


def _evaluated(variables: Variables, name: str) -> Any:
    try:
        return variables.value(name)
    except InvalidInput:
        return None


class LinkAction(OtsAction):
    """Base of the actions that make a link exist, or not: a subclass calls the engine."""

    @abstractmethod
    def act(self, options: dict[str, Any], engine: Engine, *, check: bool) -> tuple[str | None, Outcome]:
        """Do what the task asks for; return the name it was done under, and the outcome."""

    def perform(self, options: dict[str, Any], *, check: bool) -> dict[str, Any]:
        connection = Connection.of(options)
        with open_ledger(options, connection.scope, read_only=check) as ledger:
            engine = Engine(ledger, connection.client, anonymous=connection.is_anonymous)
            name, outcome = self.act(options, engine, check=check)
        if name is not None:
            outcome = outcome.but_told([repeat_in_task(self._task._uuid, name, outcome)])
        content = bool(options.get("return_content"))
        return result_of(name, outcome, connection.address if content else None)
