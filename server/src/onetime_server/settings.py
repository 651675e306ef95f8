"""What one server runs with."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from . import new_file
from .profile import V0_26, Profile
from .vault import KEY_SIZE

KEY_FILE = "server.key"
LOG_FORMATS = ("text", "json")


class SettingsError(Exception):
    """A setting that cannot be used; the text says which, and what to do."""


@dataclass(frozen=True)
class Smtp:
    """Where e-mails go. `password` is None for a server that wants no login; `timeout` is in seconds."""

    host: str
    port: int
    sender: str
    starttls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 10

    @property
    def domain(self) -> str:
        """The sender's domain; the server introduces itself by it, which asks no name server."""
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True)
class Settings:
    """`public_url` is the origin of links, without a slash at the end; without `smtp` no e-mail is sent.

    `link_domains` are custom domains for everybody, in small letters. Of creations, 0 allows any number in 20 minutes.
    Where several processes serve, `shared` is a directory of theirs, gone when they end.
    """

    data: Path
    server_key: bytes = field(repr=False)
    public_url: str
    profile: Profile = V0_26
    auth_enabled: bool = True
    smtp: Smtp | None = None
    link_domains: frozenset[str] = frozenset()
    creations_per_account: int = 0
    creations_per_address: int = 0
    measured: bool = False
    shared: Path | None = None


def data_directory(path: Path) -> Path:
    """The data directory, made if need be and closed to everybody else (mode 0700)."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"Cannot use {path} as data directory: {error.strerror}. Choose another by --data."
        ) from None
    return path


def server_key(data: Path, given: str | None) -> bytes:
    """The server key: `given` as hexadecimal digits, else the data directory's key file, made (mode 0600) if need be."""
    if given is not None:
        return _parsed(given, "ONETIME_SERVER_KEY")
    file = data / KEY_FILE
    if not file.exists():
        _make_key(file)
    return _parsed(file.read_text(), str(file))


def _make_key(file: Path) -> None:
    try:
        with new_file.whole(file) as unfinished:
            unfinished.write_text(os.urandom(KEY_SIZE).hex() + "\n")
    except OSError as error:
        raise SettingsError(f"Cannot make {file}: {error.strerror}.") from None


def _parsed(text: str, source: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise SettingsError(
            f"{source} must hold {2 * KEY_SIZE} hexadecimal digits, as `openssl rand -hex 32` prints them."
        )
    return key
