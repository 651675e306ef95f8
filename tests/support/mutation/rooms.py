"""What is mutated, and which tests are to notice it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

COLLECTION = "ansible_collections.onetimesecret.ots"
ENGINE, LEDGER = "plugins/plugin_utils/engine/", "plugins/plugin_utils/ledger/"
CLIENT, SERVER = "plugins/module_utils/onetime/", "server/src/onetime_server/"

TESTS = {  # by room: the folders that they are in
    ENGINE: ("tests/unit/engine/",),
    LEDGER: ("tests/unit/ledger/", "tests/unit/engine/"),
    CLIENT: ("tests/unit/onetime/",),
    SERVER: ("tests/server/",),
}
SOME = {  # of these rooms not all files
    CLIENT: ("refusals.py", "retries.py", "transport.py", "wire.py", "agreement.py"),
    SERVER: ("store.py", "vault.py"),
}
# The engine's tests run in five worlds. Of release and back end the engine sees only whether recent links are listed.
WORLDS = {
    ENGINE: ("v0.26-sqlite", "v0.23-sqlite"),
    LEDGER: ("v0.26-sqlite",),
    f"{LEDGER}postgresql.py": ("v0.26-postgresql",),
}


def files(checkout: Path, words: list[str]) -> list[str]:
    """Return what is mutated, or of it those whose path holds one of the words."""
    found = [
        f"{room}{path.name}"
        for room in TESTS
        for path in sorted((checkout / room).glob("*.py"))
        if path.name in SOME.get(room, (path.name,)) and path.name != "__init__.py"
    ]
    return [file for file in found if not words or any(word in file for word in words)]


def module_of(file: str) -> ModuleType:
    name = file.removesuffix(".py").removeprefix("server/src/").replace("/", ".")
    return import_module(name if file.startswith(SERVER) else f"{COLLECTION}.{name}")


def is_to_notice(file: str, test: str) -> bool:
    """Whether the test is one of those for this file."""
    room = next(room for room in TESTS if file.startswith(room))
    worlds = WORLDS.get(file) or WORLDS.get(room, ())
    is_in_its_world = "[v0." not in test or any(world in test for world in worlds)
    return test.startswith(TESTS[room]) and (is_in_its_world or not test.startswith("tests/unit/engine/"))
