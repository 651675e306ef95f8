"""What AWX's API takes: its published fields as JSON schema, and the rules that it holds beyond them.

From AWX's API description (swagger), and its sources on custom credential types (awx/main/fields.py) and on surveys
(JobTemplateSurveySpec in awx/api/views), as published up to 2023. Of the fields, those that job templates like ours can have; any
other is refused here, whereas AWX passes over a misspelt one without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jsonschema import Draft202012Validator

Body = Mapping[str, Any]
Schema = dict[str, Any]


class RefusedError(Exception):
    """AWX answers 400 with this body."""

    def __init__(self, **body: Any) -> None:
        super().__init__(body)
        self.body = body


def text(longest: int | None = None, shortest: int = 0) -> Schema:
    return {"type": "string", "minLength": shortest} | ({"maxLength": longest} if longest else {})


NAME = text(512, 1)
ID = {"type": "integer", "minimum": 1}
FLAG = {"type": "boolean"}
FROM_0 = {"type": "integer", "minimum": 0, "maximum": 2147483647}

CREDENTIAL_TYPE_INPUTS: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "required": {"type": "array", "items": {"type": "string"}},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "label"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[a-zA-Z_]+[a-zA-Z0-9_]*$"},
                    "label": {"type": "string"},
                    "help_text": {"type": "string"},
                    "type": {"enum": ["string", "boolean"]},
                    "format": {"enum": ["ssh_private_key", "url"]},
                    "choices": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string"}},
                    "multiline": FLAG,
                    "secret": FLAG,
                    "default": {"type": ["string", "boolean"]},
                },
            },
        },
    },
}
CREDENTIAL_TYPE_INJECTORS: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$": {"type": "string"}},
        },
        "env": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {"^[a-zA-Z_]+[a-zA-Z0-9_]*$": {"type": "string", "pattern": "^[\x00-\x7f]*$"}},
        },
        "extra_vars": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {"^[a-zA-Z_]+[a-zA-Z0-9_]*$": {"type": "string"}},
        },
    },
}

# By endpoint: the fields that may be written, and those without which nothing can be made.
FIELDS: dict[str, Schema] = {
    "credential_types": {
        "name": NAME,
        "description": text(),
        "kind": {"enum": ["cloud", "net"]},
        "managed": {"const": False},  # read only; awx.awx sends it all the same
        "inputs": CREDENTIAL_TYPE_INPUTS,
        "injectors": CREDENTIAL_TYPE_INJECTORS,
    },
    "credentials": {
        "name": NAME,
        "description": text(),
        "organization": ID,
        "credential_type": ID,
        "inputs": {"type": "object"},
    },
    "projects": {
        "name": NAME,
        "description": text(),
        "organization": ID,
        "scm_type": {"enum": ["", "git", "svn", "insights", "archive"]},
        "scm_url": text(1024),
        "scm_branch": text(256),
    },
    "inventories": {
        "name": NAME,
        "description": text(),
        "organization": ID,
        "kind": {"enum": ["", "smart", "constructed"]},
        "host_filter": {"type": ["string", "null"]},
        "variables": text(),
    },
    "hosts": {"name": NAME, "description": text(), "inventory": ID, "enabled": FLAG, "variables": text()},
    "execution_environments": {
        "name": NAME,
        "description": text(),
        "organization": ID,
        "image": text(1024, 1),
        "pull": {"enum": ["", "always", "missing", "never"]},
    },
    "job_templates": {
        "name": NAME,
        "description": text(),
        "job_type": {"enum": ["run", "check"]},
        "organization": ID,
        "inventory": ID,
        "project": ID,
        "playbook": text(1024),
        "execution_environment": ID,
        "forks": FROM_0,
        "job_slice_count": FROM_0,
        "survey_enabled": FLAG,
        "allow_simultaneous": FLAG,
    },
}
REQUIRED = {
    "credential_types": ["name", "kind"],
    "credentials": ["name", "credential_type"],
    "projects": ["name"],
    "inventories": ["name", "organization"],
    "hosts": ["name", "inventory"],
    "execution_environments": ["name", "image"],
    "job_templates": ["name", "project", "playbook", "inventory"],  # nothing of it is asked on launch
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "credential_types": {"description": "", "inputs": {}, "injectors": {}},
    "credentials": {"description": "", "inputs": {}},
    "projects": {"description": "", "scm_branch": "", "scm_revision": ""},
    "inventories": {"description": "", "kind": "", "host_filter": None, "variables": ""},
    "hosts": {"description": "", "enabled": True, "variables": ""},
    "execution_environments": {"description": "", "pull": ""},
    "job_templates": {"description": "", "job_type": "run", "forks": 0, "job_slice_count": 1, "survey_enabled": False},
}

# awx/main/constants.py
FORBIDDEN_VARIABLES = {
    "VIRTUAL_ENV",
    "PATH",
    "PYTHONPATH",
    "JOB_ID",
    "INVENTORY_ID",
    "INVENTORY_SOURCE_ID",
    "INVENTORY_UPDATE_ID",
    "AD_HOC_COMMAND_ID",
    "REST_API_URL",
    "REST_API_TOKEN",
    "MAX_EVENT_RES",
    "CALLBACK_QUEUE",
    "CALLBACK_CONNECTION",
    "CACHE",
    "JOB_CALLBACK_DEBUG",
    "INVENTORY_HOSTVARS",
    "AWX_HOST",
    "PROJECT_REVISION",
    "SUPERVISOR_CONFIG_PATH",
}

SURVEY_TYPES: dict[str, type] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), str),
    "integer": int,
    "float": float,
}
A_PLAY = re.compile(r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?import_playbook):\s*?.*?$", re.MULTILINE)


def check_fields(endpoint: str, body: Body, *, is_new: bool) -> None:
    """Raise RefusedError, which names the field, where AWX would not take this body for this endpoint."""
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": FIELDS[endpoint],
        "required": REQUIRED[endpoint] if is_new else [],
    }
    for error in Draft202012Validator(schema).iter_errors(body):
        field = str(error.absolute_path[0]) if error.absolute_path else "__all__"
        raise RefusedError(**{field: [error.message]})
    if endpoint == "credential_types":
        check_inputs(body.get("inputs", {}))
        check_injectors(body.get("injectors", {}), body.get("inputs", {}))


def check_inputs(inputs: Body) -> None:
    ids = [field["id"] for field in inputs.get("fields", [])]
    if "tower" in ids or len(ids) != len(set(ids)):
        raise RefusedError(inputs=["field IDs must be unique, and not tower"])
    for field in inputs.get("fields", []):
        kind = field.get("type", "string")
        if kind != "string" and {"choices", "multiline", "format", "secret"} & set(field):
            raise RefusedError(inputs=[f"not allowed for {kind} type ({field['id']})"])
        if "default" in field and type(field["default"]) is not {"string": str, "boolean": bool}[kind]:
            raise RefusedError(inputs=[f"{field['default']} is not a {kind}"])


def check_injectors(injectors: Body, inputs: Body) -> None:
    for name in injectors.get("env", {}):
        if name.startswith("ANSIBLE_") or name in FORBIDDEN_VARIABLES:
            raise RefusedError(injectors=[f"Environment variable {name} is not allowed to be used in credentials."])
    templates = [name for name in injectors.get("file", {}) if name.startswith("template")]
    if "template" in templates and len(templates) > 1:
        raise RefusedError(injectors=["Must use multi-file syntax when injecting multiple files"])
    files: Any = "EXAMPLE" if "template" in templates else {name.split(".")[1]: "EXAMPLE" for name in templates}
    known = {field["id"]: "EXAMPLE" for field in inputs.get("fields", [])} | {"tower": {"filename": files}}
    for kind, entries in injectors.items():
        for name, template in entries.items():
            try:
                ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(template).render(known)
            except TemplateError as error:
                raise RefusedError(injectors=[f"{kind} {name}: {error.message}"]) from None


def check_credential(inputs: Body, credential_type: Body) -> None:
    """Raise RefusedError where these are no inputs of that credential type."""
    fields = {field["id"]: field for field in credential_type["inputs"].get("fields", [])}
    properties = {
        name: {"type": field.get("type", "string")} | ({"enum": field["choices"]} if "choices" in field else {})
        for name, field in fields.items()
    }
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    for error in Draft202012Validator(schema).iter_errors(inputs):
        raise RefusedError(inputs=[error.message])
    for name, field in fields.items():
        if field.get("secret") and inputs.get(name) == "$encrypted$":
            raise RefusedError(inputs=[f"$encrypted$ is a reserved keyword, and cannot be used for {name}."])


def check_survey(survey: Body) -> None:
    """Raise RefusedError, with the number of the question, where AWX would not take this survey."""
    for field, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(survey.get(field), kind):
            raise RefusedError(error=f"Expected {kind.__name__} for field '{field}'")
    if not survey["spec"]:
        raise RefusedError(error="'spec' doesn't contain any items.")
    variables = [question.get("variable") for question in survey["spec"]]
    for number, question in enumerate(survey["spec"]):
        if problem := _problem(question) or (variables.count(question["variable"]) > 1 and "'variable' duplicated"):
            raise RefusedError(error=f"survey question {number}: {problem}")


def _problem(question: Body) -> str | None:
    for field, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
        if not isinstance(question.get(field), kind):
            return f"'{field}' expected to be {kind.__name__}"
    if question["type"] not in SURVEY_TYPES:
        return f"'{question['type']}' is not one of the allowed question types"
    default = question.get("default", "")
    if default != "" and not isinstance(default, SURVEY_TYPES[question["type"]]):
        return f"Default value {default} expected to be {SURVEY_TYPES[question['type']].__name__}"
    for limit in ("min", "max"):
        if not isinstance(question.get(limit), int | None):
            return f"The {limit} limit expected to be integer"
    if str(default).startswith("$encrypted$"):
        return "$encrypted$ is a reserved keyword, may not be used for new default"
    if question["type"] in ("multiplechoice", "multiselect"):
        if "choices" not in question:
            return "must specify choices"
        if any(choice not in question["choices"] for choice in str(default).splitlines()):
            return "Default choice must be answered from the choices listed."
    return None


def playbooks_of(project: Path) -> list[str]:
    """The playbooks that AWX finds in a project: YAML files with a play, outside of what belongs to roles and hidden folders."""
    passed_over = ("roles", "tasks", "group_vars", "host_vars")
    found = (path.relative_to(project) for pattern in ("*.yml", "*.yaml") for path in project.rglob(pattern))
    return [
        str(path)
        for path in found
        if not any(part in passed_over or part.startswith(".") for part in path.parts)
        and A_PLAY.search((project / path).read_text(errors="ignore"))
    ]
