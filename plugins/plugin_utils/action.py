# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions have in common: arguments in, result out, all of it on the controller."""

from __future__ import annotations

from abc import abstractmethod
from importlib import import_module
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, OnetimeError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.arguments import TEXT_ONLY, Spec
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivering import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.options import options_of_action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.results import result_of

# Core imports an action before it forks the workers: what takes long to import is so imported once, not again for each host.
for _module in ("module_utils.onetime.client", "plugin_utils.ledger.postgresql"):
    import_module(f"ansible_collections.onetimesecret.ots.plugins.{_module}")


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
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            options = options_of_action(self._arguments(), task_vars or {}, self._templar)
            return result | self.perform(options, check=bool(self._task.check_mode))
        except (OnetimeError, LedgerError, DeliveryError) as error:
            raise AnsibleActionFail(str(error)) from None

    def file_content(self, path: str) -> str:
        """Return the text of a file on the controller, looked for as other actions look for theirs; vaulted ones are opened.

        In memory only. Raises InvalidInput, which names `src`.
        """
        try:
            text: str = self._loader.get_text_file_contents(self._find_needle("files", path))  # type: ignore[no-untyped-call]
        except AnsibleError:
            raise InvalidInput("cannot be read; give a file on the controller", field="src") from None
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            # Core has escaped what is no UTF-8.
            raise InvalidInput("is not text in UTF-8; encode it, as with b64encode, and give it as secret", field="src")
        return text

    def _arguments(self) -> dict[str, Any]:
        _refuse_what_is_not_text(self._task.args)
        validation = ArgumentSpecValidator(self.SPEC, **self.RULES).validate(self._task.args)
        if validation.error_messages:
            raise AnsibleActionFail("; ".join(validation.error_messages))
        return dict(validation.validated_parameters)


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
        return result_of(name, outcome, connection.address)


def _refuse_what_is_not_text(arguments: dict[str, Any]) -> None:
    for option in TEXT_ONLY:
        value = arguments.get(option)
        if value is not None and not isinstance(value, str):
            kind = next((kind for type_, kind in KINDS.items() if isinstance(value, type_)), "something else")
            raise InvalidInput(f"is {kind}, not text; put it in quotes, or add | string", field=option)


KINDS = {bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
