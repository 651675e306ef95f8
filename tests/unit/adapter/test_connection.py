"""What is said of a server that is not named, named twice, or that refuses the account: where each option was given."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, NotAuthorized
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter import check_python
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.options import ORIGINS
from tests.support.replay import Answer, replaying

TOKEN = "t0ken-that-must-not-be-shown"
BY_CFG = "[onetimesecret_ots] in /etc/ansible/ansible.cfg"


def options(**given: Any) -> dict[str, Any]:
    usual = {"url": None, "region": None, "username": None, "api_token": None, "allow_plain_http": False}
    return {**usual, "timeout": 5, "validate_certs": True, "ca_bundle": None, "proxy": None, **given}


def test_a_server_that_is_not_named_is_asked_for_wherever_it_may_be_named() -> None:
    with pytest.raises(InvalidInput) as error:
        Connection.of(options(username="ops@example.com", api_token=TOKEN))
    for place in ("ots_url", "ots_region", "OTS_URL", "OTS_REGION", "section [onetimesecret_ots] of ansible.cfg"):
        assert place in str(error.value)
    assert TOKEN not in str(error.value)


def test_a_server_that_is_named_twice_is_told_by_whom() -> None:
    origins = {"url": "the variable ots_url", "region": BY_CFG}
    with pytest.raises(
        InvalidInput, match=r"url by the variable ots_url and region by \[onetimesecret_ots\] in .*; keep one"
    ):
        Connection.of(options(url="https://ots.example.com", region="eu", **{ORIGINS: origins}))


def test_who_is_refused_reads_where_the_account_was_given() -> None:
    origins = {"username": "OTS_USERNAME in the environment", "api_token": BY_CFG, "url": "the task"}
    with replaying(Answer(404, json={"message": "Not authorized"})) as server:
        account = {"username": "ops@example.com", "api_token": TOKEN, ORIGINS: origins}
        with pytest.raises(NotAuthorized) as refused:
            Connection.of(options(url=server.url, **account)).client().status()
        with pytest.raises(NotAuthorized, match=r"needs an account for this; give username and api_token$"):
            Connection.of(options(url=server.url)).client().status()
        elsewhere = Connection.of_link(options(region="eu", **account), f"{server.url}/secret/abc")
        with pytest.raises(NotAuthorized, match="needs an account for this"):
            elsewhere.client().status()
    assert str(refused.value).endswith(
        "refused the credentials; check username, api_token, and url or region (username is set by OTS_USERNAME in the"
        f" environment, api_token is set by {BY_CFG}, url is set by the task)"
    )
    assert TOKEN not in str(refused.value)


def test_a_python_that_is_too_old_is_told_in_one_sentence() -> None:
    check_python((3, 11), "/usr/bin/python3")
    with pytest.raises(AnsibleError) as error:
        check_python((3, 10), "/usr/bin/python3")
    assert error.value.message == (
        "onetimesecret.ots needs Python 3.11 or later on the controller, and /usr/bin/python3 is Python 3.10;"
        " install ansible-core into a newer Python."
    )
