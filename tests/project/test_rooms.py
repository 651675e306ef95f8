"""Who may import whom: arrows between the rooms go one way, and Ansible is known where it has to be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import CHECKOUT

COLLECTION = "ansible_collections.onetimesecret.ots."
CLIENT = "plugins/module_utils/onetime"
UTILS = "plugins/plugin_utils"
OURS = ("onetime_server", "terraform_provider_onetimesecret", "ansible_collections.onetimesecret")


@dataclass(frozen=True)
class Room:
    folder: str
    may_import: tuple[str, ...]  # rooms, beside itself
    knows_ansible: bool = False


ROOMS = [
    Room(CLIENT, ()),
    Room(f"{UTILS}/ledger", (CLIENT,)),
    Room(f"{UTILS}/delivery", (CLIENT, f"{UTILS}/ledger")),
    Room(f"{UTILS}/engine", (CLIENT, f"{UTILS}/ledger")),
    Room(f"{UTILS}/adapter", (CLIENT, f"{UTILS}/ledger", f"{UTILS}/engine", f"{UTILS}/delivery"), knows_ansible=True),
]
PACKAGES = {"server/src/onetime_server": "onetime_server", "terraform/src/terraform_provider_onetimesecret": OURS[1]}


def imports(file: Path) -> Iterator[str]:
    """The full names that a file imports, wherever in it."""
    package = ".".join(file.relative_to(CHECKOUT).parent.parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")
                above = above[: len(above) - node.level + 1]
                base = COLLECTION + ".".join([*above, base]).rstrip(".")
            yield from (f"{base}.{name.name}" for name in node.names)


def is_ansible(name: str) -> bool:
    return name.split(".")[0] == "ansible" or name.startswith("ansible_collections.ansible")


def broken(room: Room, names: Iterator[str]) -> list[str]:
    """What of these imports a file of the room may not have."""
    allowed = tuple(COLLECTION + folder.replace("/", ".") + "." for folder in (room.folder, *room.may_import))
    ours = [name for name in names if name.startswith(OURS) or is_ansible(name)]
    return [name for name in ours if not (room.knows_ansible if is_ansible(name) else f"{name}.".startswith(allowed))]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.folder)
def test_a_room_imports_from_itself_and_from_those_below_it(room: Room) -> None:
    files = sorted((CHECKOUT / room.folder).rglob("*.py"))
    assert files
    assert {file.name: found for file in files if (found := broken(room, imports(file)))} == {}


def test_every_room_is_in_the_table() -> None:
    folders = {folder.name for folder in (CHECKOUT / UTILS).iterdir() if any(folder.glob("*.py"))}
    assert folders == {Path(room.folder).name for room in ROOMS} - {Path(CLIENT).name}


@pytest.mark.parametrize(("folder", "package"), PACKAGES.items())
def test_a_package_of_its_own_imports_nothing_of_the_others(folder: str, package: str) -> None:
    """The provider's client is `onetime` in it: relative imports, one source under two names."""
    files = sorted((CHECKOUT / folder).rglob("*.py"))
    assert files
    for file in files:
        if "onetime" in file.relative_to(CHECKOUT / folder).parts:
            continue
        foreign = [name for name in imports(file) if name.startswith((*OURS, "plugins.", "ansible"))]
        inside = (f"{package}.", f"{COLLECTION}{folder.replace('/', '.')}")
        assert [name for name in foreign if not f"{name}.".startswith(inside)] == [], file.name


@pytest.mark.parametrize(
    ("folder", "name", "is_broken"),
    [
        (f"{UTILS}/ledger", COLLECTION + "plugins.plugin_utils.engine.engine.Engine", True),
        (f"{UTILS}/engine", COLLECTION + "plugins.plugin_utils.delivery.deliver.deliver", True),
        (f"{UTILS}/engine", COLLECTION + "plugins.plugin_utils.ledger.model.Record", False),
        (f"{UTILS}/engine", "ansible.errors.AnsibleError", True),
        (f"{UTILS}/adapter", "ansible.errors.AnsibleError", False),
        (CLIENT, "onetime_server.store", True),
        (CLIENT, "requests", False),
    ],
)
def test_the_check_notices_an_arrow_that_goes_up(folder: str, name: str, is_broken: bool) -> None:
    room = next(room for room in ROOMS if room.folder == folder)
    assert bool(broken(room, iter([name]))) is is_broken
