"""Plays that are measured, beside plays of core's that do as much without a server, or with core's own means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

HOSTS, ITEMS, FEW, NAMES = 50, 100, 20, 1000
PEOPLE, EACH = 200, 2
FORKS = 10


@dataclass(frozen=True, eq=False)
class Case:
    """A play. ROUND in its task is the number of the round. credentials: how many it is about.

    at: which server and ledger it runs against.
    """

    title: str
    task: dict[str, Any] | None
    credentials: int = 1
    hosts: str = "localhost"
    at: str = "near"

    def play(self, turn: int) -> str:
        """As JSON, which is YAML."""
        tasks = [self.task] if self.task else []
        play = [{"hosts": self.hosts, "gather_facts": False, "tasks": tasks}]
        return json.dumps(play).replace("ROUND", f"round-{turn}")


def task(action: str, options: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {action: options, **keywords}


def loop(number: int) -> dict[str, Any]:
    return {"loop": "{{ range(" + str(number) + ") | list }}"}


def links(prefix: str, number: int) -> dict[str, Any]:
    return task(
        "onetimesecret.ots.ots_links",
        {"links": [{"name": f"{prefix}/{one}", "secret": "s3cret"} for one in range(number)]},
    )


URI = task(
    "ansible.builtin.uri",
    {
        "url": "{{ lookup('env', 'OTS_URL') }}/api/v1/share",
        "method": "POST",
        "body_format": "form-urlencoded",
        "body": {"secret": "s3cret"},
        "url_username": "{{ lookup('env', 'OTS_USERNAME') }}",
        "url_password": "{{ lookup('env', 'OTS_API_TOKEN') }}",
        "force_basic_auth": True,
    },
    **loop(FEW),
)
SHARE_ITEM = task("onetimesecret.ots.ots_share", {"name": "ROUND/item-{{ item }}", "secret": "s3cret"}, **loop(ITEMS))
ASK_HOST = task("ask", {"url": "{{ lookup('env', 'OTS_URL') }}/api/v1/status"})
SHARE_HOST = task("onetimesecret.ots.ots_share", {"name": "ROUND/{{ inventory_hostname }}", "secret": "s3cret"})
LENGTH = "{{ 's3cret' | length }}"
HIT = "{{ lookup('onetimesecret.ots.ots_generate', 'NAME') | length }}"
PASSWORD = "{{ lookup('ansible.builtin.password', lookup('env', 'HOME') ~ '/passwords/item-' ~ item) | length }}"
ROLE = {
    "ansible.builtin.include_role": {"name": "onetimesecret.ots.credentials"},
    "vars": {
        "credentials_people": [
            {
                "name": f"p{one}",
                "email": f"p{one}@example.com",
                "holds": [{"name": f"ROUND/{held}"} for held in range(EACH)],
            }
            for one in range(PEOPLE)
        ]
    },
}


def debug(message: str, **keywords: Any) -> dict[str, Any]:
    return task("ansible.builtin.debug", {"msg": message}, **keywords)


EMPTY = Case("an empty play", None)
CORE_URI = Case("uri, item", URI, FEW)
CORE_DEBUG = Case("debug, item", debug("s3cret", **loop(ITEMS)), ITEMS)
CORE_PASSWORD = Case("password with a file, item", debug(PASSWORD, **loop(ITEMS)), ITEMS)
CORE_HOSTS = Case("debug, hosts", debug("s3cret"), HOSTS, "all")
SET_FACT_HOSTS = Case("set_fact, hosts", task("ansible.builtin.set_fact", {"fact": "s3cret"}), HOSTS, "all")
LENGTH_HOSTS = Case("debug of a length, hosts", debug(LENGTH), HOSTS, "all")
ASK_HOSTS = Case("one bare request, hosts", ASK_HOST, HOSTS, "all")
CREATE = Case("ots_share creates, item", SHARE_ITEM, ITEMS)
KEEP = Case("ots_share keeps, item", SHARE_ITEM, ITEMS)
CREATE_MANY = Case("ots_links creates", links("ROUND/many", NAMES), NAMES)
KEEP_MANY = Case("ots_links keeps", links("ROUND/many", NAMES), NAMES)
CREATE_HOSTS = Case("ots_share creates, hosts", SHARE_HOST, HOSTS, "all")
KEEP_HOSTS = Case("ots_share keeps, hosts", SHARE_HOST, HOSTS, "all")
HIT_HOSTS = Case("lookup hits, hosts", debug(HIT.replace("NAME", "ROUND/hit")), HOSTS, "all")
HIT_ITEMS = Case("lookup hits, item", debug(HIT.replace("'NAME'", "'ROUND/hit-' ~ item"), **loop(ITEMS)), ITEMS)
FIRST_HITS = Case("lookup creates, item", HIT_ITEMS.task, ITEMS)
CREATE_PG = Case("ots_share creates, hosts, PostgreSQL", SHARE_HOST, HOSTS, "all", "postgresql")
KEEP_PG = Case("ots_share keeps, hosts, PostgreSQL", SHARE_HOST, HOSTS, "all", "postgresql")
CREATE_FAR = Case("ots_links creates, far away", links("ROUND/far", NAMES), NAMES, at="far")
KEEP_FAR = Case("ots_links keeps, far away", links("ROUND/far", NAMES), NAMES, at="far")
FIRST_ROLE = Case("role credentials, first run", ROLE, PEOPLE * EACH)
NEXT_ROLE = Case("role credentials, nothing changed", ROLE, PEOPLE * EACH)
SIZES = (10, 100)  # and NAMES
CREATE_SIZES = {size: Case(f"ots_links creates {size}", links(f"ROUND/of-{size}", size), size) for size in SIZES}
KEEP_SIZES = {size: Case(f"ots_links keeps {size}", links(f"ROUND/of-{size}", size), size) for size in SIZES}

# In this order: what is kept was created before.
CASES = [
    EMPTY, CORE_URI, CORE_DEBUG, CREATE, KEEP, CREATE_MANY, KEEP_MANY, CORE_HOSTS, SET_FACT_HOSTS, LENGTH_HOSTS, ASK_HOSTS,
    CREATE_HOSTS, KEEP_HOSTS, FIRST_HITS, HIT_ITEMS, CORE_PASSWORD, HIT_HOSTS, CREATE_PG, KEEP_PG, CREATE_FAR, KEEP_FAR,
    FIRST_ROLE, NEXT_ROLE,
    *CREATE_SIZES.values(), *KEEP_SIZES.values(),
]  # fmt: skip
