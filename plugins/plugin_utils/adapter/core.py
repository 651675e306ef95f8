# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What releases of ansible-core do each in their own way, and the private parts of core that it takes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.executor.task_executor import TaskExecutor
from ansible.utils.display import Display

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput

try:
    # Private, and the only place where core (2.19 and later) says which task a lookup is evaluated for.
    from ansible._internal import _task
except ImportError:
    _task = None  # type: ignore[assignment]

try:
    from ansible.module_utils.secrets import register_secrets  # 2.22 and later
except ImportError:
    register_secrets = None


def task_of_lookup() -> Any:
    """Return the ansible.playbook.task.Task that evaluates a lookup; None outside of tasks, such as in the name of a play.

    Raises InvalidInput where this release does not say.
    """
    if _task is None:
        return _task_on_the_stack()
    if not hasattr(_task, "TaskContext"):
        raise InvalidInput(
            "this release of ansible-core does not say whether a task runs in check mode; use the action of the same name"
        )
    context = _task.TaskContext.current(optional=True)
    return context.task if context else None


def _task_on_the_stack() -> Any:
    # Up to 2.18 nothing but the executor itself knows. These releases are complete, so it stays where it is.
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        if isinstance(executor := frame.f_locals.get("self"), TaskExecutor):
            return executor._task
    return None


def hide(task: Any, result: Mapping[str, Any]) -> None:
    """Have core hide all of a result that says `_ansible_no_log`, but for its warnings. `task`: the action's own, of one item."""
    if _task is None:
        # Up to 2.18 a callback for reports looks at the task alone; and no warning of a hidden result is shown.
        task.no_log = True
        for warning in result.get("warnings", ()):
            Display().warning(warning)


def mask(secrets: Iterable[str]) -> None:
    """Have core mask these texts in all that it prints from now on, where it can. What is registered stays whole."""
    if register_secrets is not None:
        register_secrets(secrets)


def text_of_file(loader: Any, path: str) -> str:
    """Return the text of a file, vaulted or not, by the plugin's ansible.parsing.dataloader.DataLoader.

    What is no UTF-8 is in it as surrogates. Raises AnsibleError.
    """
    if hasattr(loader, "get_text_file_contents"):
        return str(loader.get_text_file_contents(path))
    content, _shown = loader._get_file_contents(path)  # up to 2.18, where core's own lookup `file` does the same
    return str(content.decode(errors="surrogateescape"))


def is_omitted(value: Any) -> bool:
    """Whether this is what `omit` stands for."""
    # Core has no public name for it: a placeholder text up to 2.18, an object of a private class since.
    return type(value).__name__ == "_OmitType" or (isinstance(value, str) and value.startswith("__omit_place_holder__"))


def opened(value: Any) -> Any:
    """Return a value with vaulted text, however deep, as text: up to 2.18 it is none. Raises InvalidInput."""
    if _task is not None:
        return value
    if isinstance(value, Mapping):
        return {key: opened(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [opened(each) for each in value]
    if type(value).__name__ != "AnsibleVaultEncryptedUnicode":
        return value
    try:
        return str(value)
    except AnsibleError:
        raise InvalidInput("a vaulted value cannot be decrypted; give its vault password") from None
