"""What schemathesis makes up from the server's OpenAPI document is answered as that document says."""

from __future__ import annotations

import warnings

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from onetime_server import api
from onetime_server.profile import V0_26
from tests.support.fuzz.examples import examples
from tests.support.fuzz.target import Target

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
KEYS = ["secret_key", "metadata_key"]

load_all_checks()


def operations() -> list[schemathesis.APIOperation]:
    app = FastAPI(routes=api.routes(V0_26))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # GET and HEAD of one route have one name
        document = schemathesis.openapi.from_dict(app.openapi())
    # FastAPI keeps a route's methods in a set; every worker must collect the same tests in the same order.
    return sorted((found.ok() for found in document.get_all_operations()), key=lambda operation: operation.label)


@pytest.mark.parametrize("target", ["v0.26"], indirect=True)  # older releases answer bad encodings as a fault
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
@examples(15)
@given(st.data())
def test_every_reply_is_one_that_the_document_tells_of(
    target: Target, operation: schemathesis.APIOperation, data: st.DataObject
) -> None:
    target.replenish()
    case = data.draw(operation.as_strategy(), "case")
    if "key" in case.path_parameters and data.draw(st.booleans(), "existing key"):
        secret = data.draw(st.sampled_from([target.open, target.guarded]), "of secret")
        case.path_parameters["key"] = secret[data.draw(st.sampled_from(KEYS), "key")]
    if data.draw(st.booleans(), "authorized"):
        case.headers["Authorization"] = target.authorization.decode()

    case.call_and_validate(base_url=target.server.url, checks=CHECKS)

    target.check_log()
