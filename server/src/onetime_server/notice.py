"""The e-mail that brings a link to its recipient: what it says and how it looks. It holds the link, never the secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from . import words
from .languages import ENGLISH, LANGUAGES
from .settings import Smtp


@dataclass(frozen=True)
class Notice:
    """What the recipient is told. `sender` is the account's address, `language` the one that it writes in."""

    sender: str
    recipient: str = field(repr=False)
    link: str = field(repr=False)
    now: float
    expires: float
    has_passphrase: bool
    language: str


def compose(smtp: Smtp, notice: Notice) -> EmailMessage:
    """The whole e-mail, text and HTML."""
    language = LANGUAGES.get(notice.language, ENGLISH)
    message = EmailMessage()
    message["From"] = smtp.sender
    message["Reply-To"] = notice.sender
    message["To"] = notice.recipient
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=smtp.domain)
    message["Auto-Submitted"] = "auto-generated"  # so that no absence notice answers it
    message["Subject"] = words.said("mail/subject.txt", language, sender=notice.sender)
    content = {
        "sender": notice.sender,
        "link": notice.link,
        "expires": notice.expires,
        "seconds_left": notice.expires - notice.now,
        "has_passphrase": notice.has_passphrase,
    }
    for kind in ("plain", "html"):
        text = words.said(f"mail/body.{'txt' if kind == 'plain' else kind}", language, **content)
        # 7bit leaves the link in one piece, however long it is.
        encoding = "7bit" if text.isascii() else "base64"
        add = message.set_content if kind == "plain" else message.add_alternative
        add(text, subtype=kind, cte=encoding)
    message["Content-Language"] = language.tag  # of the whole: before there are parts, it would go to the first one
    return message
