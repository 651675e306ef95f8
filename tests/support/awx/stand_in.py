"""An HTTP stand-in for AWX's API: it keeps objects in memory, holds the rules of awx_rules.py, and notes every call."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.awx.rules import (
    DEFAULTS,
    FIELDS,
    RefusedError,
    check_credential,
    check_fields,
    check_survey,
    playbooks_of,
)

API = "/api/v2"
ENCRYPTED = "$encrypted$"
REFERENCES = {
    "organization": "organizations",
    "credential_type": "credential_types",
    "inventory": "inventories",
    "project": "projects",
    "execution_environment": "execution_environments",
}
# Beside its name, what tells an object from others of its kind.
SCOPES = {
    "credentials": ("organization", "credential_type"),
    "projects": ("organization",),
    "inventories": ("organization",),
    "hosts": ("inventory",),
    "job_templates": ("organization",),
}
Object = dict[str, Any]
Answer = tuple[int, Any]


class Awx:
    """AWX's state, and its answers. `project` stands for the repository that its projects check out."""

    def __init__(self, token: str, project: Path) -> None:
        self.url = ""
        self.writes: list[str] = []
        self._token = token
        self._playbooks = playbooks_of(project)
        self._objects: dict[str, dict[int, Object]] = defaultdict(dict)
        self._credentials: dict[int, list[int]] = defaultdict(list)  # of job templates
        self._surveys: dict[int, Object] = {}
        self._updates: dict[int, str] = {}  # of projects, and how they stand
        self._objects["organizations"][1] = {"id": 1, "name": "Default"}

    def names(self, endpoint: str) -> list[str]:
        return [found["name"] for found in self._objects[endpoint].values()]

    def named(self, endpoint: str, name: str) -> Object:
        """Return what was sent, secrets and all."""
        return next(found for found in self._objects[endpoint].values() if found["name"] == name)

    def survey(self, name: str) -> Object:
        return self._surveys[self.named("job_templates", name)["id"]]

    def credentials(self, name: str) -> list[str]:
        chosen = self._credentials[self.named("job_templates", name)["id"]]
        return [self._objects["credentials"][number]["name"] for number in chosen]

    def answer(self, method: str, path: str, query: dict[str, str], body: Object, authorization: str | None) -> Answer:
        """Return status and body. What AWX does not have, or awx.awx does not need, is 404 or 405."""
        if authorization != f"Bearer {self._token}":
            return 401, {"detail": "Authentication credentials were not provided."}
        if method != "GET":
            self.writes.append(f"{method} {path}")
        try:
            match method, path.removeprefix(API).strip("/").split("/"):
                case "GET", ["project_updates", number]:
                    return 200, self._update(int(number))
                case "GET", [endpoint] if endpoint in FIELDS or endpoint == "organizations":
                    return 200, self._list(endpoint, query)
                case "POST", [endpoint] if endpoint in FIELDS:
                    return 201, self._create(endpoint, body)
                case "PATCH", [endpoint, number] if int(number) in self._objects[endpoint]:
                    return 200, self._change(endpoint, int(number), body)
                case "GET", ["job_templates", number, "credentials"]:
                    return 200, _page([self._shown("credentials", chosen) for chosen in self._credentials[int(number)]])
                case "POST", ["job_templates", number, "credentials"]:
                    self._attach(int(number), body)
                    return 204, None
                case "GET", ["job_templates", number, "survey_spec"]:
                    return 200, self._surveys.get(int(number), {})
                case "POST", ["job_templates", number, "survey_spec"]:
                    check_survey(body)
                    self._surveys[int(number)] = body
                    return 200, {}
        except RefusedError as refusal:
            return 400, refusal.body
        return 404, {"detail": "Not found."}

    def _list(self, endpoint: str, query: dict[str, str]) -> Object:
        unknown = set(query) - {"name", *SCOPES.get(endpoint, ())}
        if unknown:
            raise RefusedError(detail=f"{endpoint} cannot be searched by {', '.join(unknown)}")
        return _page(
            [
                self._shown(endpoint, number)
                for number, found in self._objects[endpoint].items()
                if all(str(found.get(field)) == wanted for field, wanted in query.items())
            ]
        )

    def _create(self, endpoint: str, body: Object) -> Object:
        self._check(endpoint, body, is_new=True)
        for found in self._objects[endpoint].values():
            if all(found.get(field) == body.get(field) for field in ("name", *SCOPES.get(endpoint, ()))):
                raise RefusedError(__all__=[f"There is one of {endpoint} with this name already."])
        number = 10 + sum(map(len, self._objects.values()))
        self._objects[endpoint][number] = DEFAULTS[endpoint] | body | {"id": number}
        if endpoint == "projects":
            self._updates[number] = "pending"
        return self._shown(endpoint, number)

    def _change(self, endpoint: str, number: int, body: Object) -> Object:
        found = self._objects[endpoint][number]
        self._check(endpoint, body, is_new=False)
        self._objects[endpoint][number] = found | body
        return self._shown(endpoint, number)

    def _check(self, endpoint: str, body: Object, *, is_new: bool) -> None:
        check_fields(endpoint, body, is_new=is_new)
        for field, other in REFERENCES.items():
            if field in body and body[field] not in self._objects[other]:
                raise RefusedError(**{field: [f'Invalid pk "{body[field]}" - object does not exist.']})
        if endpoint == "credentials":
            check_credential(body.get("inputs", {}), self._objects["credential_types"][body["credential_type"]])
        if endpoint == "job_templates" and "playbook" in body:
            is_checked_out = self._updates.get(body["project"]) == "successful"
            if not is_checked_out or body["playbook"] not in self._playbooks:
                raise RefusedError(playbook=["Playbook not found for project."])

    def _attach(self, template: int, body: Object) -> None:
        chosen, number = self._credentials[template], body["id"]
        credentials = self._objects["credentials"]
        if body.get("disassociate"):
            chosen.remove(number)
        elif any(credentials[other]["credential_type"] == credentials[number]["credential_type"] for other in chosen):
            raise RefusedError(error="Cannot assign multiple credentials of one type.")
        else:
            chosen.append(number)

    def _update(self, project: int) -> Object:
        """A project's update runs when it is looked at first, and is done when it is looked at again."""
        self._updates[project] = "successful" if self._updates[project] == "running" else "running"
        return {"id": project, "status": self._updates[project]}

    def _shown(self, endpoint: str, number: int) -> Object:
        """An object as the API tells it: with secrets masked."""
        found = self._objects[endpoint][number]
        url = f"{API}/{endpoint}/{number}/"
        shown = {**found, "url": url, "related": {}, "summary_fields": {}}
        if endpoint == "credential_types":
            shown["managed"] = False
        if endpoint == "projects" and self._updates[number] != "successful":
            shown["summary_fields"] = {"current_update": {"id": number, "status": self._updates[number]}}
        if endpoint == "job_templates":
            shown["related"] = {"survey_spec": f"{url}survey_spec/"}
        if endpoint == "credentials":
            fields = self._objects["credential_types"][found["credential_type"]]["inputs"]["fields"]
            secret = {field["id"] for field in fields if field.get("secret")}
            shown["inputs"] = {name: ENCRYPTED if name in secret else value for name, value in found["inputs"].items()}
        return shown


def _page(results: list[Object]) -> Object:
    return {"count": len(results), "next": None, "previous": None, "results": results}


@contextmanager
def awx(token: str, project: Path) -> Iterator[Awx]:
    """Run the stand-in on a free loopback port; `url` tells where."""
    state = Awx(token, project)

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            parts = urlsplit(self.path)
            status, answer = state.answer(
                self.command, parts.path, dict(parse_qsl(parts.query)), body, self.headers.get("Authorization")
            )
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - http.server's names

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
