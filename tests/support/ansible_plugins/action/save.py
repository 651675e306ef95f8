"""Write a value where the test reads it, on the controller: a module would cost a second for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if not self._task.check_mode:
            Path(self._task.args["dest"]).write_text(self._task.args["content"])
        return {**result, "changed": False}
