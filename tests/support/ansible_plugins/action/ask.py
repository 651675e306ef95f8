"""Ask a server for its state and do nothing else: what an action with a server costs at least."""

from __future__ import annotations

from typing import Any

import requests
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        with requests.Session() as session:
            session.get(self._task.args["url"], timeout=30).raise_for_status()
        return {**result, "changed": False}
