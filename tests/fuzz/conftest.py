"""A server with secrets in it for each release, and its log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onetime_server.profile import PROFILES
from tests.support.fuzz import examples  # noqa: F401 - registers the profile of `make fuzz` before pytest looks for it
from tests.support.fuzz.target import Target, logged_to, serving


@pytest.fixture(params=sorted(PROFILES), scope="module")
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    directory = tmp_path_factory.mktemp("fuzzed")
    with logged_to(directory / "server.log"), serving(directory, PROFILES[request.param]) as running:
        yield running
    running.check_log()
