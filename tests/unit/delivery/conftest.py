"""Mail and webhooks against servers on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.mail import Mail
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.webhook import Webhook
from local_stack import Mailbox


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A real SMTP server without TLS."""
    running = Mailbox(tmp_path / "mail")
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def mail() -> Callable[..., Mail]:
    """Make what sends mail, with options of ots_deliver."""

    def made(port: int, **options: Any) -> Mail:
        usual = {"to": "alice@example.com", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        usual |= {"smtp_sender": "ops@example.com", "timeout": 10, "ca_bundle": None}
        return Mail.of({**usual, "smtp_username": None, "smtp_password": None, **options})

    return made


@pytest.fixture
def webhook() -> Callable[..., Webhook]:
    """Make what sends to a webhook, with options of ots_deliver."""

    def made(url: str, **options: Any) -> Webhook:
        usual = {"webhook_url": url, "webhook_shape": "slack", "validate_certs": True, "ca_bundle": None}
        return Webhook.of({**usual, "proxy": None, "timeout": 10, **options})

    return made


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with credentials for every host, where requests looks for one."""
    file = tmp_path / "netrc"
    file.write_text("default login ops password s3cret\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
