"""Something that sends texts, for tests: what goes by it, and what fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Messenger:
    """One way. sent: the texts that went by it. meanwhile: what happens while it sends; it may raise."""

    channel: str
    service: str
    destination: str
    is_verified: bool = True
    sent: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def quoted(self, value: str) -> str:
        return value

    def send(self, _subject: str, text: str) -> None:
        self.sent.append(text)
        self.meanwhile()
